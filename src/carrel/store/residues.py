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
        lasting: False for pages that the server reuses by itself, which keep no disposition open.
    """

    id: str
    run: str
    system: str
    place: str
    until: datetime | None
    noted_at: datetime
    lasting: bool


class Residues:
    """The residues of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, run: str, system: str, place: str, until: datetime | None, now: datetime, *, lasting: bool = True
    ) -> str:
        """Note a residue. One without an end is noted once: it stands until it is cleared, whatever run adds to it.

        Returns:
            Its id, or of the one that stands already.
        """
        identity, table = secrets.token_hex(8), tables.residue
        with self._database.writing() as connection:
            if until is None:
                same = (table.c.system == system, table.c.place == place, table.c.until.is_(None))
                known = connection.execute(select(table.c.id).where(*same, table.c.cleared_at.is_(None))).scalar()
                if known is not None:
                    return str(known)
            connection.execute(
                insert(table).values(
                    id=identity, run=run, system=system, place=place, until=until, noted_at=now, lasting=lasting
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
        return tuple(
            Residue(row.id, row.run, row.system, row.place, row.until, row.noted_at, row.lasting) for row in rows
        )

    def standing(self, system: str, now: datetime) -> tuple[Residue, ...]:
        """The places that are open, each once, by the entry that is open longest; in the order of `open`."""
        found: dict[str, Residue] = {}
        for one in self.open(system, now):
            found.setdefault(one.place, one)
        return tuple(found.values())

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

    def clear_emptied(self, system: str, places: Iterable[str], now: datetime) -> int:
        """Note that places were looked into and are empty: whatever any run left there is gone.

        Returns:
            How many entries that cleared.
        """
        table = tables.residue
        with self._database.writing() as connection:
            done = connection.execute(
                update(table)
                .where(table.c.system == system, table.c.place.in_(tuple(places)), table.c.cleared_at.is_(None))
                .values(cleared_at=now),
            )
        return done.rowcount

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
                raise fault(
                    faults.UNKNOWN_ENTRY,
                    at=f"residue {identity}",
                    wanted="a residue that is not cleared",
                    fix="name another",
                )
