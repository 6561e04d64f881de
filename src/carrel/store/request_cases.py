"""Plans that were made for requests: what became of each, as the store's own record of the plan tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.rights.clocks import NO_CLOCKS
from carrel.rights.course import standing
from carrel.rights.event import Act
from carrel.rights.request import LONGEST_WORDS, Request
from carrel.rights.standing import LinkedCase, Standing
from carrel.rights.work import ACCESS, OBJECTION, carried_out, tasks_after
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.requests import Requests
from carrel.store.sealed_cases import DONE, DROPPED, PLANNED

_UTC = ZoneInfo("UTC")
_AT_ONCE = frozenset({ACCESS, OBJECTION})  # these have no plan of their own in the store
Told = Callable[[str, str], tuple[str, ...]]  # kind and system → recipients that have to be told


@dataclass(frozen=True, slots=True)
class Followed:
    """What was written into a request."""

    request: str
    case: str
    outcome: Outcome
    tasks: int = 0


class RequestCases:
    """The plans that requests of a store have.

    Args:
        database: of the store.
        requests: of it.
    """

    def __init__(self, database: Database, requests: Requests) -> None:
        self._database, self._requests = database, requests

    def of(self, case: str) -> tuple[Request, ...]:
        """The requests for which a plan was made; one, as a rule."""
        table = tables.request_event
        query = select(table.c.request, table.c.terms).where(table.c.act == str(Act.PLANNED)).order_by(table.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        names = dict.fromkeys(row.request for row in rows if row.terms.get("case") == case)
        return tuple(self._requests.request(name) for name in names)

    def follow(self, case: str, now: datetime, told: Told, *, tried: bool = False) -> tuple[Followed, ...]:
        """Write into its requests what became of a plan, and set the tasks that follow from it.

        Args:
            case: of the plan.
            now: aware time.
            told: who has to be told.
            tried: an attempt was just refused or failed. It is told as what it is, never as nothing.

        Guarantees:
            What stands there already is not written twice; what was not read back is never written as verified.
        """
        found = []
        for request in self.of(case):
            here = standing(request.right, request.events, NO_CLOCKS, _UTC, now)
            linked = here.case(case)
            if linked is None or here.state.is_final or linked.kind in _AT_ONCE:
                continue
            outcome = self._outcome(case, tried=tried)
            if outcome is None:
                continue
            if outcome is not linked.outcome:
                self._requests.add(request.id, carried_out(case, linked.kind, outcome, now), self._steps(case))
            found.append(Followed(request.id, case, outcome, self._tasks(request.id, here, linked, outcome, now, told)))
        return tuple(found)

    def follow_all(self, now: datetime, told: Told) -> tuple[Followed, ...]:
        """As `follow`, of every open request: what a process that died did not come to write."""
        found: list[Followed] = []
        for request in self._requests.all(open_only=True):
            here = standing(request.right, request.events, NO_CLOCKS, _UTC, now)
            for one in here.cases:
                found += self.follow(one.case, now, told)
        return tuple(found)

    def _tasks(self, name: str, here: Standing, linked: LinkedCase, outcome: Outcome, now: datetime, told: Told) -> int:
        recipients = told(linked.kind, linked.system)
        events = list(tasks_after(here, outcome, recipients, self._without_switch(linked), now))
        for event in events:
            self._requests.add(name, event)
        return len(events)

    def _outcome(self, case: str, *, tried: bool) -> Outcome | None:
        row = self._row(case)
        if row is None:
            return Outcome.NOT_REACHED if tried else None
        recorded = None if row.outcome is None else Outcome(row.outcome)
        if row.state == PLANNED:
            return Outcome.NOT_REACHED if tried else None
        if row.state in {DONE, DROPPED}:
            return recorded or Outcome.NOT_REACHED
        return Outcome.FAILED if tried else recorded

    def _steps(self, case: str) -> str:
        """What was read back of each step, and what stays on which ground; sealed, for a table can tell a trait."""
        if (row := self._row(case)) is None:
            return ""
        lines = [f"{name}: {count}" for name, count in sorted(row.rows.items())]
        lines += [f"stays, {one['ground']}: {one['table']} {one['rows']}" for one in row.body.get("stays", ())]
        lines += ["an attempt died inside a step: the counts may be too low"] if row.unknown else []
        return "\n".join(lines)[:LONGEST_WORDS]

    def _without_switch(self, linked: LinkedCase) -> tuple[str, ...]:
        if linked.kind != Kind.RESTRICTION or (row := self._row(linked.case)) is None:
            return ()
        return tuple(f"{one['what']} in {linked.system}"[:200] for one in row.body.get("remains", ()))

    def _row(self, case: str) -> Row[Any] | None:
        with self._database.reading() as connection:
            for table in (tables.erasure, tables.person_case):
                row = connection.execute(select(table).where(table.c.case == case)).first()
                if row is not None:
                    return row
        return None
