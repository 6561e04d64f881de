"""Rows that go to the archives: read whole in the chunk's transaction, written outside, and compared before they go."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, and_, column, select
from sqlalchemy.sql.expression import TableClause

from carrel.errors import fault
from carrel.inventory.map_path import Path
from carrel.inventory.schema import LiveSchema
from carrel.systems import faults
from carrel.systems.sql.named_table import table
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.way_rows import led_by

Row = dict[str, Any]
Chunk = Sequence[tuple[str, bool, Sequence[Mapping[str, Any]]]]


class KeepRows(Protocol):
    """Where rows go: durable before the chunk is committed, part of the package after it."""

    def add(self, chunk: Chunk) -> list[list[Row]]:
        """Take a chunk's rows; what is read back from the disk."""

    def committed(self) -> None:
        """What was added last is gone from the system."""

    def dropped(self) -> None:
        """What was added last is still there."""


class ArchivedRows:
    """The rows of one chunk after another.

    Args:
        keep: where they go.
        schema: live; a row is taken with every column that it has there.
    """

    def __init__(self, keep: KeepRows, schema: LiveSchema) -> None:
        self._keep, self._schema = keep, schema
        self._taken = False

    def take(self, connection: Connection, path: PathSql, condition: Callable[[Any], Any]) -> int:
        """Read a chunk's rows, locked, and the rows that go with them; write them, and compare.

        Args:
            connection: in the chunk's transaction.
            path: whose rows.
            condition: which of them.

        Returns:
            How many main rows.

        Raises:
            CarrelError: SQL-020, what was written is not what stands in the database. The chunk is undone.
        """
        self.undone()
        key = path.path.key
        source = self._rows(path.path.table)
        mine = path.table
        keys = select(*(mine.c[one] for one in key)).where(path.own.still(mine), condition(mine))
        found = [tuple(row) for row in connection.execute(keys)]
        if not found:
            return 0
        chunk = self._read(connection, path.path, source, found)
        self._taken = True
        back = self._keep.add(chunk)
        now = self._read(connection, path.path, source, found)
        if back != [list(rows) for _, _, rows in now] or len(chunk[0][2]) != len(found):
            raise self._differs(path.path.table)
        return len(found)

    def require(self, path: PathSql, taken: int, done: int) -> None:
        """As many rows went as were written.

        Raises:
            CarrelError: SQL-020. The chunk is undone.
        """
        if taken != done:
            raise self._differs(path.path.table)

    def keep(self) -> None:
        """Nothing is left to be made durable before the commit."""

    def committed(self) -> None:
        """The chunk is committed."""
        if self._taken:
            self._taken = False
            self._keep.committed()

    def undone(self) -> None:
        """What an earlier chunk of this process wrote and never committed is taken out again."""
        if self._taken:
            self._taken = False
            self._keep.dropped()

    def there(self, connection: Connection, name: str, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Whether any of these rows of a table is still in the system, by key: the desk may have changed it since."""
        source = self._rows(name)
        key = tuple(one.partition("(")[0] for one in self._schema.tables[name].primary_key)
        for row in rows:
            mine = [source.c[one].is_(None) if row[one] is None else source.c[one] == row[one] for one in (key or row)]
            if connection.execute(select(source.c[next(iter(key or row))]).where(*mine)).first() is not None:
                return True
        return False

    def _read(self, connection: Connection, path: Path, source: TableClause, keys: list[tuple[Any, ...]]) -> Chunk:
        first = source.c[path.key[0]]
        chosen = set(keys)
        rows = self._locked(connection, source, first.in_([key[0] for key in keys]))
        main = [row for row in rows if tuple(row[one] for one in path.key) in chosen]
        chunk: list[tuple[str, bool, list[Row]]] = [(path.table, True, [_plain(row) for row in main])]
        for name in path.cut.takes_along:
            if name in self._schema.tables:
                other = self._rows(name)
                theirs = self._locked(connection, other, self._along(path, name, other, [key[0] for key in keys]))
                if theirs:
                    chunk.append((name, False, [_plain(row) for row in theirs]))
        return chunk

    @staticmethod
    def _along(path: Path, name: str, rows: TableClause, parents: list[Any]) -> ColumnElement[bool]:
        """Whether a row of another table goes with one of these."""
        if (hanging := path.cut.attached.get(name)) is None:
            return rows.c[path.cut.children[name]].in_(parents)
        return and_(led_by(rows, hanging.told_by), rows.c[hanging.column].in_([str(one) for one in parents]))

    @staticmethod
    def _locked(connection: Connection, rows: TableClause, which: ColumnElement[bool]) -> list[Row]:
        query = select(rows).where(which).order_by(*rows.c)
        if connection.dialect.name != "sqlite":
            query = query.with_for_update()
        return [dict(row) for row in connection.execute(query).mappings()]

    def _rows(self, name: str) -> TableClause:
        return table(name, *(column(one) for one in self._schema.tables[name].column_names))

    @staticmethod
    def _differs(name: str) -> Exception:
        return fault(
            faults.NOT_AS_WRITTEN,
            at=name,
            wanted="the package and the database to hold the same rows",
            found="a difference",
            changed="nothing by this chunk; it was rolled back",
            fix="apply the same plan again; if it is refused again, look at the triggers and columns of this table",
        )


def _plain(row: Mapping[Any, Any]) -> Row:
    """A row as JSON can hold it: times and decimals as the database writes them, bytes in base64."""
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return "base64:" + base64.b64encode(value).decode()
    return str(value) if isinstance(value, (date, Decimal, timedelta)) else value
