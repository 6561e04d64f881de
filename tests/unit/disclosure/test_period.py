"""The period of an order: half-open, by every reading of a time, with clocks set back and forth."""
# ruff: noqa: DTZ001  (naive local times, as the systems write them)

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.disclosure.period import Period, Verdict, period, readings
from carrel.errors import CarrelError

AMSTERDAM, HAVANA, SAO_PAULO = (ZoneInfo(name) for name in ("Europe/Amsterdam", "America/Havana", "America/Sao_Paulo"))
WITHIN, OUTSIDE, UNSURE, UNDATED = Verdict


def march() -> Period:
    return period("2026-03-01", "2026-04-01", AMSTERDAM, "part")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (datetime(2026, 3, 1), WITHIN),
        (datetime(2026, 2, 28, 23, 59, 59), OUTSIDE),
        (datetime(2026, 3, 31, 23, 59, 59), WITHIN),
        (datetime(2026, 4, 1), OUTSIDE),
        ("2026-03-01 00:00:00", WITHIN),
        ("2026-03-31", WITHIN),
        ("2026-04-01", OUTSIDE),
        (date(2026, 3, 31), WITHIN),
        (date(2026, 2, 28), OUTSIDE),
        (datetime(2026, 3, 31, 22, 30, tzinfo=UTC), OUTSIDE),  # half past midnight in Amsterdam
        (datetime(2026, 2, 28, 23, 30, tzinfo=UTC), WITHIN),
        (None, UNDATED),
        ("0000-00-00 00:00:00", UNDATED),
        ("soon", UNDATED),
        (12, UNDATED),
    ],
)
def test_what_lies_in_a_month(value: object, verdict: Verdict) -> None:
    assert march().judge(value) is verdict


def test_an_hour_that_comes_twice_is_within_only_where_both_are() -> None:
    twice = datetime(2026, 10, 25, 2, 30)
    assert period("2026-10-25", "2026-10-26", AMSTERDAM, "part").judge(twice) is WITHIN
    assert period("2026-10-25", "2026-10-25 02:30+01:00", AMSTERDAM, "part").judge(twice) is UNSURE
    assert period("2026-10-25 02:00+01:00", "2026-10-26", AMSTERDAM, "part").judge(twice) is UNSURE
    assert period("2026-10-25", "2026-10-25 02:00+02:00", AMSTERDAM, "part").judge(twice) is OUTSIDE


def test_a_day_alone_is_within_only_whole() -> None:
    half = period("2026-03-01 12:00", "2026-03-02", AMSTERDAM, "part")
    assert half.judge(date(2026, 3, 1)) is UNSURE
    assert half.judge("2026-03-01") is UNSURE
    assert half.judge(datetime(2026, 3, 1, 12)) is WITHIN


def test_days_begin_where_midnight_comes_twice_or_never() -> None:
    # In Havana the clock went from 01:00 back to 00:00 on 1 November 2026; in Sao Paulo from 00:00 on, 4 November 2018.
    day = period("2026-11-01", "2026-11-02", HAVANA, "part")
    assert day.until - day.since == timedelta(hours=25)
    short = period("2018-11-04", "2018-11-05", SAO_PAULO, "part")
    assert short.until - short.since == timedelta(hours=23)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-02", "2026-03-01"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01 10:00", "2026-03-01 10:00"),
        ("2026-02-30", "2026-03-01"),
        ("yesterday", "2026-03-01"),
        ("2026-03-01T25:00", "2026-03-02"),
        ("2026-03-29 02:30", "2026-03-30"),  # never comes
        ("2026-10-25 02:30", "2026-10-26"),  # comes twice
        ("0001-01-01", "2026-01-01"),
        ("2026-01-01", "9999-12-31"),
        ("2026-1-1", "2026-02-01"),
        ("\uff12\uff10\uff12\uff16-01-01", "2026-02-01"),
    ],
)
def test_a_bound_that_cannot_be_used(since: str, until: str) -> None:
    with pytest.raises(CarrelError) as wrong:
        period(since, until, AMSTERDAM, "part")
    assert wrong.value.code == "DSC-053"


_TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2030, 1, 1))
_ZONES = st.sampled_from([AMSTERDAM, HAVANA, SAO_PAULO, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])


@given(_TIMES, _TIMES, _TIMES, _ZONES)
def test_two_periods_that_meet_never_hold_the_same_row(
    value: datetime, one: datetime, two: datetime, zone: ZoneInfo
) -> None:
    first, last = sorted((one.replace(tzinfo=UTC), two.replace(tzinfo=UTC)))
    before, after = Period(first - timedelta(days=400), first, zone), Period(first, last, zone)
    assert (before.judge(value), after.judge(value)) != (WITHIN, WITHIN)


@given(_TIMES, _ZONES)
def test_a_time_that_is_within_has_every_reading_there(value: datetime, zone: ZoneInfo) -> None:
    found = readings(value, zone)
    assert found is not None
    assert found[0] <= found[1] <= found[0] + timedelta(hours=3)
    exact = Period(found[0], found[1] + timedelta(seconds=1), zone)
    assert exact.judge(value) is WITHIN
    if found[0] < found[1]:
        assert Period(found[0], found[1], zone).judge(value) is UNSURE
