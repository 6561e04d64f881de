"""The legal holds that were placed for a case: which are open, whom they name, what else keeps that, and their end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select, update

from carrel.store import tables
from carrel.store.placement import Kind

Subject = tuple[str, str, int]  # system, kind of number, number


@dataclass(frozen=True, slots=True)
class LetGo:
    """What became of the holds of a case.

    Attributes:
        ended: how many were released.
        cases: that keep something of the same on, of those that whoever ended it may know of.
        holds: legal holds that are placed by hand and not sealed, likewise.
    """

    ended: int = 0
    cases: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


def open_among(connection: Connection, holds: Collection[str]) -> tuple[str, ...]:
    """Those of these holds that nobody released."""
    table = tables.keeping
    query = select(table.c.id).where(table.c.id.in_(holds), table.c.kind == Kind.LEGAL_HOLD, table.c.ended_at.is_(None))
    return tuple(connection.execute(query.order_by(table.c.id)).scalars())


def subjects_of(connection: Connection, holds: Collection[str]) -> frozenset[Subject]:
    """Whom and what these holds name."""
    table, named = tables.keeping, tables.keeping_subject
    query = select(table.c.system, named.c.kind, named.c.number).join(named, named.c.keeping == table.c.id)
    rows = connection.execute(query.where(table.c.id.in_(holds))).all()
    return frozenset((row.system, row.kind, row.number) for row in rows)


def also_kept_by(
    connection: Connection, holds: Collection[str], at: datetime
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Other open legal holds that name one of the same numbers: sealed ones, and those that a list shows."""
    table, named = tables.keeping, tables.keeping_subject
    own = subjects_of(connection, holds)
    if not own:
        return frozenset(), ()
    query = (
        select(table.c.id, table.c.sealed, table.c.system, named.c.kind, named.c.number)
        .join(named, named.c.keeping == table.c.id)
        .where(table.c.kind == Kind.LEGAL_HOLD, table.c.ended_at.is_(None), table.c.id.not_in(holds))
        .where(and_(or_(table.c.until.is_(None), table.c.until > at), named.c.number.in_([one[2] for one in own])))
    )
    rows = [row for row in connection.execute(query) if (row.system, row.kind, row.number) in own]
    sealed = frozenset(row.id for row in rows if row.sealed)
    return sealed, tuple(sorted({row.id for row in rows if not row.sealed}))


def end(connection: Connection, holds: Collection[str], by: str, at: datetime) -> None:
    """Release them, and delete the numbers that they name."""
    table, named = tables.keeping, tables.keeping_subject
    connection.execute(
        update(table).where(table.c.id.in_(holds), table.c.ended_at.is_(None)).values(ended_at=at, ended_by=by)
    )
    connection.execute(delete(named).where(named.c.keeping.in_(holds)))
