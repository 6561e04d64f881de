"""Working days, as a law counts them that wants an answer within three."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WEEKEND = 5  # Saturday, as Python counts


def working_days_later(received: datetime, days: int, zone: ZoneInfo, free_days: Collection[date] = ()) -> date:
    """The last of so many working days after the day of receipt, which is not counted itself.

    Args:
        received: aware time; its day is that of the library's calendar.
        days: at least one.
        zone: of the library.
        free_days: on which nobody works, beside Saturdays and Sundays.

    Source:
        K.S.A. 45-218(d): not later than the end of the third business day.
    """
    day, left = received.astimezone(zone).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _WEEKEND and day not in free_days
    return day


def day_is_over(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the next day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def waited(since: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The moment at which so many days have passed, by the clock on the wall and in days of 24 hours.

    The night in which clocks go back has an hour more: by hours alone somebody would have one less to object in, and
    the night in which they go forward takes one from the calendar.

    Args:
        since: aware time at which they begin.
        days: to wait.
        zone: of the library.

    Guarantees:
        The later of both, in UTC. Of an hour that comes twice it is the second one, and one that is missing is over
        with what comes after it.
    """
    wall = since.astimezone(zone).replace(tzinfo=None) + days
    by_clock = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(since.astimezone(UTC) + days, *by_clock)
