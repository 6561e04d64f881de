"""Which rows of a table may hold one of a person's words: the server's choice, made in one look at each row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, cast, collate, false, func, literal, literal_column, or_
from sqlalchemy.dialects import mysql
from sqlalchemy.types import Text

from carrel.retention.finder import BETWEEN, Finder
from carrel.systems.sql.expressions_postgresql import folded

Bool = ColumnElement[bool]
_PARTED = "\n"
_LONG = 1_000_000  # bytes in one row; no server takes less in a packet


def may_name(dialect: str, columns: Sequence[ColumnElement[Any]], binary: Sequence[bool], finder: Finder) -> Bool:
    """Whether one of these columns may hold a word of a person.

    Args:
        dialect: of the connection.
        columns: of one table, together in one text; a word that spans two of them is none, since a line parts them.
        binary: for each, whether it holds bytes.
        finder: with the words and the numbers.

    Guarantees:
        Every row in whose texts the finder finds something is among them; whether it does, the finder decides.
    """
    pattern = _pattern(finder)
    if not pattern or not columns:
        return false()
    small = f"(?i){pattern}"
    if dialect == "sqlite":
        # Bytes that are no text would stop the search; whoever reads them decides.
        bytes_there = [one.is_not(None) for one, bytes_ in zip(columns, binary, strict=True) if bytes_]
        texts = [func.coalesce(one, "") for one, bytes_ in zip(columns, binary, strict=True) if not bytes_]
        together: list[Bool] = []
        if texts:
            parts: list[ColumnElement[Any]] = list(texts)
            together = [reduce(lambda before, one: before + literal(_PARTED) + one, parts).regexp_match(small)]
        return or_(false(), *bytes_there, *together)
    if dialect == "postgresql":
        # Bytes are no text there; whoever reads them decides.
        there = [one.is_not(None) for one, bytes_ in zip(columns, binary, strict=True) if bytes_]
        words = [cast(one, Text()) for one, bytes_ in zip(columns, binary, strict=True) if not bytes_]
        line: ColumnElement[str] = literal_column("E'\\n'")
        named = [folded(func.concat_ws(line, *words)).regexp_match(folded(literal(pattern)))] if words else []
        return or_(false(), *there, *named)
    # Columns of several character sets meet here: one is named, and the pattern says that case does not matter.
    whole = collate(func.concat_ws(_PARTED, *(readable(dialect, one) for one in columns)), "utf8mb4_bin")
    # A server cuts a text short that is longer than its packets; such a row is read as it is.
    long = reduce(add, (func.coalesce(func.octet_length(one), 0) for one in columns)) > _LONG
    return or_(long, whole.regexp_match(small))


def _pattern(finder: Finder) -> str:
    words = [_literal(word) for word in (*finder.needles, *finder.told_needles)]
    if finder.keys:
        keys, numbers = ("|".join(map(_literal, sorted(some))) for some in (finder.keys, finder.numbers))
        words.append(f"(?:{keys}){BETWEEN}(?:{numbers})")
    return "|".join(words)


def _literal(word: str) -> str:
    """A word in the grammar that Python's and the server's patterns share."""
    # Signs of ASCII alone mean anything there, and a letter behind a backslash would.
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", word)


def readable(dialect: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column's text as the connection writes texts, whatever character set it is kept in."""
    return cast(column, Text() if dialect in {"sqlite", "postgresql"} else mysql.CHAR(charset="utf8mb4"))
