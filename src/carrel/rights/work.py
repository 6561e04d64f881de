"""What is carried out for a request: which plans belong to which right, and the events that tell of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from carrel.errors import fault
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.rights import faults
from carrel.rights.event import CARREL, Act, Event
from carrel.rights.request import Right, Route
from carrel.rights.standing import Standing

ACCESS, OBJECTION = "access", "objection"
_FITS: Mapping[Right, Collection[str]] = {
    Right.ACCESS: {ACCESS},
    Right.PORTABILITY: {ACCESS},
    Right.RECTIFICATION: {Kind.RECTIFICATION},
    Right.ERASURE: {Kind.ERASURE},
    Right.RESTRICTION: {Kind.RESTRICTION, Kind.LIFTING},
    Right.OBJECTION: {OBJECTION, Kind.RESTRICTION, Kind.ERASURE},
    Right.CHALLENGE: {Kind.RECTIFICATION, Kind.ERASURE, Kind.RESTRICTION, Kind.LIFTING},
    Right.QUESTION: frozenset(),
}
_WENT = frozenset({Outcome.VERIFIED, Outcome.KEPT, Outcome.RESIDUE, Outcome.UNVERIFIED})


def require_fitting(right: Right, kind: str) -> None:
    """Refuse a plan that answers another right than was asked for.

    Raises:
        CarrelError: RGT-012.
    """
    if kind not in _FITS[right]:
        raise fault(
            faults.NOT_NOW,
            at=right,
            wanted=f"a plan of: {', '.join(sorted(_FITS[right])) or 'none; it is answered in words'}",
            found=kind,
            because="nobody is answered by something that they did not ask for",
            fix="open a request of that right, if the person asks for it",
        )


def planned(case: str, kind: str, system: str, what: str, at: datetime, by: str) -> Event:
    """That a plan was made for a request; ``what`` tells plans of one kind apart: the fields of a correction."""
    return Event(Act.PLANNED, at, by, {"case": case, "kind": kind, "system": system, "what": what[:200]})


def carried_out(case: str, kind: str, outcome: Outcome, at: datetime) -> Event:
    """What became of it, as it was read back."""
    return Event(Act.CARRIED_OUT, at, CARREL, {"case": case, "kind": kind, "outcome": outcome.value})


def done_at_once(
    case: str, kind: str, system: str, what: str, at: datetime, by: str, outcome: Outcome = Outcome.VERIFIED
) -> tuple[Event, Event]:
    """Both, of what needs no approval: an answer that was handed out, an objection that is on record."""
    return planned(case, kind, system, what, at, by), carried_out(case, kind, outcome, at)


def tasks_after(
    now: Standing, outcome: Outcome, told: tuple[str, ...], without_switch: tuple[str, ...], at: datetime
) -> Iterator[Event]:
    """Who has to do something, now that a plan was carried out.

    Args:
        now: the request before.
        outcome: of the plan.
        told: recipients that got the data, and are told of such a change.
        without_switch: what the system has no switch for, where a use was restricted.
        at: aware time.

    Returns:
        A task for each that has none yet in this request.

    Source:
        MITL-9.7, MITL-9.4; GDPR Art. 19.
    """
    if outcome not in _WENT:
        return
    wanted = [(Route.RECIPIENT, name) for name in told] + [(Route.SWITCH, what[:200]) for what in without_switch]
    there = {(one.kind, one.to) for one in now.tasks}
    count = len(now.tasks)
    for route, to in dict.fromkeys(wanted):
        if (route, to) not in there:
            count += 1
            yield Event(Act.TASKED, at, CARREL, {"task": f"t{count}", "kind": str(route), "to": to})
