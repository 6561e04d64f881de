"""Pairs say nothing of themselves and never leave their process; a report counts, and tells failing from told."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.sweep import Attack, Loan, Pair, Pairs, Person, Severity, SweepReport, not_swept

OUT = datetime(2025, 3, 4, 10, 30, 1)  # noqa: DTZ001  (naive local time, as the systems write it)
BACK = OUT + timedelta(days=9)
SECRETS = (
    "23529000123456",
    "reader77@mail.example",
    "Quentin",
    "Varga",
    "39999000012345",
    "The Quiet Shelf",
    "8812345",
)


def pair(*, rebuilt: bool = False) -> Pair:
    loan = Loan(8_812_345, 4_407, OUT, BACK, None, "CPL", SECRETS[4], SECRETS[5])
    person = Person(7_701_234, SECRETS[:2], SECRETS[2:4])
    return Pair(loan, person, {"issue_id": 8_812_345, "note": "Varga, 23529000123456"}, rebuilt)


def test_nothing_that_prints_of_a_pair_names_anybody() -> None:
    one = pair()
    pairs = Pairs([one, pair(rebuilt=True)], OUT)
    printed = " ".join(
        [repr(one), str(one), repr(one.loan), str(one.person), repr(pairs), f"{pairs}", repr([one, pairs])]
    )
    assert [secret for secret in (*SECRETS, "7701234", "4407", "2025") if secret in printed] == []
    assert repr(pairs) == "Pairs(2, 1 of them rebuilt)"


def test_an_error_on_the_way_quotes_no_pair() -> None:
    with pytest.raises(AttributeError) as told:
        pair().loan.nobody  # type: ignore[attr-defined]  # noqa: B018
    assert [secret for secret in SECRETS if secret in str(told.value)] == []


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_pairs_do_not_leave_their_process(leave) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match="stay in the process"):
        leave(Pairs([pair()]))


def test_forgotten_pairs_are_gone() -> None:
    pairs = Pairs([pair(), pair(rebuilt=True)])
    assert (len(pairs), pairs.rebuilt) == (2, 1)
    pairs.forget()
    assert (len(pairs), pairs.rebuilt, list(pairs)) == (0, 0, [])
    pairs.forget()


def test_forgetting_leaves_the_callers_list_alone() -> None:
    mine = [pair()]
    Pairs(mine).forget()
    assert len(mine) == 1


attacks = st.builds(
    Attack,
    st.sampled_from(("loan", "copy", "words")),
    st.sampled_from(("declared", "discovered", "own")),
    st.just("old_issues"),
    st.just(("issue_id",)),
    st.just(50),
    st.integers(0, 50),
    st.sampled_from(Severity),
    st.just("why"),
)


@given(st.lists(attacks, max_size=9).map(tuple))
def test_every_hit_is_failing_or_told_and_nothing_else_is(found: tuple[Attack, ...]) -> None:
    report = SweepReport(50, 40, 7, found)
    assert all(a.hits for a in (*report.failing, *report.told))
    assert len(report.failing) + len(report.told) == sum(bool(a.hits) for a in found)
    assert {a.severity for a in report.failing} <= {Severity.SINGLED_OUT, Severity.LINKABLE}
    assert {a.severity for a in report.told} <= {Severity.NOT_COVERED, Severity.KEPT}
    told = report.as_dict()
    assert (told["pairs"], told["swept"], told["not_swept"], told["led_back"]) == (50, 40, 10, 7)
    assert json.loads(json.dumps(told))["attacks"] == told["attacks"]


def test_pairs_whose_process_died_are_said_to_be_unswept() -> None:
    report = not_swept(60)
    assert (report.pairs, report.swept, report.led_back, report.attacks) == (60, 0, 0, ())
    assert report.as_dict()["not_swept"] == 60


def test_a_window_begins_before_the_loan_and_ends_a_day_after_it() -> None:
    loan = pair().loan
    assert loan.covers(OUT - timedelta(minutes=5))
    assert not loan.covers(OUT - timedelta(minutes=5, seconds=1))
    assert loan.covers(BACK + timedelta(days=1))
    assert not loan.covers(BACK + timedelta(days=1, seconds=1))
    assert Loan(1, 2, OUT, None).covers(OUT + timedelta(days=9_000))


def test_a_second_is_two_seconds_wide_and_a_day_is_no_second() -> None:
    loan = pair().loan
    assert loan.at_event(OUT + timedelta(seconds=2))
    assert not loan.at_event(OUT + timedelta(seconds=3))
    midnight = OUT.replace(hour=0, minute=0, second=0)
    assert not Loan(1, 2, midnight, None).at_event(midnight)
