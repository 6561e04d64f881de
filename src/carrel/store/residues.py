"""Residues: where old values still lie after a cut, and until when (DESIGN 5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update

from carrel.errors import fault
from carrel.ledger.leaf import Leaf
from carrel.store import faults, tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe

UNDO_CAPSULE = "undo capsule"


@dataclass(frozen=True, slots=True)
class Residue:
    """One place that a run's cut wrote old values to.

    Attributes:
        id: in the store.
        run, system: whose cut.
        place: ``binary log``, ``undo capsule``, ``free pages`` …, and which.
        until: aware time at which it will have expired; None when nobody can tell.
        noted_at: aware time.
    """

    id: str
    run: str
    system: str
    place: str
    until: datetime | None
    noted_at: datetime


class Residues:
    """The residues of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, run: str, system: str, place: str, until: datetime | None, now: datetime) -> str:
        """Note a residue.

        Returns:
            Its id.
        """
        identity = secrets.token_hex(8)
        with self._database.writing() as connection:
            connection.execute(
                insert(tables.residue).values(
                    id=identity,
                    run=run,
                    system=system,
                    place=place,
                    until=until,
                    noted_at=now,
                ),
            )
        return identity

    def open(self, system: str, now: datetime) -> tuple[Residue, ...]:
        """The residues that have neither expired nor been cleared, the last to expire first, undated ones on top.

        An undo capsule does not end by itself: it is among them until it is shredded, whatever its date.
        """
        table = tables.residue
        with self._database.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.system == system, table.c.cleared_at.is_(None))
                .where(or_(table.c.until.is_(None), table.c.until > now, table.c.place == UNDO_CAPSULE))
                .order_by(table.c.until.is_not(None), table.c.until.desc(), table.c.id),
            ).all()
        return tuple(Residue(row.id, row.run, row.system, row.place, row.until, row.noted_at) for row in rows)

    def clear_place(self, run: str, place: str, now: datetime, leaves: Iterable[Leaf]) -> None:
        """Note that a place of a run was removed, and owe the ledger's leaves of that; once, whoever repeats it."""
        table = tables.residue
        with self._database.writing() as connection:
            done = connection.execute(
                update(table)
                .where(table.c.run == run, table.c.place == place, table.c.cleared_at.is_(None))
                .values(cleared_at=now),
            )
            if done.rowcount:
                owe(connection, leaves, now)

    def clear(self, identity: str, now: datetime) -> None:
        """Note that a residue was removed: a log purged, a capsule shredded, a table vacuumed.

        Raises:
            CarrelError: STO-006 when there is no such open residue.
        """
        with self._database.writing() as connection:
            done = connection.execute(
                update(tables.residue)
                .where(tables.residue.c.id == identity, tables.residue.c.cleared_at.is_(None))
                .values(cleared_at=now),
            )
            if done.rowcount != 1:
                raise fault(faults.UNKNOWN_ENTRY, at=f"residue {identity}", wanted="a residue that is not cleared")
