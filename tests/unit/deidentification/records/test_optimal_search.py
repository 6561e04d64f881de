"""The search finds what trying every node finds, and counts few of them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from carrel.deidentification.records.coded_column import coded_column
from carrel.deidentification.records.optimal_search import OptimalSearch
from carrel.deidentification.records.sensitive_column import Condition, Distance, Diversity
from tests.unit.deidentification.records import brute_force
from tests.unit.deidentification.records.brute_force import Trial

CONDITIONS = {
    "none": (None, None),
    "distinct": (Condition("s", l=3), brute_force.distinct(3)),
    "entropy": (Condition("s", l=2.5, diversity=Diversity.ENTROPY), brute_force.entropy(2.5)),
    "recursive": (Condition("s", l=2, diversity=Diversity.RECURSIVE, c=1.5), brute_force.recursive(1.5, 2)),
    "equal": (Condition("s", t=0.3), brute_force.closeness(0.3, ordered=False)),
    "ordered": (Condition("s", t=0.2, distance=Distance.ORDERED), brute_force.closeness(0.2, ordered=True)),
}


def search(one: Trial, k: int, most: int, condition: Condition | None = None) -> OptimalSearch:
    codes = np.array(one.rows, np.int32).T.reshape(len(one.chains), len(one.rows))
    columns = [
        coded_column(f"c{q}", chains, [f"level {n}" for n in range(len(chains[0]))],
                     np.bincount(codes[q], minlength=len(chains)))
        for q, chains in enumerate(one.chains)
    ]  # fmt: skip
    persons = None
    if one.persons is not None:
        persons = np.array([-1 if who is None else who for who in one.persons], np.int32)
    told = () if condition is None else (np.array(one.told, np.int32),)
    return OptimalSearch(columns, codes, persons, k, most, told, () if condition is None else (condition,))


@pytest.mark.parametrize("persons", [False, True], ids=["rows", "persons"])
@pytest.mark.parametrize("name", CONDITIONS)
def test_the_optimum_is_that_of_trying_every_node(name: str, persons: bool) -> None:
    dice = random.Random(f"{name} {persons}")
    condition, holds = CONDITIONS[name]
    none = 0
    for _ in range(40):
        one = brute_force.trial(dice, dice.randint(5, 90), persons=persons, told=True)
        k, most = dice.randint(1, 6), dice.choice([0, 2, len(one.rows) // 10, len(one.rows) // 4])
        found, wanted = search(one, k, most, condition).run(), brute_force.best(one, k, most, holds)
        if wanted is None:
            assert found is None
            none += 1
            continue
        assert found is not None
        assert found.loss == pytest.approx(wanted, abs=1e-12)
        assert brute_force.left_out(one, found.node, k, holds) == (found.left_out, pytest.approx(found.loss))
        assert found.left_out <= most
    assert none < 30, "most trials have to have an answer"


def test_few_nodes_are_counted() -> None:
    dice = np.random.default_rng(3)
    rows = 4000
    codes = np.stack([np.minimum(dice.pareto(1, rows) * 20, 199).astype(np.int32) for _ in range(5)])
    chains = [(str(v), str(v // 5), str(v // 25), str(v // 100), "*") for v in range(200)]
    columns = [coded_column(f"c{q}", chains, list("abcde"), np.bincount(codes[q], minlength=200)) for q in range(5)]
    found = OptimalSearch(columns, codes, None, 10, rows // 20).run()
    assert found is not None
    assert found.nodes == 5**5
    assert found.counted < found.nodes / 10


def test_the_order_of_rows_says_nothing() -> None:
    dice = random.Random(8)
    one = brute_force.trial(dice, 80, persons=True)
    order = list(range(80))
    dice.shuffle(order)
    assert one.persons is not None
    other = Trial([one.rows[at] for at in order], one.chains, [one.persons[at] for at in order])
    assert search(one, 3, 8).run() == search(other, 3, 8).run()


def test_numbers_that_do_not_fit_together_are_still_told_apart() -> None:
    dice = np.random.default_rng(5)
    codes = dice.integers(0, 2000, (9, 300)).astype(np.int32)
    codes[:, 100:200] = codes[:, :100]
    codes[:, 200:] = codes[:, :100]
    chains = [(str(v), "*") for v in range(2000)]
    columns = [coded_column(f"c{q}", chains, ["value", "any"], np.bincount(codes[q], minlength=2000)) for q in range(9)]
    found = OptimalSearch(columns, codes, None, 3, 0).run()
    assert found is not None
    assert found.node == (0,) * 9
