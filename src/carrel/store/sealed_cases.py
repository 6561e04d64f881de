"""What cases of every kind share: a key of their own, what it seals, a plan compared with the record, an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, update

from carrel.errors import fault
from carrel.retention import faults as retention_faults
from carrel.store.database import Database
from carrel.store.gate import GATE_TTL, ChunkGate, LeaseTicket
from carrel.store.recorded_plan import PlanT, recorded
from carrel.store.sealing_key import SealingKey

PLANNED, RUNNING, DONE, DROPPED = "planned", "running", "done", "dropped"


def case_key(folder: Path, case: str) -> SealingKey:
    """What seals whom a case is about, and goes when the case ends."""
    return SealingKey(folder / "cases" / f"{case}.key", case)


class SealedCases:
    """The cases in one table of a store.

    Args:
        database: of the store.
        folder: of the site; keys lie there, outside the database.
        table: with ``case``, ``digest``, ``body``, ``sealed`` and ``state``.
    """

    def __init__(self, database: Database, folder: Path, table: Table) -> None:
        self._database, self._folder, self._table = database, folder, table

    def forget(self, name: str) -> None:
        """Shred the key of a case that is over, and have the store's file forget what was sealed."""
        self._key(name).shred()
        self._database.tidy()

    def gate(self, system: str, owner: str, now: Callable[[], datetime]) -> ChunkGate:
        """The gate that every change goes through, as every chunk of a run does."""
        return ChunkGate(self._database, system, LeaseTicket(system, owner), now, GATE_TTL)

    def _key(self, case: str) -> SealingKey:
        return case_key(self._folder, case)

    def _row(self, name: str) -> Row[Any]:
        with self._database.reading() as connection:
            return self._row_in(connection, name)

    def _row_in(self, connection: Connection, name: str) -> Row[Any]:
        return connection.execute(select(self._table).where(self._table.c.case == name)).one()

    def _change(self, connection: Connection, name: str, **values: Any) -> None:
        connection.execute(update(self._table).where(self._table.c.case == name).values(**values))

    def _recorded(self, kind: type[PlanT], body: Any, at: str) -> PlanT:
        """The plan of a file, if it is to the byte what this store recorded.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
        """
        return recorded(self._database, self._table, kind, body, at)

    def can_open(self, name: str) -> bool:
        """Whether a case is open, and its key there."""
        sealed = self._row(name).sealed
        return bool(sealed) and self._key(name).open_text(sealed) is not None

    def _opened(self, name: str) -> str:
        """What is sealed in a case.

        Raises:
            CarrelError: ERA-004, the key of the case is gone, or the case is over.
        """
        sealed = self._row(name).sealed
        text = self._key(name).open_text(sealed) if sealed else None
        if text is None:
            raise fault(
                retention_faults.CASE_SHUT,
                at=name,
                wanted="a case that is open, and its key in the site's folder",
                found="its key is gone" if sealed else "one that is over",
                because="without the key nobody can tell whom the case is about" if sealed else "",
                fix="put its file back into the folder `cases` from a copy of the site's folder; "
                "where there is none, make a new plan"
                if sealed
                else "make a new plan",
            )
        return text

    def _drop(self, *which: ColumnElement[bool]) -> None:
        """Forget whom the cases are about of which any of these holds."""
        table = self._table
        with self._database.writing() as connection:
            names: Sequence[str] = connection.execute(select(table.c.case).where(or_(*which))).scalars().all()
            for name in names:
                self._change(connection, name, state=DROPPED, sealed=None)
        for name in names:
            self._key(name).shred()
        if names:
            self._database.tidy()
