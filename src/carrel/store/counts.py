"""Rows per night and path: what the next night's bounds are measured by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, select, update

from carrel.retention.bound import NIGHTS
from carrel.store import tables
from carrel.store.database import Database


class Counts:
    """The counts of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, system: str, night: date, rows: Mapping[str, int], *, ordinary: bool) -> None:
        """Add a run's rows to its night.

        Args:
            system: that was cut.
            night: the local date on which the night began.
            rows: per path; a path that had none stands with nought.
            ordinary: covered by a standing approval. A night with any other run in it sets no bound.
        """
        with self._database.writing() as connection:
            add(connection, system, night, rows, ordinary=ordinary)

    def earlier(self, system: str, before: date, nights: int = NIGHTS) -> dict[str, tuple[int, ...]]:
        """Rows per path of the last ordinary nights before a date, newest last."""
        table = tables.night_count
        with self._database.reading() as connection:
            recorded = connection.execute(
                select(table.c.path, table.c.rows)
                .where(table.c.system == system, table.c.night < before, table.c.ordinary.is_(True))
                .order_by(table.c.night),
            ).all()
        found: dict[str, list[int]] = {}
        for path, rows in recorded:
            found.setdefault(path, []).append(rows)
        return {path: tuple(rows[-nights:]) for path, rows in found.items()}


def add(connection: Connection, system: str, night: date, rows: Mapping[str, int], *, ordinary: bool) -> None:
    """As `Counts.record`, inside the caller's transaction."""
    table = tables.night_count
    for path, number in rows.items():
        here = (table.c.system == system, table.c.night == night, table.c.path == path)
        known = connection.execute(select(table.c.rows, table.c.ordinary).where(*here).with_for_update()).one_or_none()
        if known is None:
            connection.execute(
                insert(table).values(system=system, night=night, path=path, rows=number, ordinary=ordinary),
            )
        else:
            connection.execute(
                update(table).where(*here).values(rows=known.rows + number, ordinary=known.ordinary and ordinary),
            )
