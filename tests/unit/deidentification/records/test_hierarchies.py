"""Every hierarchy: what it makes of values, odd ones too, and that no group comes apart on a coarser level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.records.calendar_levels import BirthYear, EventTime
from carrel.deidentification.records.call_number import Congress, Dewey
from carrel.deidentification.records.declared_tree import Values, listed, tree_of
from carrel.deidentification.records.hierarchy import NO_VALUE, Chosen, code
from carrel.deidentification.records.number_bands import NumberBands
from carrel.deidentification.records.postcode import Postcode

TREE = tree_of({"adults": ["AD", "SR"], "children": {"small": ["K"], "school": ["J", "YA"]}})
TIMES = EventTime(("minute", "hour", "day", "month", "quarter", "year"))
WEEKS = EventTime(("hour", "day", "week"))

MADE = [
    (Postcode((5, 3)), "02139", ("02139", "021**")),
    (Postcode((5, 3)), "02139-4307", ("02139", "021**")),
    (Postcode((6, 3)), "k1a 0b1", ("K1A0B1", "K1A***")),
    (Postcode((5, 3)), "021", ("021", "021")),
    (Postcode(), "", None),
    (Postcode(), "1", None),
    (Postcode(), "०२१३९", None),
    (Postcode(), "n/a", None),
    (BirthYear(), "1984", ("1984", "1980-1984", "1980-1989", "1980-1999")),
    (BirthYear(), "1984-02-29", ("1984", "1980-1984", "1980-1989", "1980-1999")),
    (BirthYear(), "1983-02-29", None),
    (BirthYear(), "0000-00-00", None),
    (BirthYear(), "1849", None),
    (BirthYear(), "84", None),
    (BirthYear(), "19840", None),
    (TIMES, "2026-11-27 12:40:13", ("2026-11-27 12:40", "2026-11-27 12:00", "2026-11-27", "2026-11", "2026-Q4", "2026")),
    (TIMES, "2026-11-27", ("2026-11-27 00:00", "2026-11-27 00:00", "2026-11-27", "2026-11", "2026-Q4", "2026")),
    (TIMES, "2026-02-30", None),
    (TIMES, "0000-00-00 00:00:00", None),
    (TIMES, "yesterday", None),
    (WEEKS, "2027-01-01T23:59:59+02:00", ("2027-01-01 23:00", "2027-01-01", "2026-W53")),
    (Dewey(), "823.912 ROW", ("823", "820-829", "800-899")),
    (Dewey(), "J 523.4 SIM", ("523", "520-529", "500-599")),
    (Dewey(), "004", ("004", "000-009", "000-099")),
    (Dewey(), "641.5JUL", ("641", "640-649", "600-699")),
    (Dewey(), "FIC ROWLING", ("FIC", "FIC", "not numbered")),
    (Dewey(), "Smith, John", None),
    (Dewey(), "8239", None),
    (Dewey(), "978-3-16-148410-0", None),
    (Congress(), "PR6053.O4 Z5", ("PR6053", "PR", "P")),
    (Congress(), "qa 76.9 .d3", ("QA76", "QA", "Q")),
    (Congress(), "Z7", ("Z7", "Z", "Z")),
    (Congress(), "REF", ("(REF)", "(REF)", "not numbered")),
    (Congress(), "PR", None),
    (Congress(), "12345", None),
    (NumberBands((1, 10, 100)), "37", ("37", "30 to 39", "0 to 99")),
    (NumberBands((10,)), "-0.5", ("-10 to -1",)),
    (NumberBands((1,)), "nan", None),
    (NumberBands((1,)), "1e9", None),
    (NumberBands((1,)), "١٢", None),
    (TREE, "J", ("J", "school", "children")),
    (TREE, "AD", ("AD", "AD", "adults")),
    (TREE, "ad", None),
    (Values(), "BK", ("BK",)),
    (Values(), "*", None),
]  # fmt: skip


@pytest.mark.parametrize(("hierarchy", "value", "wanted"), MADE)
def test_what_becomes_of_a_value(hierarchy, value: str, wanted) -> None:
    assert hierarchy.chain(value) == wanted
    if wanted is not None:
        assert len(wanted) == len(hierarchy.names)


ALL = [
    Postcode(),
    Postcode((4, 2)),
    BirthYear(),
    TIMES,
    WEEKS,
    Dewey(),
    Congress(),
    NumberBands((1, 5, 25)),
    TREE,
    Values(),
]
TEXTS = st.one_of(
    st.text(max_size=12),
    st.integers(-10_000, 99_999).map(str),
    st.integers(1850, 2100).map(str),
    st.datetimes().map(str),
    st.sampled_from([value for _, value, _ in MADE]),
    st.from_regex(r"[A-Z]{1,3} ?[0-9]{1,4}(\.[A-Z][0-9])?", fullmatch=True),
    st.from_regex(r"([A-Z]{1,4} )?[0-9]{3}(\.[0-9]{1,3})? [A-Z]{3}", fullmatch=True),
)


@given(st.sampled_from(ALL), st.lists(TEXTS, max_size=40, unique=True))
def test_no_group_comes_apart_and_ranges_hold_together(hierarchy, texts: list[str]) -> None:
    coding = code("c", hierarchy, [None, *texts], [1] * (len(texts) + 1))  # raises where a group comes apart
    column = coding.column
    assert len(column.levels[-1].labels) <= 1
    assert column.counts.sum() == len(texts) + 1
    for level in column.levels:
        assert ((level.losses >= 0) & (level.losses <= 1)).all()
        if hierarchy.is_ordered:  # a group is a run of codes, so a range of codes is one of values
            runs = [group for at, group in enumerate(level.groups) if at == 0 or level.groups[at - 1] != group]
            assert len(runs) == len(set(runs))


def test_what_is_not_covered_is_counted_and_not_named() -> None:
    coding = code("year", BirthYear(), ["1984", "1985", "soon", None, "  "], [5, 4, 3, 2, 1])
    assert (coding.uncovered, coding.uncovered_rows) == (1, 3)
    assert coding.column.levels[0].labels == (NO_VALUE, "1984", "1985")
    assert coding.codes.tolist() == [1, 2, 0, 0, 0]
    again = code("year", BirthYear(), ["1984", "soon"], [5, 3], as_missing=True)
    assert (again.uncovered, again.column.counts.tolist()) == (0, [3, 5])


def test_levels_can_be_left_out() -> None:
    one = Chosen(BirthYear(), ("5 years", "20 years"))
    assert one.chain("1984") == ("1980-1984", "1980-1999")
    coding = code("year", one, ["1984", "1983", "2001"], [1, 1, 1])
    assert [level.name for level in coding.column.levels] == ["5 years", "20 years", "any"]
    assert coding.codes.tolist() == [0, 0, 1]
    assert coding.column.levels[0].losses.tolist() == [0, 0]


def test_a_list_may_end_with_what_is_the_same_everywhere() -> None:
    one = listed([["HS-grad", "High School", "Secondary", "*"], ["Masters", "Graduate", "Higher", "*"]])
    assert one.chain("Masters") == ("Masters", "Graduate", "Higher")


@pytest.mark.parametrize(
    "lines",
    [[], [["a", "x"], ["b"]], [["a", "x"], ["a", "y"]], [["a", "g", "x"], ["b", "g", "y"]], [["a", "*"], ["b", "x"]], [["", "x"], ["b", "y"]]],
)  # fmt: skip
def test_a_list_that_is_no_hierarchy_is_refused(lines) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        listed(lines)


@pytest.mark.parametrize(
    "tree", [{}, {"a": []}, {"a": "x"}, {"a": ["x"], "b": ["x"]}, {"a": {"g": ["x"]}, "b": {"g": ["y"]}}, {"a": {"a": ["x"]}}, {"*": ["x"]}]
)  # fmt: skip
def test_a_tree_that_is_no_hierarchy_is_refused(tree) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        tree_of(tree)


@pytest.mark.parametrize("make", [lambda: EventTime(("week", "month")), lambda: EventTime(("fortnight",)), lambda: NumberBands((2, 5)),
                                  lambda: NumberBands(()), lambda: Postcode((3, 5))])  # fmt: skip
def test_levels_that_do_not_lie_within_each_other_are_refused(make) -> None:
    with pytest.raises(ValueError, match=r"write|take"):
        make()
