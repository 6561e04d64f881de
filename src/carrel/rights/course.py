"""Where a request stands: from its events alone, by the clocks of the policy."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome
from carrel.rights.clocks import Clocks, Promise
from carrel.rights.deadline import Clock, Deadline, Extension, deadline, earliest
from carrel.rights.event import Act, Event
from carrel.rights.request import Decision, Right, Route
from carrel.rights.standing import SETTLED, LinkedCase, Standing, State, Task

__all__ = ["SETTLED", "Act", "Event", "LinkedCase", "Standing", "State", "Task", "standing"]


def standing(
    right: Right,
    events: Iterable[Event],
    clocks: Clocks,
    zone: ZoneInfo,
    at: datetime,
) -> Standing:
    """Where a request stands at a moment.

    Args:
        right: that is exercised.
        events: of the request, in the order in which they were written down; the first is `Act.RECEIVED`.
        clocks: of the policies in force, with the days on which nobody works.
        zone: of the library.
        at: aware time.

    Guarantees:
        A clock runs from receipt, whatever else is missing. An extension counts only where the rule gives it and the
        person was told in time. Answered, refused and withdrawn never change again. A plan whose last attempt was not
        read back is never settled, unless a later one of the same kind and system was.
    """
    events = tuple(events)
    promise = clocks.of(right)
    found = Standing(right, State.RECEIVED, events[0].at)
    for event in events:
        found = _after(found, event)
    found = replace(found, cases=_settled(found.cases), owner=found.owner or promise.owner)
    due = _due(promise, found.received_at, events, zone, clocks.free_days)
    if found.state.is_final:
        late = due is not None and found.ended_at is not None and due.missed(found.ended_at)
        return replace(found, due=due, late=late)
    state = (
        State.RECEIVED if right.needs_identity and not found.identified
        else State.WAITING if found.waiting
        else State.OPEN
    )  # fmt: skip
    return replace(found, state=state, due=due, overdue=due is not None and due.missed(at))


def _after(found: Standing, event: Event) -> Standing:
    if found.state.is_final:
        return replace(found, stated=True) if event.act is Act.STATED else found
    return replace(found, **_changes(found, event))


def _changes(found: Standing, event: Event) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match event.act:
        case Act.IDENTIFIED:
            changes["identified"] = event.term("how")
        case Act.ASSIGNED:
            changes["owner"] = event.term("owner")
        case Act.TASKED | Act.TOLD | Act.REPLIED:
            changes["tasks"] = _tasks(found.tasks, event)
        case Act.WAIVED if event.term("change"):
            changes["changes_nothing"] = True
        case Act.WAIVED if event.term("task"):
            changes["tasks"] = _tasks(found.tasks, event)
        case Act.PLANNED | Act.CARRIED_OUT | Act.WAIVED:
            changes["cases"] = _cases(found.cases, event)
        case Act.DECIDED:
            changes |= {"decision": Decision(event.term("decision")), "changes_nothing": False}
        case Act.STATED:
            changes["stated"] = True
        case Act.ANSWERED | Act.REFUSED | Act.WITHDRAWN:
            changes = {"state": State(event.act), "ground": event.term("ground"), "ended_at": event.at}
        case _:
            pass
    return changes


def _tasks(tasks: tuple[Task, ...], event: Event) -> tuple[Task, ...]:
    name = event.term("task")
    known = next((one for one in tasks if one.id == name), None)
    told = event.at if event.act is Act.TOLD else None
    if known is None:
        if event.act not in {Act.TASKED, Act.TOLD}:
            return tasks
        return (*tasks, Task(name, event.term("kind") or Route.RECIPIENT, event.term("to"), event.at, told))
    if known.ended_at is not None:
        return tasks
    after = (
        replace(known, told_at=known.told_at or told) if event.act in {Act.TASKED, Act.TOLD}
        else replace(known, ended_at=event.at, ended_how=event.act, ended_by=event.by)
    )  # fmt: skip
    return tuple(after if one is known else one for one in tasks)


def _cases(cases: tuple[LinkedCase, ...], event: Event) -> tuple[LinkedCase, ...]:
    name = event.term("case")
    known = next((one for one in cases if one.case == name), None)
    if known is None:
        if event.act is Act.WAIVED:
            return cases
        known = LinkedCase(name, event.term("kind"), event.term("system"), event.term("what"))
        cases = (*cases, known)
    after = (
        replace(known, waived=True) if event.act is Act.WAIVED
        else replace(known, outcome=Outcome(event.term("outcome"))) if event.act is Act.CARRIED_OUT
        else known
    )  # fmt: skip
    return tuple(after if one is known else one for one in cases)


def _settled(cases: tuple[LinkedCase, ...]) -> tuple[LinkedCase, ...]:
    def same(one: LinkedCase, other: LinkedCase) -> bool:
        return (one.kind, one.system, one.what) == (other.kind, other.system, other.what)

    return tuple(
        replace(
            one,
            settled=one.waived
            or one.outcome in SETTLED
            or any(same(one, later) and later.outcome in SETTLED for later in cases[n + 1 :]),
        )
        for n, one in enumerate(cases)
    )


def _due(
    promise: Promise, received: datetime, events: tuple[Event, ...], zone: ZoneInfo, free_days: Collection[date]
) -> Deadline | None:
    told = [Extension(one.at, "told") for one in events if one.act is Act.EXTENDED]
    ends = [_one(clock, received, told, zone, free_days) for clock in promise.clocks]
    return earliest(ends) if ends else None


def _one(
    clock: Clock, received: datetime, told: list[Extension], zone: ZoneInfo, free_days: Collection[date]
) -> Deadline:
    for extension in told[:1]:  # it is given once
        try:
            return deadline(clock, received, zone, extension=extension, free_days=free_days)
        except CarrelError:  # the policy has another clock by now, or it was told too late: the first end stands
            break
    return deadline(clock, received, zone, free_days=free_days)
