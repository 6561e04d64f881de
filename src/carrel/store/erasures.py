"""Cases of erasure: the plan, who it is (sealed), how far it has come, and what became of it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from carrel.errors import fault
from carrel.ledger.leaf import OpenLeaf
from carrel.retention import faults as retention_faults
from carrel.retention.erasure import ErasurePlan
from carrel.retention.identifiers import Subject
from carrel.retention.outcome import Outcome
from carrel.store import clock, faults, tables
from carrel.store.database import Database
from carrel.store.gate import GATE_TTL, ChunkGate
from carrel.store.owed_leaves import owe
from carrel.store.plans import canonical, tampered
from carrel.store.sealing_key import SealingKey

PLANNED, RUNNING, DONE, DROPPED = "planned", "running", "done", "dropped"
LOT = "lot"  # the kind of a case that holds many people and has no plan of its own
TEXTS, PERSON, REDUCED = "texts", "person", "person, reduced"  # steps that are no table's
_KEPT_PLANNED = timedelta(days=8)  # longer than any approval of a plan holds
_KEPT_UNVERIFIED = timedelta(days=30)  # for whoever mends what the sweep found, and applies the plan again
_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Case:
    """One case as its journal tells it.

    Attributes:
        case, state: as recorded.
        outcome: of a case that is done.
        started_at, finished_at: aware times.
        rows: dealt with so far, per step.
        unknown: a piece was intended of which nobody knows whether it was committed; `rows` may be too few.
    """

    case: str
    state: str
    outcome: Outcome | None
    started_at: datetime | None
    finished_at: datetime | None
    rows: dict[str, int]
    unknown: bool


def new_case() -> str:
    """The id of a case: letters only, so that no number of anybody can be taken for one."""
    return "case-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))


def case_key(folder: Path, case: str) -> SealingKey:
    """What seals whom a case is about, and goes when the case ends."""
    return SealingKey(folder / "cases" / f"{case}.key", case)


class Erasures:
    """The cases of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def record(self, plan: ErasurePlan, subject: Subject, now: datetime) -> None:
        """Keep a plan, and beside it, sealed, whom it is about."""
        key = self._key(plan.case)
        key.create()
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.erasure).values(
                    case=plan.case,
                    digest=plan.digest,
                    system=plan.system,
                    made_at=plan.made_at,
                    body=plan.as_dict(),
                    sealed=key.seal_text(subject.to_json()),
                    state=PLANNED,
                    rows={},
                    unknown=False,
                )
            )

    def check(self, body: Any, at: str) -> ErasurePlan:
        """The plan of a file, if it is to the byte what this store recorded.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
        """
        try:
            plan = ErasurePlan.from_dict(body)
        except (ValueError, TypeError):
            raise tampered(at) from None
        with self._database.reading() as connection:
            known = connection.execute(
                select(tables.erasure.c.body).where(tables.erasure.c.digest == plan.digest)
            ).scalar()
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

    def case(self, name: str) -> Case:
        """How far a case has come."""
        with self._database.reading() as connection:
            row = connection.execute(select(tables.erasure).where(tables.erasure.c.case == name)).one()
        return _case(row)

    def subject(self, name: str) -> Subject:
        """Who it is.

        Raises:
            CarrelError: ERA-004, the key of the case is gone, or the case is over.
        """
        with self._database.reading() as connection:
            sealed = connection.execute(
                select(tables.erasure.c.sealed).where(tables.erasure.c.case == name)
            ).scalar_one()
        text = self._key(name).open_text(sealed) if sealed else None
        if text is None:
            raise fault(
                retention_faults.CASE_SHUT,
                at=name,
                wanted="a case that is open, and its key in the site's folder",
                found="its key is gone" if sealed else "one that is over",
                fix="plan again",
            )
        return Subject.from_json(text)

    def begin(self, name: str, subject: Subject, now: datetime) -> Case:
        """Start a case, or go on with it; the identifiers as they are now are sealed before anything is taken out."""
        return self.go_on(name, now, sealed=self._key(name).seal_text(subject.to_json()))

    def go_on(self, name: str, now: datetime, **changes: Any) -> Case:
        """Note that a case is carried out, and whether a process died inside a piece of it before."""
        with self._database.writing() as connection:
            clock.observe(connection, now)
            self._change(connection, name, state=RUNNING, **changes)
            table = tables.erasure
            connection.execute(
                update(table).where(table.c.case == name, table.c.started_at.is_(None)).values(started_at=now)
            )
            died = and_(table.c.case == name, table.c.in_flight != "")  # inside a piece
            connection.execute(update(table).where(died).values(unknown=True, in_flight=""))
            row = connection.execute(select(table).where(table.c.case == name)).one()
        return _case(row)

    def intend(self, name: str, step: str) -> None:
        """A piece is about to be carried out."""
        with self._database.writing() as connection:
            self._change(connection, name, in_flight=step)

    def note(self, name: str, step: str, rows: int) -> None:
        """A piece is committed."""
        with self._database.writing() as connection:
            table = tables.erasure
            done = dict(connection.execute(select(table.c.rows).where(table.c.case == name)).scalar_one())
            done[step] = done.get(step, 0) + rows
            self._change(connection, name, rows=done, in_flight="")

    def finish(
        self, name: str, outcome: Outcome, now: datetime, leaves: Callable[[Case], Iterable[OpenLeaf]], *, over: bool
    ) -> Case:
        """End an attempt, and owe its leaves to the ledger with it.

        Args:
            name: of the case.
            outcome: of its worst step.
            now: aware time.
            leaves: what the ledger is told.
            over: nothing is left to do; who it was is forgotten. Otherwise the same plan can be applied again.
        """
        with self._database.writing() as connection:
            changes: dict[str, Any] = {"outcome": outcome, "finished_at": now}
            if over:
                changes |= {"state": DONE, "sealed": None}
            self._change(connection, name, **changes)
            case = _case(connection.execute(select(tables.erasure).where(tables.erasure.c.case == name)).one())
            owe(connection, leaves(case), now)
        if over:
            self.forget(name)
        return case

    def forget(self, name: str) -> None:
        """Shred the key of a case that is over, and have the store's file forget what was sealed."""
        self._key(name).shred()
        self._database.tidy()

    def purge(self, now: datetime) -> None:
        """Forget whom plans were about that were not carried out in time, or not mended."""
        table = tables.erasure
        with self._database.writing() as connection:
            unused = and_(table.c.state == PLANNED, table.c.made_at < now - _KEPT_PLANNED)
            unmended = and_(table.c.state == RUNNING, table.c.finished_at < now - _KEPT_UNVERIFIED)
            names = connection.execute(select(table.c.case).where(or_(unused, unmended))).scalars().all()
            for name in names:
                self._change(connection, name, state=DROPPED, sealed=None)
        for name in names:
            self._key(name).shred()
        if names:
            self._database.tidy()

    def gate(self, system: str, owner: str, now: Callable[[], datetime]) -> ChunkGate:
        """The gate that every piece goes through, as every chunk of a run does."""
        return ChunkGate(self._database, system, owner, now, GATE_TTL)

    def _key(self, case: str) -> SealingKey:
        return case_key(self._folder, case)

    @staticmethod
    def _change(connection: Connection, name: str, **values: Any) -> None:
        connection.execute(update(tables.erasure).where(tables.erasure.c.case == name).values(**values))


def _case(row: Row[Any]) -> Case:
    return Case(
        row.case,
        row.state,
        None if row.outcome is None else Outcome(row.outcome),
        row.started_at,
        row.finished_at,
        dict(row.rows),
        row.unknown,
    )
