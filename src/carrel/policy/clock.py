"""Which cut-off holds for which loans: dated versions of a period, worked out for one instant (MITL-10.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from carrel.policy.schedule import LoanRule, RecordRule


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of clock starts that share one cut-off.

    Attributes:
        start: first clock start that belongs to it; None stands for the beginning of time.
        end: first clock start that no longer does; None stands for the end of time.
        cutoff: a record of this stretch is due if its clock started at this instant or before.
    """

    start: datetime | None
    end: datetime | None
    cutoff: datetime

    def holds(self, clock_start: datetime) -> bool:
        """Whether a clock start lies in this stretch."""
        return (self.start is None or self.start <= clock_start) and (self.end is None or clock_start < self.end)


def segments(rule: LoanRule | RecordRule, as_of: datetime) -> tuple[Segment, ...]:
    """The cut-offs of a rule at one instant, by when a record's clock started.

    The version in force when active use ended decides. A later version that reaches back may only shorten that, so of
    all versions that speak of a record the latest cut-off holds. Before the first version nothing limited the period:
    records from then are due only by versions that reach back.

    Args:
        rule: a rule with its versions in order of ``since``; each holds from 00:00 UTC of that day on.
        as_of: the instant that the plan is made for, aware.

    Returns:
        Half-open stretches in order of time, without overlap. What lies in none of them is not due; before the first
        version is in force there is none.

    Guarantees:
        A record that is due at one instant is due at every later one. A longer version added later changes nothing for
        records from before it; a shorter one that reaches back only adds to what is due.

    Source:
        MITL-10.6.
    """
    in_force = [(midnight(period.since), period) for period in rule.periods if midnight(period.since) <= as_of]
    bounds: list[datetime | None] = [None, *(since for since, _ in in_force), None]
    found: list[Segment] = []
    for n in range(len(in_force) + 1):
        start, end = bounds[n], bounds[n + 1]
        speaking = [period for _, period in in_force[n:] if period.reaches_back]
        if n:
            speaking.append(in_force[n - 1][1])
        if speaking and (start is None or start != end):
            found.append(Segment(start, end, max(period.keep.before(as_of) for period in speaking)))
    return tuple(found)


def is_due(rule: LoanRule | RecordRule, clock_start: datetime, as_of: datetime) -> bool:
    """Whether a record whose active use ended at an instant is due at another one."""
    return any(part.holds(clock_start) and clock_start <= part.cutoff for part in segments(rule, as_of))


def midnight(day: date) -> datetime:
    """The instant from which a rule dated to a day is in force: 00:00 UTC."""
    return datetime.combine(day, time(), UTC)
