"""Monthly counts by COUNTER's rules for double clicks and sessions, and small figures that are never told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.logs.log_counts import LEAST_TOLD, OTHER, TOO_FEW, LogCounts, told_counts
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_line import SeenRow
from carrel.systems.logs.words import vocabulary

START = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


def click(seconds: int, url: bytes = b"http://www.jstor.org/stable/1", **more: bytes) -> SeenRow:
    fields = {Kind.STATUS: b"200", Kind.METHOD: b"GET", Kind.URL: url, Kind.SESSION: b"s1", Kind.ADDRESS: b"192.0.2.1"}
    return SeenRow(
        START + timedelta(seconds=seconds), {**fields, **{Kind(name): value for name, value in more.items()}}
    )


def counted(*rows: SeenRow) -> LogCounts:
    counts = LogCounts(vocabulary(), b"k" * 32)
    for row in rows:
        counts.take(row)
    counts.close()
    return counts


def test_of_two_clicks_within_thirty_seconds_the_second_counts() -> None:
    assert counted(click(0), click(30)).requests.total() == 1
    assert counted(click(0), click(31)).requests.total() == 2
    assert counted(click(0), click(20), click(40), click(60)).requests.total() == 1, "each follows the one before"
    assert counted(click(0), click(10, b"http://www.jstor.org/stable/2")).requests.total() == 2
    assert counted(click(0), click(10, session=b"s2")).requests.total() == 2
    over = counted(click(1790), click(1805))  # the month ends between them
    assert over.requests == Counter({("2026-04", "www.jstor.org"): 1})


def test_only_delivered_pages_asked_for_by_people_count() -> None:
    assert not counted(click(0, status=b"404"), click(0, method=b"HEAD"), click(0, agent=b"Googlebot/2.1")).requests
    assert counted(click(0, status=b"304"), click(100, method=b"POST")).requests.total() == 2


def test_a_session_is_the_logs_own_on_one_day_or_an_hour_of_a_person_or_of_an_address() -> None:
    assert counted(click(0), click(3600 * 20)).sessions.total() == 2
    assert counted(click(0), click(60)).sessions.total() == 1
    nameless = {"session": b"-", "agent": b"Firefox"}
    assert counted(click(0, **nameless), click(60, **nameless), click(1900, **nameless)).sessions.total() == 2
    assert counted(click(0, **nameless), click(60, **nameless, address=b"192.0.2.2")).sessions.total() == 2
    assert counted(click(0, person=b"jo", **nameless), click(9, person=b"jo", session=b"-")).sessions.total() == 1


def test_hosts_that_are_not_listed_go_together_and_a_log_without_hosts_is_one() -> None:
    counts = counted(click(0, b"http://janes.example/x"), click(90, b"/opac/x"))
    assert {host for _, host in counts.requests} == {OTHER, "(here)"}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 40), max_size=8))
def test_no_figure_of_fewer_than_ten_is_told_and_none_can_be_subtracted(cells: dict[str, int]) -> None:
    sessions = {("2026-03", host): count for host, count in cells.items()}
    told = told_counts({cell: 3 * count for cell, count in sessions.items()}, sessions)
    for one in told:
        assert one.sessions == TOO_FEW or (isinstance(one.sessions, int) and one.sessions >= LEAST_TOLD)
        assert (one.sessions == TOO_FEW) is (one.requests == TOO_FEW)
    if any(one.sessions == TOO_FEW for one in told):
        assert [one.host for one in told] == [OTHER], "all hosts together are too few"
    known = sum(one.sessions for one in told if isinstance(one.sessions, int))
    assert known == sum(cells.values()) or sum(cells.values()) < LEAST_TOLD
