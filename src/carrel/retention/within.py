"""A stretch of a rule's clock as a condition: the clock lies in the stretch, and has run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from carrel.policy.clock import Segment
from carrel.retention.cutoff import local_cutoff
from carrel.retention.predicate import AllOf, AnyOf, AtOrBefore, Fact, From, Missing, Predicate

_TICK = timedelta(microseconds=1)


def within(segment: Segment, facts: Sequence[Fact], zone: ZoneInfo) -> Predicate:
    """The clock, the latest of the facts, lies in the segment and at or before its cut-off.

    Args:
        segment: of a rule at one instant.
        facts: times that the clock runs on: the end of active use, and the settlement where the rule waits for it.
        zone: declared zone of the system.
    """
    last = segment.cutoff if segment.end is None else min(segment.cutoff, segment.end - _TICK)
    bound = local_cutoff(last, zone)
    upto = [AtOrBefore(Fact.CLOSED, bound), *([settled_by(bound)] if Fact.SETTLED in facts else [])]
    if segment.start is None:
        return AllOf(tuple(upto))
    begin = segment.start.astimezone(zone).replace(tzinfo=None)
    return AllOf((*upto, AnyOf(tuple(From(fact, begin) for fact in facts))))


def settled_by(moment: datetime) -> Predicate:
    """Everything was settled by then. A late return that drew no charge settles at return: nothing is waited for."""
    return AnyOf((Missing(Fact.SETTLED), AtOrBefore(Fact.SETTLED, moment)))
