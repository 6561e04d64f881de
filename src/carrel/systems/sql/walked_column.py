"""The column by which a path is walked, as a number that grows along it: a number itself, or the second of a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.inventory.map_path import Path


class second_of(GenericFunction[int]):  # noqa: N801  (a function of SQL is named as SQL names it)
    """The second of a local time, counted from any fixed day; NULL without one."""

    type = BigInteger()
    inherit_cache = True
    name = "carrel_second_of"


@compiles(second_of, "sqlite")
def _second_sqlite(element: second_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"


@compiles(second_of, "mysql", "mariadb")
def _second_mariadb(element: second_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"TO_SECONDS({compiler.process(element.clauses, **kw)})"


@compiles(second_of, "postgresql")
def _second_postgresql(element: second_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **kw)})) AS BIGINT)"


def place_of(path: Path, column: str, rows: FromClause) -> ColumnElement[Any]:
    """Where a row stands on the way through its table.

    Args:
        path: of the map.
        column: by which it is walked; where the key is a text, one of the path's times.
        rows: the table or an alias of it.
    """
    here = rows.c[column]
    return second_of(here) if column in getattr(path.link, "dated", ()) else here
