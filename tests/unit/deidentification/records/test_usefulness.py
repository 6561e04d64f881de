"""How wrong a release answers: nothing where everything is told, and what a plain count says otherwise."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from carrel.deidentification.records.class_table import base_table, counted
from carrel.deidentification.records.coded_column import coded_column
from carrel.deidentification.records.local_recoding import grouped
from carrel.deidentification.records.usefulness import QUESTIONS, usefulness

BRANCHES = [("East", "*"), ("Main", "*"), ("West", "*")]
DAYS = [(f"2026-{m:02}-{d:02}", f"2026-{m:02}", "*") for m in range(1, 4) for d in range(1, 6)]
KINDS = ["branch", "time"]


@pytest.fixture(scope="module")
def loans():
    dice = np.random.default_rng(4)
    codes = np.stack([dice.choice(3, 500, p=[0.2, 0.7, 0.1]), dice.integers(0, 15, 500)]).astype(np.int32)
    columns = [
        coded_column("branch", BRANCHES, ["value", "any"], np.bincount(codes[0], minlength=3)),
        coded_column("at", DAYS, ["day", "month", "any"], np.bincount(codes[1], minlength=15), is_ordered=True),
    ]
    return columns, codes


def at(loans, node, k):
    columns, codes = loans
    return counted(columns, base_table(columns, codes, None), node, k, 500)


def answers(loans, made, k=2):
    columns, codes = loans
    found = usefulness(columns, KINDS, codes, made, 0.0, k)
    assert [one.question for one in found.answers] == list(QUESTIONS)
    return found, {one.question: one.wrong for one in found.answers if one.wrong is not None}


def test_what_is_told_in_full_is_answered_rightly(loans) -> None:
    _, said = answers(loans, at(loans, (0, 0), 1))
    assert said == pytest.approx({"records by branch": 0, "records by month": 0, "records by branch and month": 0})
    _, months = answers(loans, at(loans, (0, 1), 1))
    assert months == pytest.approx(said)


def test_what_is_not_told_is_taken_for_even(loans) -> None:
    _, codes = loans
    found, said = answers(loans, at(loans, (1, 1), 1))
    truth = Counter(codes[0].tolist())
    wrong = sum(abs(truth[one] - 500 / 3) for one in range(3)) / 2 / 500
    assert said["records by branch"] == pytest.approx(wrong)
    assert said["records by month"] == pytest.approx(0)
    sizes = Counter((codes[1] // 5).tolist()).values()
    assert found.discernibility == sum(one * one for one in sizes)
    assert found.average_class == pytest.approx(500 / 3 / 2)


def test_a_record_that_is_left_out_is_wrong_in_every_answer(loans) -> None:
    made = at(loans, (0, 0), 10)
    found, said = answers(loans, made)
    assert made.left_out
    assert said["records by branch and month"] == pytest.approx(made.left_out / 500)
    assert found.discernibility == sum(int(one) ** 2 for one in made.sizes) + made.left_out * 500


def test_groups_answer_as_their_labels_say(loans) -> None:
    columns, codes = loans
    made = grouped(columns, codes, None, 20)
    assert made is not None
    _, said = answers(loans, made)
    told = np.zeros((3, 3))
    for group in range(made.count):
        mine = codes[:, made.groups == group]
        branches, days = sorted(set(mine[0].tolist())), range(mine[1].min(), mine[1].max() + 1)
        for branch in branches:
            for day in days:
                told[branch, day // 5] += mine.shape[1] / len(branches) / len(days)
    truth = np.zeros((3, 3))
    np.add.at(truth, (codes[0], codes[1] // 5), 1)
    assert said["records by branch and month"] == pytest.approx(np.abs(truth - told).sum() / 1000)
    assert said["records by month"] == pytest.approx(np.abs(truth.sum(0) - told.sum(0)).sum() / 1000)
