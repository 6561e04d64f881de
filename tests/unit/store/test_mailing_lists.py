"""Mailing lists in the store, on a file and on a server: hashes of who was there, and what a list owes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome
from carrel.store import tables
from carrel.store.mailing_lists import ListCourse

AT = datetime(2026, 11, 28, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def left(at: datetime, outcome: Outcome = Outcome.VERIFIED, code: str = "") -> ListCourse:
    return ListCourse("news", "koha", at, outcome, code, counts={"off": 1})


def test_members_are_noted_once_kept_and_forgotten(store) -> None:
    lists, tags = store.mailing_lists, store.consents.own_tags("koha")
    one, two, three = (tags.address(f"{who}@oak.example") for who in ("ann", "bob", "cyd"))
    for _ in range(2):
        lists.note_members("news", [one, two, two], tags.mark)
    lists.note_members("other", [three], tags.mark)
    assert lists.ours("news", [one, two, three]) == {one, two}
    lists.note_seen("news", [two, three], AT)
    assert (lists.seen("news"), lists.seen("other")) == ({two: AT}, {}), "who is not known there is not seen there"
    lists.keep_members("news", [two])
    assert lists.ours("news", [one, two]) == {two}
    lists.forget_members("news", [two, three])
    assert (lists.ours("news", [two]), lists.ours("other", [three])) == (frozenset(), {three})
    lists.settle(left(AT), AT)
    lists.keep_lists(["other"])
    assert (lists.course("news"), lists.ours("other", [three])) == (None, {three})
    lists.keep_members("other", [])
    assert lists.ours("other", [three]) == frozenset()


def test_a_hash_of_another_key_is_one_that_nobody_can_tell(store) -> None:
    store.consents.own_tags("koha")
    with store._database.writing() as connection:
        connection.execute(insert(tables.list_member).values(list="news", tag="0" * 64, mark="another"))
    with pytest.raises(CarrelError) as refused:
        store.consents.own_tags("koha")
    assert refused.value.code == "CNS-007"


def test_what_is_owed_stays_so_until_a_list_is_verified_that_was_judged_later(store) -> None:
    lists = store.mailing_lists
    assert lists.course("news") is None
    lists.settle(left(AT), AT)
    lists.owe("news", "koha", Outcome.NOT_REACHED, "CNS-018", AT + HOUR)
    lists.owe("news", "koha", Outcome.NOT_REACHED, "CNS-018", AT + 2 * HOUR)
    now = lists.course("news")
    assert (now.owed_since, now.verified_at, now.outcome) == (AT + HOUR, AT, Outcome.NOT_REACHED)
    lists.settle(left(AT + 3 * HOUR, Outcome.FAILED, "CNS-019"), AT + 3 * HOUR)
    now = lists.course("news")
    assert (now.owed_since, now.verified_at, now.code) == (AT + HOUR, AT, "CNS-019")
    # Somebody said no while people were judged already: this look did not see it.
    lists.owe("news", "koha", Outcome.NOT_REACHED, "CNS-018", AT + 5 * HOUR)
    lists.settle(left(AT + 6 * HOUR), AT + 4 * HOUR)
    assert lists.course("news").owed_since == AT + HOUR
    lists.settle(left(AT + 7 * HOUR), AT + 7 * HOUR)
    now = lists.course("news")
    assert (now.owed_since, now.verified_at, now.counts) == (None, AT + 7 * HOUR, {"off": 1})
