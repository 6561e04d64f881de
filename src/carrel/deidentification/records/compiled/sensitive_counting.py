"""What a class tells of a sensitive value: how many there are in it, how even, how far from the whole table."""

# mypy: disable-error-code="var-annotated"
# numpy is untyped here, so what an empty array holds cannot be told from its making.

from __future__ import annotations

from typing import Any

import numpy as np

from carrel.deidentification.records.compiled.kernel import kernel


@kernel
def distinct_and_entropy(owners: Any, amounts: Any, totals: Any) -> Any:
    """Of each class how many values it has, and their entropy."""
    distinct = np.zeros(totals.shape[0], np.int64)
    entropy = np.zeros(totals.shape[0])
    for at in range(owners.shape[0]):
        share = amounts[at] / totals[owners[at]]
        distinct[owners[at]] += 1
        entropy[owners[at]] -= share * np.log(share)
    return distinct, entropy


@kernel
def beyond_the_most_frequent(owners: Any, amounts: Any, totals: Any, skipped: int) -> Any:
    """Of each class the rows of its most frequent value, and all rows but those of the ``skipped`` most frequent."""
    most = np.zeros((totals.shape[0], skipped), np.int64)
    for at in range(owners.shape[0]):
        one, amount = owners[at], amounts[at]
        for place in range(skipped):
            if amount > most[one, place]:
                amount, most[one, place] = most[one, place], amount
    rest = totals.copy()
    for one in range(totals.shape[0]):
        for place in range(skipped):
            rest[one] -= most[one, place]
    return most[:, 0].copy(), rest


@kernel
def equal_distance(owners: Any, values: Any, amounts: Any, totals: Any, whole: Any) -> Any:
    """Of each class the earth mover's distance to the whole table, where all values are equally far apart."""
    distance = np.ones(totals.shape[0])
    for at in range(owners.shape[0]):
        share, usual = amounts[at] / totals[owners[at]], whole[values[at]]
        distance[owners[at]] += abs(share - usual) - usual
    return distance / 2


@kernel
def ordered_distance(owners: Any, values: Any, amounts: Any, totals: Any, whole: Any) -> Any:
    """The same where values stand in an order; what belongs to a class lies together, in order of value."""
    distance = np.zeros(totals.shape[0])
    last = whole.shape[0] - 1
    at = 0
    while at < owners.shape[0]:
        one = owners[at]
        gap = 0.0
        for value in range(last + 1):
            if at < owners.shape[0] and owners[at] == one and values[at] == value:
                gap += amounts[at] / totals[one]
                at += 1
            gap -= whole[value]
            distance[one] += abs(gap)
        if last:
            distance[one] /= last
    return distance
