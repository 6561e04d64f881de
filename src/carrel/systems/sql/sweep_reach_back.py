"""The rows of a table of words that a sweep reads, by their times and keys: compiled from how far it looks back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    TableClause,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    true,
    type_coerce,
)

from carrel.retention.look_back import NIGHTS, LookBack
from carrel.systems.sql.expressions import is_time, stretch_of
from carrel.systems.sql.sweep_discovery import Reach

_WRITTEN = "____-__-__%"  # as SQLite keeps a time; what is written otherwise is none
_BEGIN = datetime(2000, 1, 1)  # noqa: DTZ001  (naive local time, as the systems write it)
_SPAN = timedelta(days=28)
_MOST_SPANS = 700  # one in `NIGHTS` of them is written out
_LARGE = 200_000  # rows; a smaller table is looked through by its times alone
_PROBES = 48


def read_back(connection: Connection, look: LookBack, rows: TableClause, reach: Reach) -> ColumnElement[bool]:
    """Whether a row is read: one of its times is late enough, none is usable, or it is in tonight's part of the rest.

    Args:
        connection: whose database spells it.
        look: how far back.
        rows: the table.
        reach: its columns.

    Guarantees:
        In `NIGHTS` nights every row is read that is read when nothing is left to turns.
    """
    if look.earliest is None or not reach.times:
        return true()
    columns: list[ColumnElement[Any]] = [rows.c[name] for name in reach.times]
    usable = [is_time(one) for one in columns]
    if connection.dialect.name == "sqlite":
        written = (type_coerce(one, String()).like(_WRITTEN) for one in columns)
        usable = [and_(test, as_time) for test, as_time in zip(usable, written, strict=True)]
    timeless = and_(*(or_(one.is_(None), not_(test)) for one, test in zip(columns, usable, strict=True)))
    if look.since is None:
        return or_(_late(columns, look.earliest), timeless)
    if len(columns) == 1 and (spans := _spans_of_time(look)) is not None:
        # Ranges of one time, so that its index leads to them where there is one.
        turns = (and_(columns[0] >= begin, columns[0] < end) for begin, end in spans)
        return or_(_late(columns, look.since), timeless, *turns)
    if reach.numbered and (reach.rows or 0) > _LARGE and set(reach.times) - set(reach.automatic):
        here = or_(false(), *_spans_of_keys(connection, look, rows, reach))
        return and_(here, or_(_late(columns, look.earliest), timeless))
    told = [case((test, one), else_=null()) for one, test in zip(columns, usable, strict=True)]
    first = told[0] if len(told) == 1 else func.coalesce(*told)
    tonight = stretch_of(first, text("1")) % literal(NIGHTS) == literal(look.part)
    return or_(_late(columns, look.since), timeless, and_(_late(columns, look.earliest), tonight))


def _spans_of_time(look: LookBack) -> list[tuple[datetime, datetime]] | None:
    """Tonight's part of what is older than is read whole, in spans of some weeks that are the same every night."""
    if look.earliest is None or look.since is None:
        return []
    first, last = ((at - _BEGIN) // _SPAN for at in (look.earliest, look.since))
    if last - first > _MOST_SPANS:
        return None
    mine = (n for n in range(first, last + 1) if n % NIGHTS == look.part)
    return [(max(look.earliest, _BEGIN + n * _SPAN), min(look.since, _BEGIN + (n + 1) * _SPAN)) for n in mine]


def _spans_of_keys(
    connection: Connection, look: LookBack, rows: TableClause, reach: Reach
) -> Iterator[ColumnElement[bool]]:
    """Spans of keys at one end of which a row is young, or of no known age; and tonight's part of the others.

    The spans lie the same from night to night. A late row among old ones waits for the turn of its span.
    """
    key = rows.c[reach.key[0]]
    low, high = connection.execute(select(func.min(key), func.max(key))).one()
    if low is None:
        return
    wide = 1 << ((int(high) - int(low)) // _PROBES).bit_length()
    first, last = int(low) // wide, int(high) // wide
    times = [rows.c[name] for name in reach.times if name not in reach.automatic]

    def old(span: int) -> bool:
        found = connection.execute(select(*times).where(key >= span * wide).order_by(key).limit(1)).first()
        told = [at for at in found or () if at is not None]
        return bool(told) and look.since is not None and min(told) < look.since

    ends = [old(span) for span in range(first, last + 1)] + [False]
    begin: int | None = None
    for n, span in enumerate(range(first, last + 2)):
        read = span <= last and (not (ends[n] and ends[n + 1]) or span % NIGHTS == look.part)
        if read and begin is None:
            begin = span
        if not read and begin is not None:
            yield and_(key >= begin * wide, key < span * wide) if span <= last else key >= begin * wide
            begin = None


def _late(columns: list[ColumnElement[Any]], at: datetime) -> ColumnElement[bool]:
    return or_(*(one >= at for one in columns))
