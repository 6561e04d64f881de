"""How long a text is, whatever character set its column has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class utf8_length(GenericFunction[int]):  # noqa: N801  (SQL functions are written in small letters)
    """Bytes of a text in UTF-8; of bytes that are none, no fewer than they have letters."""

    type = Integer()
    inherit_cache = True
    name = "carrel_utf8_length"


@compiles(utf8_length, "postgresql")
def _postgresql(element: utf8_length, compiler: SQLCompiler, **kw: Any) -> str:
    # As a text, bytes are written in hexadecimal digits, which are more.
    return f"octet_length(CAST({compiler.process(element.clauses, **kw)} AS TEXT))"


@compiles(utf8_length, "mysql", "mariadb")
def _mariadb(element: utf8_length, compiler: SQLCompiler, **kw: Any) -> str:
    own = compiler.process(element.clauses, **kw)
    return f"COALESCE(OCTET_LENGTH(CONVERT({own} USING utf8mb4)), OCTET_LENGTH({own}))"
