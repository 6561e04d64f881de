"""Cases that change one person's record: the plan, who it is and every value (sealed), and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, insert, select

from carrel.ledger.leaf import OpenLeaf
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.retention.person_plan import PersonPlan
from carrel.retention.replay import Entry
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe
from carrel.store.replays import remember
from carrel.store.sealed_cases import DONE, PLANNED, RUNNING, SealedCases

IN_FORCE = "in force"
_KEPT_PLANNED = timedelta(days=8)  # longer than any approval of a plan holds
_KEPT_RUNNING = timedelta(days=30)  # for whoever goes on with one that was interrupted

Sealed = Mapping[str, Any]  # the person's number and values; JSON


@dataclass(frozen=True, slots=True)
class PersonCase:
    """One case as its journal tells it.

    Attributes:
        case, kind, system, state: as recorded.
        outcome: of a case that was carried out.
        started_at, finished_at: aware times.
        rows: written so far, per table.
        unknown: a change was intended of which nobody knows whether it was committed; `rows` may be too few.
    """

    case: str
    kind: str
    system: str
    state: str
    outcome: Outcome | None
    started_at: datetime | None
    finished_at: datetime | None
    rows: dict[str, int]
    unknown: bool


class PersonCases(SealedCases):
    """The cases of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder, tables.person_case)

    def record(self, plan: PersonPlan, sealed: Sealed, now: datetime) -> None:
        """Keep a plan, and beside it, sealed, whom it is about and the values."""
        key = self._key(plan.case)
        key.create()
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.person_case).values(
                    case=plan.case,
                    kind=str(plan.kind),
                    digest=plan.digest,
                    system=plan.system,
                    made_at=plan.made_at,
                    body=plan.as_dict(),
                    sealed=key.seal_text(json.dumps(sealed)),
                    state=PLANNED,
                    rows={},
                    unknown=False,
                )
            )

    def check(self, body: Any, at: str) -> PersonPlan:
        """The plan of a file, if it is to the byte what this store recorded.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
        """
        return self._recorded(PersonPlan, body, at)

    def plan(self, name: str) -> PersonPlan:
        """The plan of a case."""
        return PersonPlan.from_dict(self._row(name).body)

    def case(self, name: str) -> PersonCase:
        """How far a case has come."""
        return case_of(self._row(name))

    def terms(self, name: str) -> dict[str, str]:
        """What was asked for, as the plan tells it; it holds nobody's value, and needs no key."""
        return dict(self._row(name).body["terms"])

    def sealed(self, name: str) -> Sealed:
        """Who it is, and the values.

        Raises:
            CarrelError: ERA-004, the key of the case is gone, or the case is over.
        """
        found: Sealed = json.loads(self._opened(name))
        return found

    def begin(self, name: str, sealed: Sealed, now: datetime) -> PersonCase:
        """Start a case, or go on with it; what is sealed is made durable before anything is changed."""
        text = self._key(name).seal_text(json.dumps(sealed))
        with self._database.writing() as connection:
            clock.observe(connection, now)
            row = self._row_in(connection, name)
            died = row.state == RUNNING  # a process died inside the change
            self._change(
                connection,
                name,
                state=RUNNING,
                sealed=text,
                started_at=row.started_at or now,
                unknown=row.unknown or died,
            )
            return case_of(self._row_in(connection, name))

    def finish(
        self,
        name: str,
        rows: Mapping[str, int],
        outcome: Outcome,
        now: datetime,
        leaves: Callable[[PersonCase], Iterable[OpenLeaf]],
        *,
        stays: bool = False,
        ends: str = "",
        entries: Iterable[Entry] = (),
    ) -> PersonCase:
        """End a case, and owe its leaves to the ledger with it.

        Args:
            name: of the case.
            rows: written, per table.
            outcome: of its worst step.
            now: aware time.
            leaves: what the ledger is told.
            stays: it is in force from now on; otherwise it is over, and who it was is forgotten.
            ends: another case that is over with it.
            entries: by which a restore finds the person again.
        """
        with self._database.writing() as connection:
            changes: dict[str, Any] = {"state": IN_FORCE} if stays else {"state": DONE, "sealed": None}
            self._change(connection, name, rows=dict(rows), outcome=outcome, finished_at=now, **changes)
            case = case_of(self._row_in(connection, name))
            if ends:
                self._change(connection, ends, state=DONE, sealed=None)
            owe(connection, leaves(case), now)
            remember(connection, case.system, entries)
        for over in (*([] if stays else [name]), *([ends] if ends else [])):
            self.forget(over)
        return case

    def interrupted(self, system: str, kind: Kind) -> tuple[PersonPlan, ...]:
        """Plans of cases that were begun and not ended, the oldest first."""
        table = tables.person_case
        query = select(table.c.body).where(
            table.c.system == system, table.c.kind == str(kind), table.c.state == RUNNING
        )
        with self._database.reading() as connection:
            return tuple(
                PersonPlan.from_dict(one) for one in connection.execute(query.order_by(table.c.made_at)).scalars()
            )

    def end(self, name: str) -> None:
        """A case that has nobody any more to be about is over."""
        with self._database.writing() as connection:
            self._change(connection, name, state=DONE, sealed=None)
        self.forget(name)

    def purge(self, now: datetime) -> None:
        """Forget whom plans were about that were not carried out in time, or not to their end."""
        table = tables.person_case
        unused = and_(table.c.state == PLANNED, table.c.made_at < now - _KEPT_PLANNED)
        left = and_(table.c.state == RUNNING, table.c.kind != Kind.RESTRICTION, table.c.made_at < now - _KEPT_RUNNING)
        self._drop(unused, left)


def case_of(row: Row[Any]) -> PersonCase:
    """A case as its row tells it."""
    return PersonCase(
        row.case,
        row.kind,
        row.system,
        row.state,
        None if row.outcome is None else Outcome(row.outcome),
        row.started_at,
        row.finished_at,
        dict(row.rows),
        row.unknown,
    )
