"""By when a patron's request is answered: a month and two more, 45 days, or what the policy promises."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from carrel.errors import fault
from carrel.rights import faults

_DECEMBER = 12
_WEEKEND = 5  # Saturday, as Python counts


class Regime(enum.StrEnum):
    """Which rule sets a clock."""

    GDPR = "gdpr"
    FERPA = "ferpa"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Clock:
    """How long an answer may take.

    Attributes:
        regime: whose rule it is.
        months, days: counted from the day of receipt, which is not counted itself.
        further_months: by which it can be extended once, for a reason told before the first end.
        on_working_days: an end on a free day moves to the next working day.
    """

    regime: Regime
    months: int = 0
    days: int = 0
    further_months: int = 0
    on_working_days: bool = False


# GDPR Art. 12(3), with Art. 3 of Regulation 1182/71 for the counting; 34 CFR 99.10(b).
GDPR = Clock(Regime.GDPR, months=1, further_months=2, on_working_days=True)
FERPA = Clock(Regime.FERPA, days=45)


def policy_clock(days: int) -> Clock:
    """The clock of a policy that promises an answer within so many days."""
    return Clock(Regime.POLICY, days=days)


@dataclass(frozen=True, slots=True)
class Extension:
    """That an answer takes longer, and when the person was told why."""

    told_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of one clock.

    Attributes:
        regime: whose rule it is.
        day: the last day, on the library's calendar.
        ends: the instant at which that day is over, in UTC.
        extended: whether it was given more time.
    """

    regime: Regime
    day: date
    ends: datetime
    extended: bool = False

    def missed(self, at: datetime) -> bool:
        """Whether it is over at an instant."""
        return at >= self.ends


def deadline(
    clock: Clock,
    received: datetime,
    zone: ZoneInfo,
    *,
    extension: Extension | None = None,
    free_days: Collection[date] = (),
) -> Deadline:
    """By when a request must be answered.

    Args:
        clock: which rule.
        received: when the request came in, an aware time; its day is that of the library's calendar.
        zone: of the library.
        extension: that the person was told of, and when.
        free_days: on which nobody works, beside Saturdays and Sundays.

    Returns:
        The last day and the instant at which it is over, whatever the clocks of that night do.

    Raises:
        CarrelError: RGT-001, an extension that the rule does not give, without a reason, or told too late; RGT-002, a
            time without a zone.

    Guarantees:
        Whoever asks later is never answered earlier. A month that is too short ends the clock on its last day: what
        came on 31 January ends on 28 or 29 February.

    Source:
        GDPR Art. 12(3); Regulation (EEC, Euratom) 1182/71 Art. 3; 34 CFR 99.10(b).
    """
    day = _aware(received).astimezone(zone).date()
    first = _ends(clock, day, clock.months, zone, free_days)
    if extension is None:
        return first
    wrong = (
        "a rule that gives no more time" if not clock.further_months
        else "no reason" if not extension.reason.strip()
        else "the person was told after the first end" if _aware(extension.told_at) >= first.ends
        else "the person was told before the request came" if extension.told_at < received
        else ""
    )  # fmt: skip
    if wrong:
        raise fault(
            faults.NOT_EXTENDED,
            at=clock.regime.value,
            wanted="an extension with a reason, of which the person is told before the first end",
            found=wrong,
            because="GDPR Art. 12(3): the person is told within the first month, and why",
            fix="answer now, and tell the person that it is late",
        )
    longer = _ends(clock, day, clock.months + clock.further_months, zone, free_days)
    return Deadline(clock.regime, longer.day, longer.ends, extended=True)


def earliest(deadlines: Iterable[Deadline]) -> Deadline:
    """Of several clocks that run for one request, the one that ends first."""
    return min(deadlines, key=lambda one: (one.ends, one.regime))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the month's last day where it has no such day."""
    year, month = divmod(day.year * _DECEMBER + day.month - 1 + months, _DECEMBER)
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _ends(clock: Clock, day: date, months: int, zone: ZoneInfo, free_days: Collection[date]) -> Deadline:
    last = months_later(day, months) + timedelta(days=clock.days)
    while clock.on_working_days and (last.weekday() >= _WEEKEND or last in free_days):
        last += timedelta(days=1)
    # The first instant of the next day: a midnight that the clocks leave out is read as the moment they jump.
    over = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    return Deadline(clock.regime, last, over)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise fault(
            faults.NO_ZONE,
            wanted="an aware time",
            found="one without a zone",
            because="the day on which a request came depends on where the library is",
            fix="give the time with its offset, such as 2026-11-27T09:00:00+01:00",
        )
    return at
