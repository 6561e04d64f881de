"""A loan that was cut under a legal hold is noticed by counting, and not forgotten by counting again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.held_loans import HeldCount, next_count

AT = datetime(2026, 11, 22, tzinfo=UTC)
counts = st.builds(HeldCount, st.frozensets(st.sampled_from("abc")), st.integers(0, 99), st.just(AT))


@given(counts)
def test_it_is_read_back_as_it_was_written(count):
    assert HeldCount.from_dict(count.as_dict()) == count


@given(counts, counts)
def test_while_its_holds_are_in_force_the_kept_count_never_falls(before, now):
    kept = next_count(before, now)
    if before.comparable(now.holds):
        assert kept.loans == max(before.loans, now.loans)
    else:
        assert kept == now


def test_a_hold_that_ended_makes_counts_incomparable():
    before = HeldCount(frozenset("ab"), 9, AT)
    assert before.comparable(frozenset("abc"))
    assert not before.comparable(frozenset("ac"))
    assert not HeldCount(frozenset(), 9, AT).comparable(frozenset("a"))


@pytest.mark.parametrize("body", [{}, {"format_version": 2}, {"format_version": 1, "holds": 3, "loans": 1, "at": "x"}])
def test_what_is_no_count_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        HeldCount.from_dict(body)
