"""What is owed to the ledger: leaves that are durable in the store before they stand in the ledger.

A run and its leaves are written down in one transaction, so a process that is killed afterwards loses none of them:
whoever appends next, appends them too.

Leaves of legal process go out so many at a time, all of the day on which they go, behind the others, and in an order
that tells nothing: neither number, nor day, nor place of one shows whether it tells of a case or of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from carrel.ledger.leaf import Leaf, OpenLeaf, decode_leaf
from carrel.store import tables
from carrel.store.database import Database

A_BATCH = 16  # leaves of legal process that a batch has, however many wait
OF_PROCESS = "disclosure"
_MARK = b'"kind":"disclosure"'


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
        """How many wait, but for those of legal process: what is done because leaves wait would tell of these."""
        return sum(_MARK not in entry for entry in self.entries())

    def any(self) -> bool:
        """Whether one of any kind waits; for what is done every night anyway."""
        with self._database.reading() as connection:
            return bool(connection.execute(select(func.count()).select_from(tables.owed_leaf)).scalar_one())

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
            waiting, later = _in_order([row for row in rows if row.id not in standing])
            connection.execute(update(table).where(table.c.id.in_(later)).values(place=None))
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


def even_out(connection: Connection, nothing: Callable[[], OpenLeaf], now: datetime) -> None:
    """Have as many leaves of legal process wait as a batch takes, all of this day.

    Args:
        connection: of the transaction.
        nothing: makes a leaf that tells of nothing.
        now: aware time.
    """
    table, day = tables.owed_leaf, day_of(now)
    rows = connection.execute(select(table).where(table.c.place.is_(None)).order_by(table.c.id)).all()
    own = [row for row in rows if _MARK in row.entry]  # one with a place may stand in the ledger by now, as it is
    for row in own:
        entry = replace(decode_leaf(row.entry), at=day).encode()
        connection.execute(update(table).where(table.c.id == row.id).values(entry=entry))
    owe(connection, [nothing() for _ in range(A_BATCH - len(own))], now)


def day_of(now: datetime) -> datetime:
    """The day to which a leaf of legal process owns up."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _in_order(rows: Sequence[Row[Any]]) -> tuple[list[Row[Any]], list[int]]:
    """The leaves of a batch in the order in which they will stand, and those that wait for another."""
    own = [row for row in rows if _MARK in row.entry]
    others = [row for row in rows if _MARK not in row.entry]
    return [*others, *sorted(own[:A_BATCH], key=lambda row: bytes(row.entry))], [row.id for row in own[A_BATCH:]]


def _standing(rows: Sequence[Row[Any]], size: int, entries: Callable[[int, int], Iterable[bytes]]) -> set[int]:
    claimed = [row for row in rows if row.place is not None and row.place < size]
    if not claimed:
        return set()
    first, last = min(row.place for row in claimed), max(row.place for row in claimed)
    found = dict(enumerate(entries(first, last + 1), first))
    return {row.id for row in claimed if found.get(row.place) == row.entry}
