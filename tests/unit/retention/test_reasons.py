from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.reasons import FEW, OTHER, OTHER_BRANCHES, SMALL, UNTOLD, by_branch, by_reason, figure, told_rows
from carrel.retention.sweep import SPARED, Attack, Severity, SweepReport

counts = st.dictionaries(st.text(min_size=1, max_size=12), st.integers(0, 60), max_size=8)


def test_small_reasons_are_merged_and_the_merged_line_is_always_there() -> None:
    assert by_reason({"open charge": 10, "legal hold": 9, "recorded exception": 0}) == {
        "open charge": 10,
        OTHER: UNTOLD,
    }
    assert by_reason({}) == {OTHER: UNTOLD}
    assert (figure(9), figure(10)) == (FEW, 10)


@given(counts)
def test_no_small_figure_and_no_sum_of_small_figures_is_shown(rows: dict[str, int]) -> None:
    shown = by_reason(rows)
    assert shown.pop(OTHER) == UNTOLD
    assert shown == {reason: count for reason, count in rows.items() if count >= SMALL and reason != OTHER}
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    assert told_rows(rows) == sum(shown.values())


@given(counts)
def test_what_was_merged_once_stays_as_it_is(rows: dict[str, int]) -> None:
    once = by_reason(rows)
    assert by_reason(once) == once
    assert told_rows(once) == told_rows(rows)


@given(counts)
def test_branches_keep_their_sum_and_no_small_one_can_be_reckoned_from_it(rows: dict[str, int]) -> None:
    shown = by_branch({name: count for name, count in rows.items() if name != OTHER_BRANCHES})
    total = sum(count for name, count in rows.items() if name != OTHER_BRANCHES)
    assert sum(shown.values()) == total
    assert all(count >= SMALL or count == total for count in shown.values())


def attack(hits: int, why: str) -> Attack:
    return Attack("text", "declared", "messages", ("content",), 200, hits, Severity.KEPT, why)


def test_what_a_sweep_leaves_under_a_hold_shows_in_no_figure() -> None:
    nobody = SweepReport(200, 200, 0, ())
    held = SweepReport(200, 200, 0, (attack(40, SPARED), attack(3, "the same text tells of a loan that is kept")))
    assert held.as_dict() == nobody.as_dict()
    assert held.kept == {OTHER: UNTOLD}
    many = SweepReport(200, 200, 0, (attack(7, "one"), attack(8, "one"), attack(11, "two")))
    assert many.kept == {"one": 15, "two": 11, OTHER: UNTOLD}
