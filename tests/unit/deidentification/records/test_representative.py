"""What stands for a value has its labels, whatever the value and whichever levels are used."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.deidentification.records.calendar_levels import BirthYear, EventTime
from carrel.deidentification.records.call_number import Congress, Dewey
from carrel.deidentification.records.declared_tree import Values, tree_of
from carrel.deidentification.records.hierarchy import Chosen, Hierarchy
from carrel.deidentification.records.postcode import Postcode
from carrel.deidentification.records.representative import MOST_EXCHANGED, representative

TREE = tree_of({"adults": ["AD", "SR", "B\\S"], "children": {"small": ["K", "L"], "school": ["J", "YA"]}})
HIERARCHIES: tuple[Hierarchy, ...] = (
    *(Postcode(kept) for kept in ((5, 3), (7, 4), (4,), (2, 1), (1,))),
    *(EventTime(names) for names in (("minute",), ("hour", "week"), ("day", "year"), ("week",), ("quarter",), ("year",))),
    *(Chosen(BirthYear(), names) for names in (("year",), ("5 years",), ("10 years", "20 years"), ("20 years",))),
    *(Chosen(Dewey(), names) for names in (("class",), ("ten", "hundred"), ("hundred",))),
    *(Chosen(TREE, names) for names in (("value",), ("group",), ("group 2",), ("group", "group 2"))),
    TREE, Congress(), Values(),
)  # fmt: skip
ODD = st.sampled_from(["2024-02-29", "2023-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "1849", "2101-01-01",
                       "02139-0000", "B\\S", "AD", "K", "J", "523.4.5", "52", "523\n", "2026-03-04 24:00"])  # fmt: skip


@st.composite
def values(draw: st.DrawFn, hierarchy: Hierarchy) -> str:
    forms = [st.from_regex(cut.form, fullmatch=True) for cut in representative(hierarchy).cuts]
    return draw(st.one_of(*forms, ODD, st.text(max_size=12), st.from_regex(r"[0-9 .:\-TA-Z]{0,14}")))


@pytest.mark.parametrize("hierarchy", HIERARCHIES, ids=range(len(HIERARCHIES)))
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_it_has_the_labels_of_what_it_stands_for(hierarchy: Hierarchy, data: st.DataObject) -> None:
    value = data.draw(values(hierarchy))
    stands = representative(hierarchy).of(value)
    assert stands is not None
    assert hierarchy.chain(stands.strip()) == hierarchy.chain(value.strip())


def test_what_is_plain_becomes_less() -> None:
    for hierarchy, value, stands in (
        (Postcode((3,)), "02139-4307", "021"),
        (EventTime(("month",)), "2026-11-27 12:40:13", "2026-11-01"),
        (Chosen(BirthYear(), ("10 years",)), "1984-02-29", "1980"),
        (Chosen(Dewey(), ("hundred",)), "823.912 ROW", "800"),
        (Chosen(TREE, ("group 2",)), "YA", "K"),
    ):
        assert representative(hierarchy).of(value) == stands
    assert representative(Postcode((3,))).of(None) is None


def test_a_form_has_no_sign_that_engines_read_differently() -> None:
    rules = [representative(one) for one in HIERARCHIES]
    assert not [cut for cut in chain.from_iterable(one.cuts for one in rules) if set("\\'$^") & set(cut.form)]


def test_a_tree_that_is_too_large_for_a_statement_is_left_to_the_hierarchy() -> None:
    large = Chosen(tree_of({"all": [str(one) for one in range(MOST_EXCHANGED + 1)]}), ("group",))
    assert representative(large).is_all
