"""Moments of a sample of Evergreen: whole seconds since 1970, UTC, written with their zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from carrel.systems.sample.wallclock import DAY, stamp

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def when(moment: int) -> str:
    """A moment as text for ``timestamp with time zone``."""
    return stamp(moment) + "+00"


def when_or_none(moment: int | None) -> str | None:
    """The same, where there may be none."""
    return None if moment is None else stamp(moment) + "+00"


def aware(moment: int) -> datetime:
    """A moment as an aware datetime."""
    return _ZERO + timedelta(seconds=moment)


def seconds(moment: datetime) -> int:
    """An aware datetime as whole seconds."""
    return int((moment - _ZERO).total_seconds())


class Clock:
    """The days of one place: where they begin and end, in seconds of UTC."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._midnights: dict[int, int] = {}

    def midnight(self, day: int) -> int:
        """The moment that a day begins; days are counted from 1970."""
        known = self._midnights.get(day)
        if known is None:
            wall = (_ZERO + timedelta(days=day)).replace(tzinfo=self._zone)
            known = self._midnights[day] = int(wall.timestamp())
        return known

    def day(self, moment: int) -> int:
        """The day on which a moment falls there."""
        day = moment // DAY
        return day - 1 if moment < self.midnight(day) else day

    def end_of_day(self, day: int) -> int:
        """The last second of a day: when something is due."""
        return self.midnight(day + 1) - 1
