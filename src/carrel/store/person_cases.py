"""Cases that change one person's record: the plan, who it is and every value (sealed), and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from carrel.errors import fault
from carrel.ledger.leaf import OpenLeaf
from carrel.retention import faults as retention_faults
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.retention.person_plan import PersonPlan
from carrel.store import clock, faults, tables
from carrel.store.database import Database
from carrel.store.gate import GATE_TTL, ChunkGate
from carrel.store.owed_leaves import owe
from carrel.store.plans import canonical, tampered
from carrel.store.sealing_key import SealingKey

PLANNED, RUNNING, IN_FORCE, DONE, DROPPED = "planned", "running", "in force", "done", "dropped"
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


class PersonCases:
    """The cases of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

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
        try:
            plan = PersonPlan.from_dict(body)
        except (ValueError, TypeError):
            raise tampered(at) from None
        table = tables.person_case
        with self._database.reading() as connection:
            known = connection.execute(select(table.c.body).where(table.c.digest == plan.digest)).scalar()
        if known is None:
            raise fault(
                faults.UNKNOWN_PLAN,
                wanted="a plan that this store recorded",
                found=f"digest {plan.digest[:16]}",
                fix="plan again with this site's Carrel, and approve that plan",
            )
        if canonical(known) != canonical(body):
            raise tampered(at)
        return plan

    def case(self, name: str) -> PersonCase:
        """How far a case has come."""
        with self._database.reading() as connection:
            row = connection.execute(select(tables.person_case).where(tables.person_case.c.case == name)).one()
        return case_of(row)

    def sealed(self, name: str) -> Sealed:
        """Who it is, and the values.

        Raises:
            CarrelError: ERA-004, the key of the case is gone, or the case is over.
        """
        with self._database.reading() as connection:
            table = tables.person_case
            sealed = connection.execute(select(table.c.sealed).where(table.c.case == name)).scalar_one()
        text = self._key(name).open_text(sealed) if sealed else None
        if text is None:
            raise fault(
                retention_faults.CASE_SHUT,
                at=name,
                wanted="a case that is open, and its key in the site's folder",
                found="its key is gone" if sealed else "one that is over",
                fix="plan again",
            )
        found: Sealed = json.loads(text)
        return found

    def begin(self, name: str, sealed: Sealed, now: datetime) -> PersonCase:
        """Start a case, or go on with it; what is sealed is made durable before anything is changed."""
        text = self._key(name).seal_text(json.dumps(sealed))
        table = tables.person_case
        with self._database.writing() as connection:
            clock.observe(connection, now)
            row = connection.execute(select(table).where(table.c.case == name)).one()
            died = row.state == RUNNING  # a process died inside the change
            _change(
                connection,
                name,
                state=RUNNING,
                sealed=text,
                started_at=row.started_at or now,
                unknown=row.unknown or died,
            )
            return case_of(connection.execute(select(table).where(table.c.case == name)).one())

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
        """
        table = tables.person_case
        with self._database.writing() as connection:
            changes: dict[str, Any] = {"state": IN_FORCE} if stays else {"state": DONE, "sealed": None}
            _change(connection, name, rows=dict(rows), outcome=outcome, finished_at=now, **changes)
            case = case_of(connection.execute(select(table).where(table.c.case == name)).one())
            if ends:
                _change(connection, ends, state=DONE, sealed=None)
            owe(connection, leaves(case), now)
        for over in (*([] if stays else [name]), *([ends] if ends else [])):
            self.forget(over)
        return case

    def end(self, name: str) -> None:
        """A case that has nobody any more to be about is over."""
        with self._database.writing() as connection:
            _change(connection, name, state=DONE, sealed=None)
        self.forget(name)

    def forget(self, name: str) -> None:
        """Shred the key of a case that is over, and have the store's file forget what was sealed."""
        self._key(name).shred()
        self._database.tidy()

    def purge(self, now: datetime) -> None:
        """Forget whom plans were about that were not carried out in time, or not to their end."""
        table = tables.person_case
        with self._database.writing() as connection:
            unused = and_(table.c.state == PLANNED, table.c.made_at < now - _KEPT_PLANNED)
            left = and_(
                table.c.state == RUNNING, table.c.kind != Kind.RESTRICTION, table.c.made_at < now - _KEPT_RUNNING
            )
            names = connection.execute(select(table.c.case).where(or_(unused, left))).scalars().all()
            for name in names:
                _change(connection, name, state=DROPPED, sealed=None)
        for name in names:
            self._key(name).shred()
        if names:
            self._database.tidy()

    def gate(self, system: str, owner: str, now: Callable[[], datetime]) -> ChunkGate:
        """The gate that the change goes through, as every chunk of a run does."""
        return ChunkGate(self._database, system, owner, now, GATE_TTL)

    def _key(self, case: str) -> SealingKey:
        return SealingKey(self._folder / "cases" / f"{case}.key", case)


def _change(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(tables.person_case).where(tables.person_case.c.case == name).values(**values))


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
