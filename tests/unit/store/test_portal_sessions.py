"""Sessions of the pages: whoever has no token learns nothing, not even from the store itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.store.store import Store

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=20), timedelta(hours=4)
SAID = {"kind": "patron", "system": "koha", "number": "918273645"}


def test_a_session_is_found_by_its_token_and_by_no_other(store: Store) -> None:
    one = store.portal_sessions.begin(SAID, NOW, LONGEST)
    two = store.portal_sessions.begin({**SAID, "number": "2"}, NOW, LONGEST)
    found = store.portal_sessions.find(one.token, NOW, IDLE)
    assert found is not None
    assert found.said == SAID
    assert one.token != two.token
    for wrong in ("", "x", one.token[:-1], one.token + "x", one.token.swapcase(), "\x00" * 43, "é" * 43, "a" * 100_000):
        assert store.portal_sessions.find(wrong, NOW, IDLE) is None


def test_a_session_ends_by_idleness_by_age_and_by_word(store: Store) -> None:
    sessions = store.portal_sessions
    one = sessions.begin(SAID, NOW, LONGEST)
    assert sessions.find(one.token, NOW + IDLE - timedelta(seconds=1), IDLE) is not None
    assert sessions.find(one.token, NOW + 2 * IDLE - timedelta(seconds=1), IDLE) is None, "not used for the whole time"
    two, at = sessions.begin(SAID, NOW, LONGEST), NOW
    while at + IDLE / 2 < NOW + LONGEST:
        at += IDLE / 2
        assert sessions.find(two.token, at, IDLE) is not None
    assert sessions.find(two.token, NOW + LONGEST, IDLE) is None, "however much it is used"
    three = sessions.begin(SAID, NOW, LONGEST)
    sessions.end(three.token)
    sessions.end(three.token)
    assert sessions.find(three.token, NOW, IDLE) is None
    four = sessions.begin(SAID, NOW, LONGEST)
    assert sessions.end_all() >= 1
    assert sessions.find(four.token, NOW, IDLE) is None


def test_a_clock_that_was_set_back_by_far_ends_it(store: Store) -> None:
    one = store.portal_sessions.begin(SAID, NOW, LONGEST)
    assert store.portal_sessions.find(one.token, NOW - timedelta(hours=1), IDLE) is None


def test_the_store_does_not_tell_who_was_signed_in(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        one = store.portal_sessions.begin(SAID, NOW, LONGEST)
        store.portal_attempts.allow([("name", "koha\x0021000000000042", 5)], NOW, IDLE)
    written = b"".join(place.read_bytes() for place in tmp_path.rglob("*") if place.is_file())
    for secret in (SAID["number"], one.token, "21000000000042", '"koha"'):
        assert secret.encode() not in written


@pytest.mark.parametrize("tries", [1, 3])
def test_attempts_are_allowed_as_often_as_was_said_and_then_again_later(store: Store, tries: int) -> None:
    attempts, of = store.portal_attempts, [("name", "a", tries), ("place", "here", 100)]
    assert [attempts.allow(of, NOW, IDLE) for _ in range(tries + 2)] == [True] * tries + [False] * 2
    assert attempts.allow([("name", "b", tries)], NOW, IDLE)
    assert not attempts.allow(of, NOW + IDLE - timedelta(seconds=1), IDLE)
    assert attempts.allow(of, NOW + IDLE, IDLE)
    attempts.forget("name", "a")
    assert attempts.allow(of, NOW + IDLE, IDLE)


def test_a_clock_that_ran_ahead_and_was_set_back_keeps_nobody_waiting(store: Store) -> None:
    """A day ahead the tries were used up; by the right time that is no day to wait. What is good once stays used."""
    attempts, of = store.portal_attempts, [("name", "a", 2), ("place", "here", 2)]
    assert [attempts.allow(of, NOW + timedelta(days=1), IDLE) for _ in range(3)] == [True, True, False]
    assert [attempts.allow(of, NOW, IDLE) for _ in range(3)] == [True, True, False]
    assert not attempts.allow(of, NOW - timedelta(minutes=4), IDLE), "processes that take their time in another order"
    assert attempts.allow([("confirmed", "link", 1)], NOW + timedelta(days=1), IDLE)
    assert not attempts.allow([("confirmed", "link", 1)], NOW, IDLE)


def test_a_refused_attempt_uses_nothing_of_another_kind_up(store: Store) -> None:
    attempts = store.portal_attempts
    assert attempts.allow([("name", "a", 1), ("place", "here", 2)], NOW, IDLE)
    assert not attempts.allow([("name", "a", 1), ("place", "here", 2)], NOW, IDLE)
    assert attempts.allow([("name", "b", 1), ("place", "here", 2)], NOW, IDLE)


def test_of_many_at_once_no_more_are_allowed(store: Store) -> None:
    with ThreadPoolExecutor(8) as at_once:
        said = list(at_once.map(lambda _: store.portal_attempts.allow([("name", "a", 5)], NOW, IDLE), range(24)))
    assert said.count(True) == 5
