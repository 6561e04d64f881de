"""Rows of any table as they are to the byte, read so that writing the same values back makes the same row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CHAR,
    ColumnElement,
    Connection,
    Select,
    TableClause,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import NullType

from carrel.inventory.map_part import Step
from carrel.systems.sql.expressions_postgresql import exactly
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.named_table import quoted, table
from carrel.systems.sql.way_rows import led_by

Key = tuple[object, ...]
Values = Mapping[str, object]

_BATCH = 500
_IN_ITS_TEXT = "in its text"
_DIGITS = 18  # of a number that every server takes
_COLUMNS = """
SELECT column_name, data_type, generation_expression IS NOT NULL, character_set_name IS NOT NULL
FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = :t ORDER BY ordinal_position"""
_PRIMARY = """
SELECT column_name FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = :t AND index_name = 'PRIMARY' ORDER BY seq_in_index"""
# A table of PostgreSQL; what it makes by itself cannot be written.
_ATTRIBUTES = """
SELECT a.attname::text, t.typname::text, a.attgenerated::text <> ''
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%(t)s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_KEY = """
SELECT a.attname::text FROM pg_catalog.pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, at)
JOIN pg_catalog.pg_attribute a ON a.attnum = k.number
WHERE i.indrelid = to_regclass(%(t)s) AND i.indisprimary AND a.attrelid = i.indrelid ORDER BY k.at"""
# Values that lead back as they are; every other type is read, compared and written as the server's own text of it.
_LEAD_BACK = frozenset({"int2", "int4", "int8", "bool", "text", "varchar", "bpchar", "float8", "numeric", "bytea"})
# The server makes these by itself; they cannot be written (SQLite, PRAGMA table_xinfo: 2 virtual, 3 stored).
_GENERATED = frozenset({2, 3})


@dataclass(frozen=True, slots=True)
class _Shape:
    kinds: dict[str, str]
    texts: frozenset[str]
    primary: tuple[str, ...]


class WholeRows:
    """Reads and compares rows on one connection.

    A driver's own values do not always lead back: a zero date is handed over as none, a FLOAT is rounded, and a
    TIMESTAMP in the hour that a clock is set back names two moments. Those are asked for in another form here.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shapes: dict[str, _Shape] = {}

    @property
    def _multi(self) -> bool:
        return self._connection.dialect.name != "sqlite"

    @property
    def _postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns of a table that can be written, in their order."""
        return tuple(self._shape(name).kinds)

    def primary_key(self, name: str) -> tuple[str, ...]:
        """The columns of its primary key; none where it has none."""
        return self._shape(name).primary

    def read(self, name: str, column_name: str, value: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
        """A column, or a new value for it, in the form that leads back."""
        # Without a type nothing is converted on the way: what the driver gives is what is kept.
        own = self._named(name, column_name) if value is None else type_coerce(value, NullType())
        match self._form(name, column_name):
            case "in its text":
                return cast(own, Text())
            case "timestamp":
                return func.unix_timestamp(own)
            case "datetime" | "date" | "time":
                return cast(own, CHAR)
            case "bit":
                return own + literal_column("0")  # its bytes compare with nothing
            case "float":
                return own + literal_column("0e0")  # its text is rounded to six digits, as a DOUBLE it is exact
            case _:
                return own

    def _form(self, name: str, column_name: str) -> str:
        """What a column's type is to a reading; empty where its values lead back as they are."""
        kind = self._shape(name).kinds.get(column_name, "text")
        if self._postgresql:
            return "" if kind in _LEAD_BACK else _IN_ITS_TEXT
        return kind if self._multi else ""

    def written(self, name: str, column_name: str, value: object) -> Any:
        """A value that was read here, as it goes into a statement; the session must keep the clock of UTC."""
        if value is None or self._form(name, column_name) != "timestamp":
            return value
        return "0000-00-00 00:00:00" if not value else func.from_unixtime(literal(value))

    def fetch(
        self, name: str, key: tuple[str, ...], keys: Iterable[Key], names: Sequence[str]
    ) -> dict[Key, dict[str, object]]:
        """Rows by their keys, locked until the transaction ends; the desk cannot change them meanwhile."""
        found: dict[Key, dict[str, object]] = {}
        query = self.query(name, (*key, *names))
        columns = [self._named(name, one) for one in key]
        for batch in parts(list(keys), _BATCH):
            one = len(key) == 1
            mine = columns[0].in_([k[0] for k in batch]) if one else tuple_(*columns).in_(batch)
            for row in self._connection.execute(query.where(mine)):
                found[tuple(row[: len(key)])] = dict(zip(names, row[len(key) :], strict=True))
        return found

    def children(
        self, name: str, parent_column: str, keys: Iterable[object], among: Sequence[Step] = ()
    ) -> Iterator[dict[str, object]]:
        """Whole rows of a dependent table that name one of these parents; locked as by `fetch`.

        Args:
            name: of the dependent table.
            parent_column: in which a row names its parent.
            keys: of the parents, as that column holds them.
            among: a way from a row that must lead somewhere.
        """
        names, source = self.columns(name), self.table(name)
        meant = (led_by(source, among),) if among else ()
        for batch in parts(list(keys), _BATCH):
            mine = self._named(name, parent_column).in_(batch)
            for row in self._connection.execute(self.query(name, names, source).where(mine, *meant)):
                yield dict(zip(names, row, strict=True))

    def present(self, name: str, key: str, values: Iterable[object]) -> frozenset[str]:
        """Of some values, those that a table has as its key; as texts, because columns differ in their type."""
        own = self._named(name, key)
        found: set[str] = set()
        wanted = dict.fromkeys(one for one in values if one is not None)
        if self._postgresql and self._shape(name).kinds.get(key, "").startswith("int"):
            # It compares no number with a text, and takes no text for a number that is none.
            wanted = dict.fromkeys(int(str(one)) for one in wanted if str(one).isdecimal() and len(str(one)) <= _DIGITS)
        for batch in parts(list(wanted), _BATCH):
            rows = self._connection.execute(select(own).select_from(self.table(name)).where(own.in_(batch)))
            found.update(str(one) for one in rows.scalars())
        return frozenset(found)

    def query(self, name: str, names: Sequence[str], source: Any = None) -> Select[Any]:
        """A locking query of some columns in the form that leads back."""
        said = [self.read(name, one).label(f"c{number}") for number, one in enumerate(names)]
        query = select(*said).select_from(self.table(name) if source is None else source)
        return query.with_for_update() if self._multi else query

    def same(self, name: str, values: Values) -> ColumnElement[bool]:
        """The row holds exactly these values, none standing for none."""
        return and_(*(self._same(name, one, value) for one, value in values.items()))

    def table(self, name: str) -> TableClause:
        """The table for statements, with every column that can be written."""
        return table(name, *(column(one) for one in self.columns(name)))

    def _same(self, name: str, column_name: str, value: object) -> ColumnElement[bool]:
        own = self._named(name, column_name)
        if value is None:
            return own.is_(None)
        shape = self._shape(name)
        if self._postgresql:
            return self._same_there(own, shape.kinds.get(column_name, "text"), value)
        if self._multi and column_name in shape.texts:
            # As the column compares (an index serves that), and then byte by byte.
            exact = func.binary(func.convert(own, literal_column("CHAR CHARACTER SET utf8mb4")))
            as_bytes = func.binary(func.convert(literal(value), literal_column("CHAR CHARACTER SET utf8mb4")))
            return and_(own == value, exact == as_bytes)
        if shape.kinds.get(column_name) == "float":
            return and_(self.read(name, column_name) == value)
        return and_(own == self.written(name, column_name, value))

    @staticmethod
    def _same_there(own: ColumnElement[Any], kind: str, value: Any) -> ColumnElement[bool]:
        if kind in {"text", "varchar"}:
            return and_(own == value, exactly(own, value))
        return and_(own == value if kind in _LEAD_BACK else exactly(own, value))

    def _named(self, name: str, column_name: str) -> ColumnElement[Any]:
        dialect = self._connection.dialect
        return literal_column(f"{quoted(dialect, name)}.{dialect.identifier_preparer.quote(column_name)}")

    def _shape(self, name: str) -> _Shape:
        if name not in self._shapes:
            shapes = {"sqlite": self._sqlite, "postgresql": self._of_postgresql}
            self._shapes[name] = shapes.get(self._connection.dialect.name, self._mariadb)(name)
        return self._shapes[name]

    def _mariadb(self, name: str) -> _Shape:
        rows = self._connection.execute(text(_COLUMNS), {"t": name}).all()
        primary = tuple(str(one) for one in self._connection.execute(text(_PRIMARY), {"t": name}).scalars())
        own = {str(one): str(kind).lower() for one, kind, generated, _ in rows if not generated}
        return _Shape(own, frozenset(str(one) for one, _, _, is_text in rows if is_text), primary)

    def _of_postgresql(self, name: str) -> _Shape:
        which = {"t": quoted(self._connection.dialect, name)}
        rows = self._connection.exec_driver_sql(_ATTRIBUTES, which).all()
        own = {str(one): str(kind) for one, kind, generated in rows if not generated}
        return _Shape(own, frozenset(), tuple(map(str, self._connection.exec_driver_sql(_KEY, which).scalars())))

    def _sqlite(self, name: str) -> _Shape:
        named = quoted(self._connection.dialect, name)
        rows = self._connection.exec_driver_sql(f"PRAGMA table_xinfo({named})").all()
        own = {str(row[1]): "" for row in rows if row[6] not in _GENERATED}
        ranked = sorted((row[5], str(row[1])) for row in rows if row[5])
        return _Shape(own, frozenset(), tuple(one for _, one in ranked))
