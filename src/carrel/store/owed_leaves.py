"""What is owed to the ledger: leaves that are durable in the store before they stand in the ledger.

A run and its leaves are written down in one transaction, so a process that is killed afterwards loses none of them:
whoever appends next, appends them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from carrel.ledger.leaf import Leaf
from carrel.store import tables
from carrel.store.database import Database


@dataclass(frozen=True, slots=True)
class OwedLeaf:
    """A leaf that waits, in the form in which it will stand."""

    entry: bytes

    def encode(self) -> bytes:
        """The leaf's bytes."""
        return self.entry


class OwedLeaves:
    """Carries out `carrel.ledger.ports.Outbox`.

    A claim notes the place that each leaf is about to get. An append takes place as a whole or not at all, so whoever
    finds a claim of a process that was killed looks at these places: a leaf that stands there is owed no more, any
    other still is. Claims are made and settled under the lock of the ledger's folder only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, leaves: Iterable[Leaf], now: datetime) -> None:
        """Owe leaves that belong to no other record of the store."""
        with self._database.writing() as connection:
            owe(connection, leaves, now)

    def count(self) -> int:
        """How many wait."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.owed_leaf)).scalar_one())

    def entries(self) -> tuple[bytes, ...]:
        """What waits, as it will stand."""
        with self._database.reading() as connection:
            return tuple(connection.execute(select(tables.owed_leaf.c.entry)).scalars())

    def waiting(self) -> tuple[tuple[bytes, datetime], ...]:
        """What waits, and since when."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.owed_leaf.c.entry, tables.owed_leaf.c.owed_at)).all()
        return tuple((row.entry, row.owed_at) for row in rows)

    def claim(self, size: int, entries: Callable[[int, int], Iterable[bytes]]) -> Sequence[OwedLeaf] | None:
        """As `carrel.ledger.ports.Outbox.claim`."""
        table = tables.owed_leaf
        with self._database.writing() as connection:
            rows = connection.execute(select(table).order_by(table.c.id)).all()
            standing = _standing(rows, size, entries)
            connection.execute(delete(table).where(table.c.id.in_(standing)))
            waiting = [row for row in rows if row.id not in standing]
            for place, row in enumerate(waiting, size):
                connection.execute(update(table).where(table.c.id == row.id).values(place=place))
        return [OwedLeaf(row.entry) for row in waiting] or None

    def clear(self) -> None:
        """As `carrel.ledger.ports.Outbox.clear`."""
        table = tables.owed_leaf
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.place.is_not(None)))


def owe(connection: Connection, leaves: Iterable[Leaf], now: datetime) -> None:
    """Write leaves down inside the transaction of what they tell of."""
    for leaf in leaves:
        connection.execute(insert(tables.owed_leaf).values(entry=leaf.encode(), owed_at=now))


def _standing(rows: Sequence[Row[Any]], size: int, entries: Callable[[int, int], Iterable[bytes]]) -> set[int]:
    claimed = [row for row in rows if row.place is not None and row.place < size]
    if not claimed:
        return set()
    first, last = min(row.place for row in claimed), max(row.place for row in claimed)
    found = dict(enumerate(entries(first, last + 1), first))
    return {row.id for row in claimed if found.get(row.place) == row.entry}
