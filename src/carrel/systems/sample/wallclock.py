"""Wall-clock seconds as text: what Koha writes, in the library's own time and without a zone.

Inside the generator a moment is the number of seconds since 1970 *on the wall clock*, so no arithmetic meets a zone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86_400
_FIRST = date(1970, 1, 1)
_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001  (a wall-clock origin has no zone)


class _Days(dict[int, str]):
    """Days since 1970 as text, each worked out once."""

    def __missing__(self, day: int) -> str:
        text = (_FIRST + timedelta(days=day)).isoformat()
        self[day] = text
        return text


_DAYS = _Days()
_CLOCK = tuple(f" {h:02}:{m:02}:{s:02}" for h in range(24) for m in range(60) for s in range(60))


def stamp(moment: int) -> str:
    """A second as Koha stores it: ``2026-11-22 14:05:09``."""
    day, second = divmod(moment, DAY)
    return _DAYS[day] + _CLOCK[second]


def day_of(moment: int) -> str:
    """The day of a second: ``2026-11-22``."""
    return _DAYS[moment // DAY]


def naive(moment: int) -> datetime:
    """The second as a datetime without zone."""
    return _ZERO + timedelta(seconds=moment)


def on_wall(moment: datetime, zone: str) -> int:
    """An aware moment as a second on the wall clock of a zone."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)
    return int((local - _ZERO).total_seconds())


def repeated_hours(first: int, last: int, zone: str) -> Iterator[int]:
    """The starts of the hours that the wall clock showed twice, because summer time ended, between two seconds."""
    place = ZoneInfo(zone)
    for day in range(first // DAY, last // DAY + 1):
        if _offset(day * DAY, place, 0) <= _offset((day + 1) * DAY, place, 0):
            continue
        for hour in range(day * DAY, (day + 1) * DAY, 3_600):
            if _offset(hour, place, 0) > _offset(hour, place, 1):
                yield hour


def _offset(moment: int, place: ZoneInfo, fold: int) -> timedelta:
    return naive(moment).replace(tzinfo=place, fold=fold).utcoffset() or timedelta()
