"""Due loans of each of several policies: a small one follows neither from its own line nor from the sum."""

from __future__ import annotations

from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from carrel.retention.policy_lines import NOT_TOLD, as_told
from carrel.retention.reasons import FEW, SMALL


def test_a_small_count_takes_so_many_others_along_as_it_needs():
    assert as_told([100, 40, 0]) == [100, 40, 0]
    assert as_told([100, 3, 0]) == [NOT_TOLD, FEW, 0]
    assert as_told([500, 3, 40, 300]) == [500, FEW, NOT_TOLD, 300]
    assert as_told([3, 4]) == [FEW, FEW]
    assert as_told([3, 30, 30]) == [FEW, NOT_TOLD, NOT_TOLD]  # with one of them told, the other would be known
    assert as_told([]) == []


@example([2, 18, 17])  # one as large as the smallest that is told
@example([60, 8, 36, 42])  # a guess that would have ended the search a step earlier
@example([14, 1, 16, 5])  # small ones that could do without another
@settings(max_examples=150)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=4))
def test_whoever_knows_the_rule_and_the_sum_cannot_tell_a_small_count(counts):
    told = as_told(counts)
    assert all(one in {FEW, NOT_TOLD} or one == count for one, count in zip(told, counts, strict=True))
    assert not any(isinstance(one, int) and 0 < one < SMALL for one in told)
    if not any(isinstance(one, int) and one for one in told):
        return  # the sum alone is told, and nothing can be hidden beside it
    hidden = [place for place, one in enumerate(told) if not isinstance(one, int)]
    if FEW not in told:
        assert not hidden
        return
    whole, other = sum(counts), list(counts)
    possible: dict[int, set[int]] = {place: set() for place in hidden if told[place] == FEW}
    for guess in product(*(range(1, SMALL) if told[place] == FEW else range(SMALL, 61) for place in hidden)):
        for place, value in zip(hidden, guess, strict=True):
            other[place] = value
        if sum(other) == whole and as_told(other) == told:
            for place, values in possible.items():
                values.add(other[place])
    assert all(len(values) >= SMALL - 1 for values in possible.values()), (counts, told, possible)
