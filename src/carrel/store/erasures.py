"""Cases of erasure: the plan, who it is (sealed), how far it has come, and what became of it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, insert, or_, select, update

from carrel.errors import CarrelError
from carrel.ledger.leaf import OpenLeaf
from carrel.retention.erasure import ErasurePlan
from carrel.retention.identifiers import Subject
from carrel.retention.outcome import Outcome
from carrel.retention.replay import Entry
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe
from carrel.store.replays import remember
from carrel.store.sealed_cases import DONE, PLANNED, RUNNING, SealedCases

REDUCED_TO = "reduced to"  # in a lot: the columns that stay of payers' records, per policy that carried it on
LOT = "lot"  # the kind of a case that holds many people and has no plan of its own
TEXTS, PERSON, REDUCED = "texts", "person", "person, reduced"  # steps that are no table's
_KEPT_PLANNED = timedelta(days=8)  # longer than any approval of a plan holds
KEPT_UNVERIFIED = timedelta(days=30)  # for whoever mends what the sweep found, and applies the plan again
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


class Erasures(SealedCases):
    """The cases of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder, tables.erasure)

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
        return self._recorded(ErasurePlan, body, at)

    def plan(self, name: str) -> ErasurePlan:
        """The plan of a case about one person."""
        return ErasurePlan.from_dict(self._row(name).body)

    def open_about(self, system: str, subject: Subject) -> tuple[str, ...]:
        """Cases of a system about the same person that were planned or begun and are not over, the oldest first."""
        table = tables.erasure
        still = and_(table.c.system == system, table.c.state.in_((PLANNED, RUNNING)), table.c.sealed.is_not(None))
        still = and_(still, table.c.body["kind"].as_string() != LOT)
        with self._database.reading() as connection:
            names = connection.execute(select(table.c.case).where(still).order_by(table.c.made_at)).scalars().all()
        found = []
        for name in names:
            with suppress(CarrelError):  # its key is gone: it is about nobody any more
                found += [name] if self.subject(name).number == subject.number else []
        return tuple(found)

    def case(self, name: str) -> Case:
        """How far a case has come."""
        return _case(self._row(name))

    def subject(self, name: str) -> Subject:
        """Who it is.

        Raises:
            CarrelError: ERA-004, the key of the case is gone, or the case is over.
        """
        return Subject.from_json(self._opened(name))

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
            return _case(self._row_in(connection, name))

    def leave_to_night(self, name: str, now: datetime) -> None:
        """Have the nights carry a case out, from the next one on; one that is over stays over."""
        table = tables.erasure
        open_still = and_(table.c.case == name, table.c.state.in_((PLANNED, RUNNING)))
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(update(table).where(open_still).values(for_night=now))

    def leave_to_people(self, name: str) -> None:
        """No night carries this case out any more: its plan no longer describes the world."""
        with self._database.writing() as connection:
            self._change(connection, name, for_night=None)

    def for_night(self, system: str) -> tuple[ErasurePlan, ...]:
        """The plans that wait for a night on a system, in the order in which they were left to it."""
        table = tables.erasure
        waiting = and_(table.c.system == system, table.c.state.in_((PLANNED, RUNNING)), table.c.for_night.is_not(None))
        with self._database.reading() as connection:
            query = select(table.c.body).where(waiting).order_by(table.c.for_night, table.c.case)
            bodies = connection.execute(query).scalars().all()
        return tuple(ErasurePlan.from_dict(body) for body in bodies)

    def intend(self, name: str, step: str) -> None:
        """A piece is about to be carried out."""
        with self._database.writing() as connection:
            self._change(connection, name, in_flight=step)

    def undone(self, name: str) -> None:
        """The piece that was intended changed nothing."""
        with self._database.writing() as connection:
            self._change(connection, name, in_flight="")

    def note(self, name: str, step: str, rows: int) -> None:
        """A piece is committed."""
        with self._database.writing() as connection:
            table = tables.erasure
            done = dict(connection.execute(select(table.c.rows).where(table.c.case == name)).scalar_one())
            done[step] = done.get(step, 0) + rows
            self._change(connection, name, rows=done, in_flight="")

    def finish(
        self,
        name: str,
        outcome: Outcome,
        now: datetime,
        leaves: Callable[[Case], Iterable[OpenLeaf]],
        *,
        over: bool,
        entries: Iterable[Entry] = (),
    ) -> Case:
        """End an attempt, and owe its leaves to the ledger with it.

        Args:
            name: of the case.
            outcome: of its worst step.
            now: aware time.
            leaves: what the ledger is told.
            over: nothing is left to do; who it was is forgotten. Otherwise the same plan can be applied again.
            entries: by which a restore finds the person again.
        """
        with self._database.writing() as connection:
            changes: dict[str, Any] = {"outcome": outcome, "finished_at": now}
            if over:
                changes |= {"state": DONE, "sealed": None}
            self._change(connection, name, **changes)
            case = _case(self._row_in(connection, name))
            owe(connection, leaves(case), now)
            remember(connection, self._row_in(connection, name).system, entries)
        if over:
            self.forget(name)
        return case

    def reduced_to(self, system: str, people: str) -> tuple[frozenset[str], ...]:
        """To which columns records of payers were reduced in this system, by plans of whatever policy.

        Args:
            system: whose.
            people: the table of their own records, as plans for one person name it.

        Returns:
            Each set of columns once. Whose records those are, nobody can tell.
        """
        table = tables.erasure
        begun = and_(table.c.system == system, table.c.started_at.is_not(None))
        with self._database.reading() as connection:
            bodies = connection.execute(select(table.c.body).where(begun)).scalars().all()
        found = [columns for body in bodies for columns in body.get(REDUCED_TO, ())]
        kept = (one for body in bodies for one in body.get("stays", ()) if one["table"] == people)
        return tuple({frozenset(one) for one in (*found, *(one["column"].split(", ") for one in kept))})

    def purge(self, now: datetime) -> None:
        """Forget whom plans were about that were not carried out in time, or not mended in time since they were begun.

        A lot whose last attempt never ended is left to `Lots.abandoned`: it has to be told first.
        """
        table = tables.erasure
        unused = and_(table.c.state == PLANNED, table.c.made_at < now - _KEPT_PLANNED)
        told = or_(table.c.finished_at.is_not(None), table.c.body["kind"].as_string() != LOT)
        unmended = and_(table.c.state == RUNNING, table.c.started_at < now - KEPT_UNVERIFIED, told)
        self._drop(unused, unmended)


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
