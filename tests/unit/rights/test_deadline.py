"""By when a request is answered: month ends, free days, the night on which clocks change, and what cannot be extended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.rights.deadline import FERPA, GDPR, Clock, Extension, Regime, deadline, earliest, months_later, policy_clock

BERLIN, BOSTON, BEIRUT = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Beirut")


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2027-01-31 09:00", date(2027, 3, 1)),  # 28 February is a Sunday
        ("2028-01-31 09:00", date(2028, 2, 29)),
        ("2026-12-31 23:59", date(2027, 2, 1)),  # 31 January is a Sunday
        ("2026-11-27 12:00", date(2026, 12, 28)),  # 27 December is a Sunday
    ],
)
def test_a_month_ends_on_its_last_day_and_never_on_a_free_one(received, last):
    assert deadline(GDPR, at(received), BERLIN).day == last


def test_a_holiday_moves_the_end():
    free = {date(2026, 12, 25), date(2026, 12, 28)}
    assert deadline(GDPR, at("2026-11-25 12:00"), BERLIN, free_days=free).day == date(2026, 12, 29)


def test_45_days_are_counted_on_the_calendar():
    found = deadline(FERPA, at("2026-11-27 12:00", BOSTON), BOSTON)
    assert (found.day, found.regime) == (date(2027, 1, 11), Regime.FERPA)
    assert deadline(policy_clock(10), at("2026-11-27 12:00"), BERLIN).day == date(2026, 12, 7)


def test_the_day_of_receipt_is_that_of_the_library():
    late = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)  # still the 27th in Boston
    assert deadline(FERPA, late, BOSTON).day == date(2026, 11, 27) + timedelta(days=45)


def test_a_day_is_over_at_midnight_whatever_the_clocks_do():
    summer = deadline(policy_clock(1), at("2026-10-24 12:00"), BERLIN)  # ends on the day with 25 hours
    assert (summer.day, summer.ends) == (date(2026, 10, 25), datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    # In Beirut the clocks jump at midnight: the day before is over when they do.
    jump = deadline(policy_clock(1), at("2026-03-27 12:00", BEIRUT), BEIRUT)
    assert jump.ends == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert not jump.missed(jump.ends - timedelta(microseconds=1))
    assert jump.missed(jump.ends)


def test_two_months_more_for_a_reason_told_in_time():
    received = at("2026-11-30 12:00")
    found = deadline(GDPR, received, BERLIN, extension=Extension(at("2026-12-20 09:00"), "many systems"))
    assert (found.day, found.extended) == (date(2027, 3, 1), True)  # 28 February is a Sunday


@pytest.mark.parametrize(
    ("clock", "told", "reason"),
    [
        (FERPA, "2026-12-01 09:00", "many systems"),
        (GDPR, "2026-12-01 09:00", "  "),
        (GDPR, "2027-01-02 09:00", "many systems"),
        (GDPR, "2026-11-01 09:00", "many systems"),
    ],
)
def test_what_gives_no_more_time(clock, told, reason):
    with pytest.raises(CarrelError) as wrong:
        deadline(clock, at("2026-11-30 12:00"), BERLIN, extension=Extension(at(told), reason))
    assert wrong.value.code == "RGT-001"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(CarrelError) as wrong:
        deadline(GDPR, datetime(2026, 11, 27, 12, 0), BERLIN)  # noqa: DTZ001
    assert wrong.value.code == "RGT-002"


def test_of_several_clocks_the_first_end_holds():
    received = at("2026-11-27 12:00")
    assert earliest([deadline(one, received, BERLIN) for one in (FERPA, GDPR)]).regime is Regime.GDPR


zones = st.sampled_from([BERLIN, BOSTON, BEIRUT, ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")])
times = st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
clocks = st.builds(
    Clock, st.sampled_from(Regime), months=st.integers(0, 12), days=st.integers(0, 400), on_working_days=st.booleans()
)


@given(clocks, times, times, zones)
def test_whoever_asks_later_is_never_answered_earlier(clock, one, other, zone):
    first, second = sorted((one, other))
    assert deadline(clock, first, zone).ends <= deadline(clock, second, zone).ends


@given(times, zones, st.integers(-14, 14))
def test_where_a_time_is_written_does_not_matter(received, zone, hours):
    elsewhere = received.astimezone(timezone(timedelta(hours=hours)))
    assert deadline(GDPR, received, zone) == deadline(GDPR, elsewhere, zone)


@given(st.dates(date(1999, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_a_month_later_is_in_the_month_after(day, months):
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1
