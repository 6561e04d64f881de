"""What became of a plan lands in its request, as the plan's own record tells: also what a dead process did not write."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from carrel.retention.outcome import Outcome
from carrel.rights.clocks import NO_CLOCKS
from carrel.rights.course import standing
from carrel.rights.event import Act, Event
from carrel.rights.request import Right
from carrel.rights.work import planned
from carrel.store import tables
from carrel.store.request_cases import _UTC
from carrel.store.request_key import request_key

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
CASE = "case-abcdefghijkl"


def nobody(kind: str, system: str) -> tuple[str, ...]:
    del kind, system
    return ()


def vendor(kind: str, system: str) -> tuple[str, ...]:
    del system
    return ("the vendor",) if kind == "erasure" else ()


def case(store, state: str, outcome: Outcome | None = None, name: str = CASE) -> None:
    """The record of a plan, as the engine keeps it."""
    with store._database.writing() as connection:
        known = connection.execute(tables.erasure.select().where(tables.erasure.c.case == name)).first()
        values = {"state": state, "outcome": outcome, "rows": {"reserves.delete": 12}, "unknown": False}
        if known is None:
            body = {"kind": "erasure", "stays": [{"table": "accountlines", "rows": 2, "ground": "a fine is open"}]}
            connection.execute(
                insert(tables.erasure).values(
                    case=name, digest="0" * 64, system="koha", made_at=AT, body=body, sealed=None, **values
                )
            )
        else:
            connection.execute(update(tables.erasure).where(tables.erasure.c.case == name).values(**values))


@pytest.fixture
def request_id(store) -> str:
    name = store.requests.open(Right.ERASURE, "koha", 51, "", "desk", "en", "Dee", AT, how="photo id")
    store.requests.add(name, planned(CASE, "erasure", "koha", "", AT, "Cal"))
    return name


def outcome(store, name: str) -> Outcome | None:
    request = store.requests.request(name)
    return standing(request.right, request.events, NO_CLOCKS, _UTC, AT).case(CASE).outcome


@pytest.mark.parametrize(
    ("state", "recorded", "tried", "told"),
    [
        ("planned", None, False, None),
        ("planned", None, True, Outcome.NOT_REACHED),
        ("running", None, False, None),  # somebody is at it
        ("running", None, True, Outcome.FAILED),
        ("running", Outcome.UNVERIFIED, False, Outcome.UNVERIFIED),
        ("running", Outcome.UNVERIFIED, True, Outcome.FAILED),
        ("done", Outcome.VERIFIED, False, Outcome.VERIFIED),
        ("done", Outcome.RESIDUE, False, Outcome.RESIDUE),
        ("in force", Outcome.VERIFIED, False, Outcome.VERIFIED),
        ("dropped", None, False, Outcome.NOT_REACHED),
        ("dropped", Outcome.UNVERIFIED, False, Outcome.UNVERIFIED),
    ],
)
def test_each_state_of_a_plan_is_told_as_what_it_is(store, request_id, state, recorded, tried, told) -> None:
    case(store, state, recorded)
    store.request_cases.follow(CASE, AT, nobody, tried=tried)
    assert outcome(store, request_id) is told


def test_what_a_process_that_died_did_not_write_is_written_by_whoever_looks_next(store, request_id) -> None:
    case(store, "done", Outcome.VERIFIED)
    [told] = store.request_cases.follow_all(AT, vendor)
    assert (told.request, told.outcome, told.tasks) == (request_id, Outcome.VERIFIED, 1)
    before = store.requests.request(request_id)
    [again] = store.request_cases.follow_all(AT, vendor)
    assert again.tasks == 0
    assert store.requests.request(request_id) == before  # nothing is written twice
    assert store.requests.words_beside(request_id)[-2] == "reserves.delete: 12\nstays, a fine is open: accountlines 2"


def test_a_kill_between_the_outcome_and_its_tasks_loses_no_task(store, request_id) -> None:
    case(store, "done", Outcome.VERIFIED)
    store.request_cases.follow_all(AT, nobody)  # as if the process had ended here
    [told] = store.request_cases.follow_all(AT, vendor)
    assert told.tasks == 1


def test_a_request_that_is_over_is_left_as_it_is(store, request_id) -> None:
    store.requests.add(request_id, Event(Act.WITHDRAWN, AT, "the person"))
    case(store, "done", Outcome.VERIFIED)
    assert store.request_cases.follow_all(AT, vendor) == ()
    assert store.request_cases.follow(CASE, AT, vendor) == ()
    assert [one.id for one in store.request_cases.of(CASE)] == [request_id]
    assert store.request_cases.of("case-zzzzzzzzzzzz") == ()


def test_an_open_request_for_a_restriction_is_honoured_from_identity_on(store) -> None:
    name = store.requests.open(Right.RESTRICTION, "koha", 52, "", "desk", "en", "Dee", AT)
    assert store.restrictions.restricted("koha") == frozenset()
    store.requests.add(name, Event(Act.IDENTIFIED, AT, "Dee", {"how": "photo id"}))
    assert store.restrictions.restricted("koha") == {52}
    assert store.restrictions.restricted("evergreen") == frozenset()
    [kept] = store.keepings.current("koha", AT).exceptions
    assert kept.scope.persons == (52,)
    assert not store.keepings.current("koha", AT, to_dispose=False).exceptions
    store.requests.add(name, Event(Act.WITHDRAWN, AT, "the person"))
    assert store.restrictions.restricted("koha") == frozenset()


def test_a_key_that_a_dead_process_left_goes_a_day_later(store, request_id) -> None:
    for name, hours in (("req-aaaaaaaaaaaa", 30), ("req-bbbbbbbbbbbb", 1)):
        request_key(store.folder, name).create()
        at = (AT - timedelta(hours=hours)).timestamp()
        os.utime(store.folder / "requests" / f"{name}.key", (at, at))
    store.requests.purge(AT)
    left = {place.stem for place in (store.folder / "requests").glob("req-*.key")}
    assert left == {"req-bbbbbbbbbbbb", request_id}
