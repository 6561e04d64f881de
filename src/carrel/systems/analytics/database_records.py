"""Rows of a library's database on their way into the engine: read once, as texts, by an account that only reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, TextClause, column, func, literal_column, select, text
from sqlalchemy.sql.selectable import Select

from carrel.deidentification.records.representative import Representative
from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.inventory.schema import Table
from carrel.systems import secret
from carrel.systems.analytics import coarse_statement, faults
from carrel.systems.analytics.relation import COUNT
from carrel.systems.sql import live, table_sample
from carrel.systems.sql.database import Access
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table

_TEXTS = ("text", "character", "varchar", "char", "tinytext", "mediumtext", "longtext")
_TIMES = ("date", "timestamp", "timestamptz", "datetime")
_ALIKE = ("integer", "bigint", "smallint", "int", "tinyint", "mediumint", "boolean", "uuid")  # and written in one way
BATCH = 50_000  # rows
Batch = dict[str, Any]  # name of a column → an array of texts


@contextmanager
def reading(
    source: NamedSource, columns: Sequence[str] | None, enough: Mapping[str, Representative] | None = None
) -> Iterator[tuple[tuple[str, ...], Iterator[Batch]]]:
    """The columns of a table or a query, and its rows, some at a time.

    Args:
        source: with the address of a database.
        columns: of the table; all of them unless given. A query gives what it gives.
        enough: what of a column's values is wanted at all. A table is grouped by it then, where its columns allow that,
            and a further column, `COUNT`, tells how many records each row stands for.

    Raises:
        CarrelError: SRC-003, there is no such table or column; SRC-002, the file holds no SELECT; SQL and SIT codes.

    Guarantees:
        The session only reads, and its times are in UTC. A number is written in digits, a time as ISO 8601 writes it.
    """
    place = Access(source.at, _dsn(source))
    with table_sample.connected(place) as connection:
        wanted = _select(connection, source, columns, enough or {})
        with told(source.at):
            result = connection.execution_options(stream_results=True, yield_per=BATCH).execute(wanted)
            yield tuple(result.keys()), _batches(result)


def _dsn(source: NamedSource) -> secret.Secret:
    if source.dsn_file is not None:
        return secret.from_file(source.dsn_file)
    return secret.from_environment(source.dsn_env or "", os.environ)


def _select(
    connection: Connection, source: NamedSource, columns: Sequence[str] | None, enough: Mapping[str, Representative]
) -> Select[Any] | TextClause:
    if source.table is None:
        return _query(source)
    there = live.catalogue(connection, at=source.at).tables.get(source.table)
    known = there.column_names if there is not None else ()
    missing = [one for one in columns or () if one not in known]
    if there is None or missing:
        raise fault(
            faults.NOT_THERE,
            at=source.at,
            wanted=", ".join(missing) or "a table or view that this account can see, bare or as 'schema.table'",
            found=f"the columns {', '.join(known)}" if missing else "none of this name",
            fix="write the name as the database has it",
        )
    named: list[ColumnElement[Any]] = [column(one) for one in columns or known]
    if enough and (grouped := _grouped(connection, there, columns or known, enough)) is not None:
        return grouped.select_from(table(source.table))
    return select(*named).select_from(table(source.table))


def _grouped(
    connection: Connection, there: Table, columns: Sequence[str], enough: Mapping[str, Representative]
) -> Select[Any] | None:
    """Rows that are alike in what is wanted of them, counted; None where a column cannot be compared sign by sign."""
    words = coarse_statement.OF_DATABASES.get(connection.dialect.name)
    if words is None:
        return None
    kinds = {one.name: one.type.lower() for one in there.columns}
    made: list[ColumnElement[Any]] = []
    for name in columns:
        said, rule = _quoted(connection, name), enough.get(name, Representative())
        kind = kinds[name].split("(")[0].split(" ")[0]
        if kind in _TEXTS:
            said = coarse_statement.of_text(words, said, rule)
        elif kind in _TIMES:
            said = coarse_statement.of_time(words, said, rule) or said
        elif kind not in _ALIKE:
            return None
        made.append(literal_column(said).label(name))
    return select(*made, func.count().label(COUNT)).group_by(*(text(str(at + 1)) for at in range(len(made))))


def _quoted(connection: Connection, name: str) -> str:
    """A column as it stands in a statement."""
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _query(source: NamedSource) -> TextClause:
    try:
        said = (source.query_file.read_text(encoding="utf-8") if source.query_file else "").strip().rstrip(";").strip()
    except (OSError, UnicodeDecodeError):
        raise fault(faults.UNREADABLE, at=source.at, found="no text file that can be read", fix="name one") from None
    if said[:6].upper() != "SELECT" and said[:4].upper() != "WITH":
        raise fault(
            faults.UNREADABLE,
            at=source.at,
            wanted="one SELECT",
            found="something else",
            fix="begin the file with SELECT or WITH, without a comment before it",
        )
    return text(said.replace("\\", "\\\\").replace(":", "\\:"))  # a colon is a colon there, and no parameter


def _batches(result: CursorResult[Any]) -> Iterator[Batch]:
    names = tuple(result.keys())
    for rows in result.partitions(BATCH):
        yield batch_of(names, rows)


def batch_of(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Batch:
    """Rows as an array of texts for each column."""
    import numpy as np

    made: Batch = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        made[name] = np.empty(len(values), dtype=object)
        made[name][:] = [_text(value) for value in values]
    return made


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)
