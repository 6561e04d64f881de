"""Years of birth and times of events, in bands that lie within each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_YEAR: Final = re.compile(r"([12]\d{3})(?:-\d{2}-\d{2}(?:[ T].*)?)?")
_EARLIEST, _LATEST = 1850, 2100
BANDS: Final = (1, 5, 10, 20)

TIMES: Final = ("minute", "hour", "day", "week", "month", "quarter", "year")
USUAL: Final = ("day", "month", "quarter", "year")
WEEKS: Final = ("minute", "hour", "day", "week")  # a week lies in two months, and in two years


@dataclass(frozen=True, slots=True)
class BirthYear:
    """A year of birth, or a date of birth of which only the year is read; years in bands of five, ten and twenty."""

    is_ordered: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return ("year", *(f"{years} years" for years in BANDS[1:]))

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The bands of a year; None where the text is no year from 1850 to 2100, or a date that does not exist."""
        match = _YEAR.fullmatch(value)
        if match is None or not _EARLIEST <= int(match[1]) <= _LATEST or (len(value) > 4 and moment(value) is None):  # noqa: PLR2004
            return None
        year = int(match[1])
        return (match[1], *(_band(year, years) for years in BANDS[1:]))

    def order(self, label: str) -> object:
        """By the first year of a band."""
        return int(label[:4])


@dataclass(frozen=True, slots=True)
class EventTime:
    """The time of an event as it stands, without moving it to another zone.

    Attributes:
        names: of its levels. Weeks are those of ISO 8601, and go with neither months, quarters nor years.
    """

    names: tuple[str, ...] = USUAL
    is_ordered: bool = True

    def __post_init__(self) -> None:
        if "week" in self.names and {"month", "quarter", "year"} & set(self.names):
            raise ValueError("a week lies in two months: take weeks, or months, quarters and years")
        if not self.names or any(one not in TIMES for one in self.names):
            raise ValueError("write levels such as day, month, quarter, year")

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The label on each level; None where the text is no time that exists."""
        at = moment(value)
        return None if at is None else tuple(_at(at, name) for name in self.names)

    def order(self, label: str) -> object:
        """Labels are written so that their order is that of time."""
        return label


def moment(text: str) -> datetime | None:
    """The time that a text names in ISO 8601, a date at midnight; None where there is no such time."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _band(year: int, years: int) -> str:
    first = year - year % years
    return f"{first}-{first + years - 1}"


def _at(at: datetime, level: str) -> str:
    if level == "week":
        year, week, _ = at.isocalendar()
        return f"{year:04}-W{week:02}"
    return {
        "minute": f"{at:%Y-%m-%d %H:%M}",
        "hour": f"{at:%Y-%m-%d %H}:00",
        "day": f"{at:%Y-%m-%d}",
        "month": f"{at:%Y-%m}",
        "quarter": f"{at:%Y}-Q{(at.month + 2) // 3}",
        "year": f"{at:%Y}",
    }[level]
