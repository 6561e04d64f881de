"""One identifier, one session: what is found when two are joined, and what is no finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.logs import session_test
from carrel.deidentification.logs.day_key import DayKey, is_token
from carrel.deidentification.logs.log_time import Precision
from carrel.deidentification.logs.session_test import SessionTest
from carrel.systems.logs.known_formats import format_of

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
FORMAT = format_of("ezproxy-session")
IDLE = timedelta(minutes=30)
TOKEN = DayKey(NOON.date(), bytes(32)).token(b"s1").decode()


def line(session: str, user: str = "-", minutes: float = 0) -> bytes:
    at = NOON + timedelta(minutes=minutes)
    return f'10.0.0.1 {session} {user} [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 1\n'.encode()


def found(*lines: bytes, precision: Precision = Precision.SECOND) -> tuple[int, int, int]:
    test = SessionTest(b"k" * 32, IDLE)
    test.reader(FORMAT, precision)(b"".join(lines))
    told = test.told()
    return told.identifiers, told.in_two, told.past_end


def test_one_session_of_one_user_is_no_finding_however_long_it_lasts() -> None:
    assert found(*(line("s1", "jane", 25 * n) for n in range(80))) == (2, 0, 0), "past midnight too"
    assert found(line("-", "-"), line("-", "-", 900)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        (line("s2", "jane", 1), (3, 1, 0)),  # a user in two sessions
        (line("s1", "john", 1), (3, 1, 0)),  # a session of two users
        (line("s1", "-", 31), (2, 0, 1)),  # after its end
        (line("s1", "jane", 31), (2, 0, 2)),
        (line("s1", "-", 30), (2, 0, 0)),
    ],
)
def test_what_joins_two_sessions_is_found(second: bytes, counts: tuple[int, int, int]) -> None:
    assert found(line("s1", "jane"), second) == counts


def test_the_token_of_one_day_on_another_is_found_however_close() -> None:
    assert is_token(TOKEN.encode())
    assert found(line(TOKEN, "-", 719), line(TOKEN, "-", 721)) == (1, 1, 0)
    assert found(line("s1", "-", 719), line("s1", "-", 721)) == (1, 0, 0), "a session's own name passes midnight"


def test_times_that_were_made_coarse_prove_no_end() -> None:
    assert found(line("s1"), line("s1", minutes=60), precision=Precision.HOUR) == (1, 0, 0)
    assert found(line("s1"), line("s1", minutes=120), precision=Precision.HOUR) == (1, 0, 1)
    assert found(line("s1"), line("s1", minutes=1440), precision=Precision.DAY) == (1, 0, 0)


def test_a_line_that_does_not_fit_is_left_out_and_too_many_identifiers_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert found(b"s1 jane read a book\n", line("s1")) == (1, 0, 0)
    monkeypatch.setattr(session_test, "MOST", 3)
    test = SessionTest(b"k" * 32, IDLE, ZoneInfo("Europe/Helsinki"))
    test.reader(FORMAT, Precision.SECOND)(b"".join(line(f"s{n}") for n in range(5)))
    assert (test.told().identifiers, test.told().whole) == (3, False)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 240)), max_size=40))
def test_cutting_a_log_into_pieces_changes_no_count(rows: list[tuple[int, int, int]]) -> None:
    lines = [
        line(f"s{session}", f"u{user}", minutes) for session, user, minutes in sorted(rows, key=lambda one: one[2])
    ]
    whole = found(*lines)
    test = SessionTest(b"another" * 5, IDLE)
    for one in lines:
        test.reader(FORMAT, Precision.SECOND)(one)
    told = test.told()
    assert (told.identifiers, told.in_two, told.past_end) == whole
    by_user = {}
    for session, user, _ in rows:
        by_user.setdefault(user, set()).add(session)
    assert told.in_two >= sum(len(sessions) > 1 for sessions in by_user.values())
