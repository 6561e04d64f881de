"""Rows of a table without a key, by the place where they lie; it holds for one statement and is never kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Dialect, FromClause, cast, column, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import REGCLASS

from carrel.systems.sql.named_table import parted

_PLACES = {"sqlite": ("rowid",), "postgresql": ("tableoid", "ctid")}  # two: rows of tables that inherit lie elsewhere


def has_places(dialect: Dialect) -> bool:
    """Whether the database tells where a row lies; others limit a change to so many rows themselves."""
    return dialect.name in _PLACES


def is_own(name: str, rows: FromClause) -> ColumnElement[bool]:
    """Whether a row stands in the table itself, and not in one that inherits from it (PostgreSQL).

    Args:
        name: of the table, as maps write it.
        rows: the table, or an alias of it.
    """
    place: ColumnElement[Any] = column("tableoid", _selectable=rows)
    return place == cast(".".join(f'"{one}"' for one in parted(name) if one), REGCLASS)


def lies_among(dialect: Dialect, rows: FromClause, which: ColumnElement[bool], most: int) -> ColumnElement[bool]:
    """Whether a row is one of at most so many for which a condition holds.

    Args:
        dialect: of the session; one that has places.
        rows: the table again, or an alias of it.
        which: a condition on it.
        most: rows.
    """
    names: list[ColumnElement[Any]] = [literal_column(name) for name in _PLACES[dialect.name]]
    some = select(*names).select_from(rows).where(which).limit(most)
    return names[0].in_(some) if len(names) == 1 else tuple_(*names).in_(some)
