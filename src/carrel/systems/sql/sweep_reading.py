"""Which rows a sweep reads for words that name loan and person, wherever they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, TableClause, collate, false, or_, select, text, true

from carrel.systems.sql.sweep_words import Words
from carrel.systems.sql.utf8_length import utf8_length

AT_ONCE = 5_000
_NAMED = 500  # so many rows can be asked for by their words; where more are wanted, the table is read


def worth_reading(
    connection: Connection, rows: TableClause, words: Sequence[str], index: Words, back: ColumnElement[bool]
) -> ColumnElement[bool] | None:
    """The rows whose words could be about a pair, and maybe others; None where there are none among those of ``back``.

    A file tells each row's words once, which are few in a table of branches and kinds; only the rows that bear the
    right ones are read then. A server would have to lay the words out in a table of its own: there every row is read
    that has a text long enough.
    """
    if connection.dialect.name != "sqlite":
        if connection.dialect.name == "postgresql" and connection.scalar(text("SHOW server_encoding")) != "UTF8":
            return true()  # a byte there can be several letters
        return or_(false(), *(utf8_length(rows.c[name]) >= index.shortest for name in words))
    query = select(*(_exact(rows, name) for name in words)).where(back).distinct()
    wanted: dict[str, set[Any]] = defaultdict(set)
    found = connection.execute(query.execution_options(yield_per=AT_ONCE))
    for number, values in enumerate(one for one in found if index.candidates(filled(one))):
        if number == _NAMED:
            found.close()
            return true()
        value, name = max(zip(values, words, strict=True), key=lambda one: len(one[0] or ""))
        wanted[name].add(value)
    conditions = [_exact(rows, name).in_(values) for name, values in wanted.items()]
    return or_(false(), *conditions) if conditions else None


def filled(values: Sequence[Any]) -> list[str]:
    """The words of a row, without what is empty."""
    return [value if type(value) is str else as_text(value) for value in values if value]


def as_text(value: Any) -> str:
    """A value as words."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _exact(rows: TableClause, name: str) -> ColumnElement[Any]:
    """A column whose values are told apart by every letter, whatever the table says of it."""
    column: ColumnElement[Any] = rows.c[name]
    return collate(column, "BINARY") if isinstance(column.type, String) else column  # bytes are told apart anyhow
