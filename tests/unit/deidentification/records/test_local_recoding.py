"""Groups: enough persons in each, labels that are true of every record, and a loss that can be reckoned from them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from carrel.deidentification.records.coded_column import coded_column
from carrel.deidentification.records.local_recoding import grouped

CHAINS = {
    "year": ([(str(1950 + at), str((1950 + at) // 10), "*") for at in range(40)], True),
    "branch": ([(f"b{at}", f"r{at // 4}", "*") for at in range(12)], False),
    "kind": ([("BK", "*"), ("CD", "*"), ("DVD", "*")], False),
    "title": ([(f"t{at:03}", f"g{at // 50}", "*") for at in range(100)], False),  # too many to name one by one
}


def table(seed: int, rows: int):
    dice = random.Random(seed)
    codes = np.array(
        [[min(int(dice.expovariate(6 / len(chains))), len(chains) - 1) for _ in range(rows)] for chains, _ in CHAINS.values()],
        np.int32,
    )  # fmt: skip
    columns = [
        coded_column(name, chains, [f"l{at}" for at in range(len(chains[0]))],
                     np.bincount(codes[q], minlength=len(chains)), is_ordered=ordered)
        for q, (name, (chains, ordered)) in enumerate(CHAINS.items())
    ]  # fmt: skip
    persons = np.array([dice.randrange(-1, max(2, rows // 4)) for _ in range(rows)], np.int32)
    return columns, codes, persons


def stands_for(column, label: str) -> set[str]:
    """The values that a label may be, read as a person would read it."""
    finest = column.levels[0].labels
    if label == "*":
        return set(finest)
    if " to " in label:
        low, high = label.split(" to ")
        return set(finest[finest.index(low) : finest.index(high) + 1])
    if label in finest or " | " in label:
        return set(label.split(" | "))
    level = next(one for one in column.levels if label in one.labels)
    return {finest[code] for code, group in enumerate(level.groups) if level.labels[group] == label}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("by_person", [False, True], ids=["rows", "persons"])
def test_labels_are_true_and_groups_large_enough(seed: int, by_person: bool) -> None:
    k = 2 + seed
    columns, codes, persons = table(seed, 400)
    found = grouped(columns, codes, persons if by_person else None, k)
    assert found is not None
    assert found.count > 1
    loss = 0.0
    for q, column in enumerate(columns):
        meant = [stands_for(column, label) for label in found.labels[q]]
        for row in range(400):
            value = column.levels[0].labels[codes[q][row]]
            which = meant[found.label_of[q][found.groups[row]]]
            assert value in which
            loss += (len(which) - 1) / (column.values - 1) / 400 / len(columns)
    assert found.loss == pytest.approx(loss)
    for group in range(found.count):
        members = persons[found.groups == group]
        assert (len(set(members.tolist()) - {-1}) if by_person else len(members)) >= k
    assert found.sizes.tolist() == np.bincount(found.groups).tolist()


def test_the_order_of_rows_says_nothing() -> None:
    columns, codes, persons = table(1, 300)
    order = np.random.default_rng(2).permutation(300)
    one, other = grouped(columns, codes, persons, 4), grouped(columns, codes[:, order].copy(), persons[order], 4)
    assert one is not None
    assert other is not None
    assert one.groups[order].tolist() == other.groups.tolist()
    assert one.loss == other.loss


def test_fewer_persons_than_k_make_no_group() -> None:
    columns, codes, _ = table(1, 50)
    assert grouped(columns, codes, np.array([1, 2, -1, -1, -1] * 10, np.int32), 3) is None
    assert grouped(columns, codes, None, 51) is None
    assert grouped(columns, codes, None, 50) is not None


def test_a_wide_column_with_few_rows_is_cut_as_well() -> None:
    values = 5000
    codes = np.array([[0, 1, 2, 3, 4990, 4991, 4992, 4993]], np.int32)
    column = coded_column("n", [(str(at), "*") for at in range(values)], ["value", "any"],
                          np.bincount(codes[0], minlength=values), is_ordered=True)  # fmt: skip
    found = grouped([column], codes, None, 4)
    assert found is not None
    assert sorted(found.labels[0]) == ["0 to 3", "4990 to 4993"]
