"""Where the walks of a run are parted: borders between stretches of a column, that are nobody's number on purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, literal, select, true

from carrel.inventory.schema import LiveSchema
from carrel.retention.job import Spread
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.pace import WINDOW_LOANS
from carrel.retention.strays import Strays
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.path_touch import touch_of
from carrel.systems.sql.paths import PathSql

_PLACES = 512
_LEAST_WIDTH = 16
_LEAST_PIECES = 2
_LEAST_ROWS = WINDOW_LOANS


def spread_of_loans(loans: SqlLoans, life: Lifecycle) -> Spread:
    """How the due loans lie along the numbers of their readers: one walk over the loans.

    Args:
        loans: inside their session.
        life: with legal holds as of now.
    """
    loans.prepare(life)
    closed = loans.map.loans.closed
    rows = loans.shelf[closed.table]
    found = _spread(loans.connection, rows, rows.c[closed.person], loans.due(life))
    loans.connection.rollback()
    return found


def strays_of(loans: SqlLoans, paths: tuple[PathSql, ...], pieces: int, schema: LiveSchema) -> tuple[Strays, ...]:
    """How the strays of each path are parted: a table that is no work for two, or one that is walked by time, is not.

    Args:
        loans: inside their session, and prepared.
        paths: in the order in which they are cut.
        pieces: at most so many, of at least so many rows as a full chunk has.
        schema: as the server has it now.
    """
    found = tuple(replace(_strays(loans, path, pieces), touch=touch_of(path, schema)) for path in paths)
    loans.connection.rollback()
    return found


def _strays(loans: SqlLoans, path: PathSql, pieces: int) -> Strays:
    name, alone = path.path.name, path.path.archived
    if alone or path.walk_column in getattr(path.path.link, "dated", ()):
        return Strays(name, (), alone)
    some = select(literal(1)).select_from(path.table).limit(pieces * _LEAST_ROWS).subquery()
    rows = int(loans.connection.execute(select(func.count()).select_from(some)).scalar_one())  # counted no further
    pieces = min(pieces, rows // _LEAST_ROWS)
    if pieces < _LEAST_PIECES:
        return Strays(name)
    walked = path.table.c[path.walk_column]
    low, high = loans.connection.execute(select(func.min(walked), func.max(walked)).where(walked.is_not(None))).one()
    if low is None:
        return Strays(name)
    width = _width(int(low), int(high))
    places = range(int(low) // width, int(high) // width + 1)  # as if all numbers were in use: no table is read for it
    return Strays(name, Spread(width, dict.fromkeys(places, 1)).borders(pieces))


def _spread(
    connection: Connection, rows: FromClause, column: ColumnElement[Any], which: ColumnElement[bool] | None = None
) -> Spread:
    mine = and_(column.is_not(None), true() if which is None else which)
    ends: Select[Any] = select(func.min(column), func.max(column)).select_from(rows).where(mine)
    low, high = connection.execute(ends).one()
    if low is None:
        return Spread(_LEAST_WIDTH, {})
    width = _width(int(low), int(high))
    place = (column // width).label("place")
    counted = select(place, func.count()).select_from(rows).where(mine).group_by(place)
    return Spread(width, {int(where): int(many) for where, many in connection.execute(counted)})


def _width(low: int, high: int) -> int:
    """A power of two by which so many numbers are parted into some hundred places."""
    width = _LEAST_WIDTH
    while (high - low) // width >= _PLACES:
        width *= 2
    return width
