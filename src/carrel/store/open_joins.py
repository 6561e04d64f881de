"""Open joins of each system, kept from one run to the next: names, counts and days, never a person."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import Connection, Row, insert, select, update

from carrel.retention.open_join import OpenJoin
from carrel.store import tables
from carrel.store.database import Database

Change = Callable[[tuple[OpenJoin, ...]], Iterable[OpenJoin]]


class OpenJoins:
    """The open joins of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, system: str) -> tuple[OpenJoin, ...]:
        """Those that were seen and never shown closed since, the oldest first."""
        with self._database.reading() as connection:
            return _standing(connection, system)

    def closed(self, system: str) -> tuple[OpenJoin, ...]:
        """Those that were shown closed, the newest first."""
        table = tables.open_join
        with self._database.reading() as connection:
            query = select(table).where(table.c.system == system, table.c.closed_at.is_not(None))
            return tuple(map(_read, connection.execute(query.order_by(table.c.closed_at.desc(), table.c.id))))

    def change(self, system: str, change: Change) -> tuple[OpenJoin, ...]:
        """Write down what a look made of the standing joins, durably and as a whole.

        Args:
            system: whose joins.
            change: from the standing ones to those that are new, seen again, on their way, or closed.

        Returns:
            Those that stand afterwards.
        """
        table = tables.open_join
        with self._database.writing() as connection:
            standing = _standing(connection, system)
            known = {one.key for one in standing}
            for one in change(standing):
                if one.key not in known:
                    connection.execute(
                        insert(table).values(id=secrets.token_hex(8), system=system, **_names(one), **_values(one)),
                    )
                    continue
                same = (table.c[name] == value for name, value in _names(one).items())
                mine = (table.c.system == system, table.c.closed_at.is_(None), *same)
                connection.execute(update(table).where(*mine).values(**_values(one)))
            return _standing(connection, system)


def _standing(connection: Connection, system: str) -> tuple[OpenJoin, ...]:
    table = tables.open_join
    query = select(table).where(table.c.system == system, table.c.closed_at.is_(None))
    return tuple(map(_read, connection.execute(query.order_by(table.c.first_seen, table.c.id))))


def _names(one: OpenJoin) -> dict[str, str]:
    return {"kind": one.kind, "name": one.name, "place": one.table, "columns": json.dumps(one.columns)}


def _values(one: OpenJoin) -> dict[str, object]:
    first, last = one.days or (None, None)
    return {
        "hits": one.hits,
        "tried": one.tried,
        "run": one.run,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "first_day": first,
        "last_day": last,
        "from_loans": one.from_loans,
        "clean": one.clean,
        "closed_at": one.closed_at,
        "closed_by": one.closed_by,
    }


def _read(row: Row[tuple[object, ...]]) -> OpenJoin:
    days: tuple[date, date] | None = None if row.first_day is None else (row.first_day, row.last_day)
    return OpenJoin(
        row.kind, row.name, row.place, tuple(json.loads(row.columns)), row.hits, row.tried, row.run,
        row.first_seen, row.last_seen, days, row.from_loans, row.clean, row.closed_at, row.closed_by,
    )  # fmt: skip
