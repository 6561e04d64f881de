"""Some rows of one table of a database, read for a look at its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, func, select

from carrel.deidentification.column_shape import ColumnShape
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.schema import Column, Table
from carrel.inventory.table_sample import MOST, SampledColumn, TableSample
from carrel.systems.sql import database, dated_rows, dated_shape, live
from carrel.systems.sql.dated_company import moved_along
from carrel.systems.sql.dated_shape import found_table, keeps_instants, keeps_wall_times, unique_keys
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table

_NUMBERS = ("int", "bigint", "smallint", "tinyint", "mediumint", "decimal", "numeric", "double", "real", "float")


@contextmanager
def connected(way: database.Access) -> Iterator[Connection]:
    """A connection that only reads, in UTC.

    Raises:
        CarrelError: SIT-004, SIT-005, and of the SQL codes.
    """
    engine = database.connect(dated_rows.in_utc(way), read_only=True)
    try:
        with dated_shape.rights_told(), told(way.name), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def sample(connection: Connection, name: str, at: str) -> TableSample:
    """The first and the last rows of a table by its key; half of `MOST` each.

    Raises:
        CarrelError: TBL-001, there is no such table; of the SQL codes.
    """
    schema = live.catalogue(connection, at=at)
    there = found_table(schema, name, at)
    keys = tuple(unique_keys(there))
    columns = [_column(one, schema.dialect, keys) for one in there.columns]
    with told(at):
        return TableSample.of(columns, _rows(connection, name, there, keys), keys)


def bars(connection: Connection, name: str, blank: Sequence[str], at: str) -> list[str]:
    """What would refuse a plan over a table as it stands, such as a key of another table; each with its code.

    Args:
        connection: a session.
        name: of the table.
        blank: columns that due rows lose; none where whole rows go.
        at: what errors call the table.

    Raises:
        CarrelError: TBL-001, there is no such table; of the SQL codes.
    """
    schema = live.catalogue(connection, at=at)
    there = found_table(schema, name, at)
    entry = DatedTable.model_construct(name=name, table=name, blank=tuple(blank))
    found = [one for wrong in moved_along(connection, schema, there, entry) for one in wrong.faults]
    return [f"{one.condition.code}: {one.condition.title}: {one.found}" for one in found]


def count(connection: Connection, name: str, at: str) -> int:
    """How many rows a table has."""
    with told(at):
        return int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())


def _column(one: Column, dialect: str, keys: Sequence[tuple[str, ...]]) -> SampledColumn:
    shape = ColumnShape(one.name, one.type.lower().startswith(_NUMBERS), (one.name,) in keys)
    utc, wall = keeps_instants(one, dialect), keeps_wall_times(one, dialect)
    return SampledColumn(one.name, one.type or "untyped", shape, in_utc=utc, wall=wall)


def _rows(connection: Connection, name: str, there: Table, keys: Sequence[tuple[str, ...]]) -> list[Sequence[Any]]:
    named: list[ColumnElement[Any]] = [column(one) for one in there.column_names]
    wanted = select(*named).select_from(table(name))
    if not keys:
        return [tuple(row) for row in connection.execute(wanted.limit(MOST))]
    order: list[ColumnElement[Any]] = [column(one) for one in keys[0]]
    first = connection.execute(wanted.order_by(*order).limit(MOST // 2)).all()
    last = connection.execute(wanted.order_by(*(one.desc() for one in order)).limit(MOST // 2)).all()
    places = [there.column_names.index(one) for one in keys[0]]
    found = {tuple(row[place] for place in places): tuple(row) for row in (*first, *last)}
    return list(found.values())
