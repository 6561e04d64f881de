"""l and t of a release are those of the risk measurement: loops over arrays give what its definitions say of each class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.deidentification.records.compiled import sensitive_counting as loops
from carrel.deidentification.records.sensitive_column import Condition, Distance, Diversity, SensitiveCounts
from carrel.deidentification.risk import sensitive

CLASSES = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=12), min_size=1, max_size=6)


def _counted(classes: list[list[int]]) -> tuple[SensitiveCounts, np.ndarray, list[dict[str | None, int]]]:
    owners = np.repeat(np.arange(len(classes)), [len(one) for one in classes])
    values = np.array([value for one in classes for value in one], np.int32)
    counts = SensitiveCounts.of(values, len(values)).rolled_up(owners)
    told = [{str(value): one.count(value) for value in one} for one in classes]
    return counts, np.array([len(one) for one in classes], np.int64), told


@settings(max_examples=60, deadline=None)
@given(CLASSES)
def test_the_worst_class_is_the_same(classes: list[list[int]]) -> None:
    counts, totals, told = _counted(classes)
    defined = sensitive.diversity(told)
    distinct, entropy = loops.distinct_and_entropy(counts.owners, counts.amounts, totals)
    distance = loops.equal_distance(counts.owners, counts.values, counts.amounts, totals, counts.whole)
    assert distinct.min() == defined.distinct
    assert np.exp(entropy.min()) == pytest.approx(defined.entropy)
    assert distance.max() == pytest.approx(defined.closeness, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(CLASSES, st.integers(2, 4), st.sampled_from([0.1, 0.3, 0.5]))
def test_a_class_holds_what_is_asked_where_the_definition_says_so(classes: list[list[int]], l: int, t: float) -> None:  # noqa: E741  (the field's own name)
    counts, totals, told = _counted(classes)
    whole: dict[str | None, int] = {}
    for one in told:
        for value, rows in one.items():
            whole[value] = whole.get(value, 0) + rows
    for condition, defined in (
        (Condition("title", l=l), [len(one) >= l for one in told]),
        (Condition("title", l=l, diversity=Diversity.ENTROPY),
         [sensitive.entropy_l(list(one.values())) >= l - 1e-9 for one in told]),
        (Condition("title", t=t, distance=Distance.EQUAL),
         [sensitive.equal_distance(one, whole) <= t + 1e-9 for one in told]),
    ):  # fmt: skip
        assert counts.holds(condition, totals).tolist() == defined
