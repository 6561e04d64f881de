"""The period of an order: half-open, on the wall clock of the place where a system runs, daylight saving included."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from carrel.disclosure import faults
from carrel.errors import CarrelError, fault

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{2}:[0-9]{2}|Z)?")
_FIRST, _LAST = 1000, 9998  # years; a day more or less, and an hour of any zone, are still there
_TICK = timedelta(microseconds=1)


class Verdict(enum.StrEnum):
    """Whether what a row tells lies in a period."""

    WITHIN = "within"
    OUTSIDE = "outside"
    UNSURE = "unsure"  # one reading of its time lies within and another does not
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Period:
    """From one instant on, and up to another one, which is not in it any more.

    Attributes:
        since, until: aware times in UTC.
        zone: of the wall clock by which times without a zone are read.
    """

    since: datetime
    until: datetime
    zone: tzinfo

    def judge(self, value: Any) -> Verdict:
        """Whether a time lies in the period, in every way in which it can be read.

        Args:
            value: as a database gives it. A time without a zone can mean two instants where clocks are set back, and a
                day alone means any instant of that day.

        Guarantees:
            WITHIN only where no reading lies outside: what may lie outside is not produced.
        """
        if (read := readings(value, self.zone)) is None:
            return Verdict.UNDATED
        first, last = read
        if self.since <= first and last < self.until:
            return Verdict.WITHIN
        return Verdict.OUTSIDE if last < self.since or first >= self.until else Verdict.UNSURE


def readings(value: Any, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """The earliest and the latest instant that a time can mean, in UTC; None where it is no time.

    Args:
        value: a time, a day, or a text of either, as a database gives it.
        zone: of the wall clock.
    """
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if _DAY.fullmatch(value) else datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return None if not _FIRST <= value.year <= _LAST else _of_time(value, zone)
    if isinstance(value, date) and _FIRST <= value.year <= _LAST:
        return _start(value, zone), _start(value + timedelta(days=1), zone) - _TICK
    return None


def period(since: str, until: str, zone: tzinfo, at: str) -> Period:
    """The period between two bounds as the scope writes them.

    Args:
        since: a day, or a time with hours and minutes, with an offset or without.
        until: the same.
        zone: by which bounds without an offset are read.
        at: what errors call the part.

    Raises:
        CarrelError: DSC-053, a bound is no time, means two instants or none, or the second is not after the first.
    """
    found = Period(_bound(since, zone, f"{at}: from"), _bound(until, zone, f"{at}: until"), zone)
    if found.since >= found.until:
        raise unusable(
            at,
            "'until' after 'from'",
            "one that is not",
            "write the first day that is meant, and the first that is not",
        )
    return found


def unusable(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    """The error of a period that cannot be used."""
    return fault(faults.PERIOD, at=at, wanted=wanted, found=found, fix=fix)


def _bound(text: str, zone: tzinfo, at: str) -> datetime:
    try:
        if _DAY.fullmatch(text) and _FIRST <= (day := date.fromisoformat(text)).year <= _LAST:
            return _start(day, zone)
        if _TIME.fullmatch(text) and _FIRST <= (moment := datetime.fromisoformat(text)).year <= _LAST:
            first, last = _of_time(moment, zone)
            if first == last:
                return first
            found = "a time that the clock shows twice, or never, on that day"
            raise unusable(at, "one instant", found, "write the offset behind it, such as 2026-10-25 02:30+01:00")
    except ValueError:
        pass
    raise unusable(
        at, "a day or a time of the calendar", "something else", "write such as 2026-01-31 or 2026-01-31 14:30"
    )


def _start(day: date, zone: tzinfo) -> datetime:
    # Where midnight comes twice its first time begins the day; where it never comes, the offset before tells when.
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _of_time(value: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    if value.tzinfo is not None:
        one = value.astimezone(UTC)
        return one, one
    both = [value.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(both), max(both)
