"""Laws of records of other kinds than loans: what is due stays due, and only what the rule's own clock says is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.policy.clock import midnight
from carrel.policy.duration import Duration, Unit
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule, RecordSchedule
from carrel.retention.predicate import Fact, holds
from carrel.retention.records import record_cases

ZONES = [ZoneInfo(name) for name in ("UTC", "America/New_York", "Europe/Helsinki", "Australia/Lord_Howe")]
unhurried = settings(deadline=None)
durations = st.builds(Duration, st.integers(0, 120), st.sampled_from([Unit.HOURS, Unit.DAYS, Unit.MONTHS, Unit.YEARS]))
walls = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001  # as systems write them
instants = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def schedules(draw: st.DrawFn) -> RecordSchedule:
    days = sorted(draw(st.sets(st.dates(date(2000, 1, 1), date(2035, 1, 1)), min_size=1, max_size=4)))
    periods = tuple(Period(draw(durations), since, draw(st.booleans())) for since in days)
    return RecordSchedule("holds", (RecordRule("r", (), RecordEvent.ENDED, periods, Disposition.DELETE),))


def due(schedule: RecordSchedule, ended: datetime | None, as_of: datetime, zone: ZoneInfo) -> bool:
    return any(holds(one.due, {Fact.CLOSED: ended}) for one in record_cases([schedule], as_of, zone))


@given(schedules(), walls, instants, st.timedeltas(timedelta(0), timedelta(days=8000)), st.sampled_from(ZONES))
@unhurried
def test_passing_time_never_un_expires(
    schedule: RecordSchedule, ended: datetime, as_of: datetime, later: timedelta, zone: ZoneInfo
) -> None:
    if due(schedule, ended, as_of, zone):
        assert due(schedule, ended, as_of + later, zone)


@given(schedules(), walls, instants, st.sampled_from(ZONES))
@unhurried
def test_nothing_is_due_before_the_shortest_period_or_before_any_version(
    schedule: RecordSchedule, ended: datetime, as_of: datetime, zone: ZoneInfo
) -> None:
    [rule] = schedule.rules
    if due(schedule, ended, as_of, zone):
        assert as_of >= midnight(rule.periods[0].since)
        latest = max(period.keep.before(as_of) for period in rule.periods[:1])
        shortest = max([latest, *(period.keep.before(as_of) for period in rule.periods)])
        assert ended.replace(tzinfo=zone, fold=1).astimezone(UTC) <= shortest


@given(schedules(), instants, st.sampled_from(ZONES))
@unhurried
def test_a_record_without_a_time_is_never_due(schedule: RecordSchedule, as_of: datetime, zone: ZoneInfo) -> None:
    assert not due(schedule, None, as_of, zone)
