"""Periods as people write them: ``7 days``, ``48 hours``, ``5 years``, ``session``."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta

from carrel.errors import fault
from carrel.policy import faults


class Unit(enum.StrEnum):
    """The units a policy may count in; hours are used only where the policy says hours."""

    SESSION = "session"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


# The most days that a unit can span: what "at most as long as" has to be judged by.
_LONGEST_DAYS = {Unit.SESSION: 0.0, Unit.HOURS: 1 / 24, Unit.DAYS: 1.0, Unit.WEEKS: 7.0}
_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: 12}
_WRITTEN = re.compile(r"(?P<amount>0|[1-9][0-9]{0,4}) (?P<unit>hour|day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Duration:
    """A period of a policy.

    Days and weeks are spans of 24 hours, months and years are counted on the calendar in UTC and clamped to the
    month's last day, so that cut-offs never move back while time passes.

    Attributes:
        amount: how many, 0 or more.
        unit: of what.
    """

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a period as people write it.

        Raises:
            CarrelError: POL-001, the text is not a number and a unit, nor ``session``.
        """
        if text == "session":
            return cls(0, Unit.SESSION)
        if not (match := _WRITTEN.fullmatch(text)):
            raise fault(
                faults.DURATION,
                wanted="a whole number and a unit",
                found=repr(text[:40]),
                fix="write a number and a unit, such as '30 days', '48 hours', '5 years'",
            )
        return cls(int(match["amount"]), Unit(match["unit"] + "s"))

    def before(self, instant: datetime) -> datetime:
        """The cut-off: the instant that lies this period before another one.

        Args:
            instant: an aware time.

        Returns:
            An aware time in UTC.

        Guarantees:
            Monotonic: a later instant never gives an earlier cut-off.
        """
        start = instant.astimezone(UTC)
        if months := _MONTHS.get(self.unit, 0) * self.amount:
            return _months_before(start, months)
        return start - timedelta(days=_LONGEST_DAYS.get(self.unit, 0.0) * self.amount)

    @property
    def days_at_most(self) -> float:
        """The longest that this period can last, in days of 24 hours (a month 31 days, a year 366)."""
        if self.unit in _LONGEST_DAYS:
            return _LONGEST_DAYS[self.unit] * self.amount
        return self.amount * (31.0 if self.unit is Unit.MONTHS else 366.0)

    @property
    def days_at_least(self) -> float:
        """The shortest that this period can last, in days of 24 hours (a month 28 days, a year 365)."""
        if self.unit in _LONGEST_DAYS:
            return _LONGEST_DAYS[self.unit] * self.amount
        return self.amount * (28.0 if self.unit is Unit.MONTHS else 365.0)

    def within(self, other: Duration) -> bool:
        """Whether this period is never longer than another, whatever day it is counted from.

        Periods on the calendar are compared by months and the others by hours; across the two, the longest that this
        one can last is held against the shortest that the other can: ``30 days`` is not within ``1 month``.
        """
        if self.unit in _MONTHS and other.unit in _MONTHS:
            return self.amount * _MONTHS[self.unit] <= other.amount * _MONTHS[other.unit]
        return self.days_at_most <= other.days_at_least

    def __str__(self) -> str:
        if self.unit is Unit.SESSION:
            return "session"
        return f"{self.amount} {self.unit.value[:-1] if self.amount == 1 else self.unit.value}"


def _months_before(instant: datetime, months: int) -> datetime:
    index = instant.year * 12 + instant.month - 1 - months
    year, month = divmod(index, 12)
    if year < MINYEAR:
        return datetime.min.replace(tzinfo=UTC)  # longer than the calendar: nothing is ever that old
    for day in (instant.day, 30, 29, 28):
        try:
            return instant.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
