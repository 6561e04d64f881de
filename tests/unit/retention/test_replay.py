"""Replay entries: found again by the key alone, and a number is not enough to erase anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.approval import Kind
from carrel.retention.plan import Basis
from carrel.retention.replay import CLOCKS, back_again, card_tag, entry_of, key_mark, number_tag, other_place, same_card
from carrel.retention.replay_plan import Again, ReplayPlan, Task

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
KEY, OTHER = bytes(range(32)), bytes(32)
NUMBER = st.integers(1, 10**9)


def entry(number: int, card: str = "K1", key: bytes = KEY):
    return entry_of(key, "koha", number, card, kind=Kind.ERASURE, case="case-a", done_at=NOW)


@given(st.sets(NUMBER, max_size=30), st.sets(NUMBER, max_size=30))
def test_exactly_those_are_found_who_left_an_entry_and_are_there(gone: set[int], there: set[int]):
    entries = [entry(one) for one in gone]
    assert set(back_again(KEY, "koha", entries, there)) == gone & there
    assert back_again(OTHER, "koha", entries, there) == {}
    assert back_again(KEY, "evergreen", entries, there) == {}


@given(NUMBER, NUMBER)
def test_no_tag_of_a_number_is_that_of_another_or_of_a_card(one: int, other: int):
    assert (number_tag(KEY, "koha", one) == number_tag(KEY, "koha", other)) == (one == other)
    assert number_tag(KEY, "koha", one) != card_tag(KEY, "koha", str(one))
    assert str(one) not in repr(entry(one)) or len(str(one)) < 6


def test_a_record_with_another_card_is_not_the_one_who_was_erased():
    assert same_card(KEY, "koha", entry(7, " k1"), ["", "K1 "])
    assert same_card(KEY, "koha", entry(7, ""), ["", " "])
    assert not same_card(KEY, "koha", entry(7, "K1"), ["K2"])
    assert not same_card(KEY, "koha", entry(7, "K1"), [])
    assert not same_card(KEY, "koha", entry(7, ""), ["K1"])
    assert not same_card(OTHER, "koha", entry(7, "K1"), ["K1"])


def test_a_backup_from_after_it_needs_no_entry():
    one = entry(7)
    assert one.needed_after(None)
    assert one.needed_after(NOW - timedelta(hours=1))
    assert one.needed_after(NOW + CLOCKS)
    assert not one.needed_after(NOW + CLOCKS + timedelta(seconds=1))
    assert one.mark == key_mark(KEY) != key_mark(OTHER)


def test_a_plan_is_read_back_and_signed_for_case_by_case():
    basis = Basis("a" * 64, "b" * 64, "c" * 64, "25.05", "0.1.0")
    plan = ReplayPlan(
        "r1", "koha", "p", NOW, "Ben", basis, (Again("case-b", "d" * 64, 12),), ("case-c",),
        (Task("case-d", "rectification", ("email address",)),), {"an open loan": 1}, 1, ("note",),
    )  # fmt: skip
    body = plan.as_dict()
    assert ReplayPlan.from_dict(body) == plan
    assert plan.lines == (
        "restore r1: 1 person erased again", f"case case-b: 12 rows, plan {'d' * 16}", "case case-c: restricted again",
    )  # fmt: skip
    for key, value in (("doubtful", 2), ("erasures", []), ("kind", "erasure"), ("more", 1)):
        with pytest.raises(ValueError, match="plan"):
            ReplayPlan.from_dict({**body, key: value})


@pytest.mark.parametrize(
    ("known", "there", "other"),
    [
        ("", "", False),  # nothing was noted: nothing can be said
        ("", "a", False),
        ("a", "a", False),
        ("a", "b", True),
        ("a", "", True),
        ("ab", "bc", False),  # one was closed, one opened
        ("abc", "axyz", True),
        ("abc", "abxyz", False),
    ],
)
def test_a_database_is_known_by_half_of_its_units(known, there, other):
    assert other_place(tuple(known), frozenset(there)) is other
