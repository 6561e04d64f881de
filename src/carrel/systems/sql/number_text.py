"""A number as the text that a column of texts holds for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class as_text(GenericFunction[str]):  # noqa: N801  (SQL functions are written in small letters)
    """A number in digits, fit to be compared with a column of any collation."""

    type = String()
    inherit_cache = True
    name = "carrel_as_text"


@compiles(as_text)
def _plain(element: as_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS VARCHAR(20))"


@compiles(as_text, "mysql", "mariadb")
def _mariadb(element: as_text, compiler: SQLCompiler, **kw: Any) -> str:
    # Under its own collation the text would be of the session's, and the server refuses the mix with the column's.
    return f"(CONVERT({compiler.process(element.clauses, **kw)} USING utf8mb4) COLLATE utf8mb4_bin)"
