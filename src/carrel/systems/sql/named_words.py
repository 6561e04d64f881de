"""Barcodes and titles in texts: whether they stand there, large or small letters alike, and the text without them.

A desk types a title as it likes. What is searched for is what is taken out, and what a sweep looks for afterwards
(`carrel.retention.trail.tells`): on SQLite by that very function, on MariaDB under the collation of the column, where
LOCATE finds what INSTR found; REPLACE alone would leave a title in other letters. On PostgreSQL the texts are folded as
that function folds them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Integer, String, case, func, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.retention import trail
from carrel.retention.trail import SHORTEST_TITLE

ITEM, TITLE = "[item]", "[title]"


class names(GenericFunction[bool]):  # noqa: N801  (SQL functions are written in small letters)
    """Whether a text names something by its words; empty words name nothing."""

    type = Boolean()
    inherit_cache = True
    name = "carrel_names"


@compiles(names, "sqlite")
def _names_sqlite(element: names, compiler: SQLCompiler, **kw: Any) -> str:
    body, words = (compiler.process(part, **kw) for part in element.clauses)
    # Python is asked only of what may be so: LIKE takes letters of ASCII alike, finds more than the words where these
    # hold one of its own signs, and sees nothing behind a NUL.
    like = f"{body} LIKE '%' || {words} || '%'"
    other = f"length({words}) <> length(CAST({words} AS BLOB)) AND length({body}) <> length(CAST({body} AS BLOB))"
    maybe = f"{like} OR ({other}) OR INSTR({body}, char(0)) > 0"
    return f"(CASE WHEN {words} = '' THEN 0 WHEN {maybe} THEN carrel_tells({body}, {words}) ELSE 0 END)"


@compiles(names, "mysql", "mariadb")
def _names_mariadb(element: names, compiler: SQLCompiler, **kw: Any) -> str:
    body, words = (compiler.process(part, **kw) for part in element.clauses)
    return f"(CHAR_LENGTH({words}) > 0 AND INSTR({body}, {words}) > 0)"


class without(GenericFunction[str]):  # noqa: N801
    """A text with a mark in the place of words; on MariaDB the last of them in other letters may need another pass."""

    type = String()
    inherit_cache = True
    name = "carrel_without"


@compiles(without, "sqlite")
def _without_sqlite(element: without, compiler: SQLCompiler, **kw: Any) -> str:
    body, words, mark = (compiler.process(part, **kw) for part in element.clauses)
    return f"carrel_without({body}, {words}, {mark})"


@compiles(without, "mysql", "mariadb")
def _without_mariadb(element: without, compiler: SQLCompiler, **kw: Any) -> str:
    body, words, mark = (compiler.process(part, **kw) for part in element.clauses)
    sign = f"IF(LOCATE({words}, {mark}) > 0, '', {mark})"  # a mark that names the words would be found again
    exact = f"REPLACE({body}, {words}, {sign})"
    at = f"LOCATE({words}, {exact})"
    return f"IF(CHAR_LENGTH({words}) > 0 AND {at} > 0, INSERT({exact}, {at}, CHAR_LENGTH({words}), {sign}), {exact})"


class beginning(GenericFunction[str]):  # noqa: N801
    """The first letters of a text, whatever stands among them."""

    type = String()
    inherit_cache = True
    name = "carrel_beginning"


@compiles(beginning, "sqlite")
def _beginning_sqlite(element: beginning, compiler: SQLCompiler, **kw: Any) -> str:
    # SUBSTR ends at a NUL.
    return f"carrel_beginning({compiler.process(element.clauses, **kw)})"


@compiles(beginning, "mysql", "mariadb")
def _beginning_mariadb(element: beginning, compiler: SQLCompiler, **kw: Any) -> str:
    return f"SUBSTR({compiler.process(element.clauses, **kw)})"


class size(GenericFunction[int]):  # noqa: N801
    """How many bytes a text has."""

    type = Integer()
    inherit_cache = True
    name = "carrel_size"


@compiles(size, "sqlite")
def _size_sqlite(element: size, compiler: SQLCompiler, **kw: Any) -> str:
    return f"length(CAST({compiler.process(element.clauses, **kw)} AS BLOB))"  # LENGTH of a text ends at a NUL


@compiles(size, "mysql", "mariadb")
def _size_mariadb(element: size, compiler: SQLCompiler, **kw: Any) -> str:
    return f"LENGTH({compiler.process(element.clauses, **kw)})"


def names_title(body: ColumnElement[Any], title: ColumnElement[Any]) -> ColumnElement[bool]:
    """A text names a title that is long enough to mean the book."""
    return (size(title) >= SHORTEST_TITLE) & names(body, title)


def redacted(body: ColumnElement[Any], barcode: ColumnElement[Any], title: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text without a copy's barcode and title."""
    label = func.coalesce(barcode, text("''"))
    long = case((size(title) >= SHORTEST_TITLE, title), else_=text("''"))
    return without(without(body, label, text(f"'{ITEM}'")), long, text(f"'{TITLE}'"))


def teach(connection: Connection) -> None:
    """Give a session the functions that the texts above speak of, where the database has none of its own."""
    if connection.dialect.name == "postgresql":
        from carrel.systems.sql.expressions_postgresql import WITHOUT

        connection.exec_driver_sql(WITHOUT)
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection
    driver.create_function("carrel_tells", 2, _tells, deterministic=True)
    driver.create_function("carrel_without", 3, _without, deterministic=True)
    driver.create_function("carrel_beginning", 3, _beginning, deterministic=True)


def _tells(body: object, words: object) -> int:
    return int(isinstance(body, str) and isinstance(words, str) and bool(words) and trail.tells(body, words))


def _without(body: object, words: object, mark: str) -> object:
    return trail.without(body, words, mark) if isinstance(body, str) and isinstance(words, str) else body


def _beginning(body: object, first: int, length: int) -> object:
    return body[first - 1 : first - 1 + length] if isinstance(body, str) else body


__all__ = ["ITEM", "TITLE", "beginning", "names", "names_title", "redacted", "teach"]
