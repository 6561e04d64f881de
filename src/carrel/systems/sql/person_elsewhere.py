"""Words that name a person in another table than the people's: cards, and settings that hold a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select

from carrel.inventory.person_map import Elsewhere
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.person_selection import Bool, PersonSelection
from carrel.systems.sql.person_statement import named, once


def columns_of(other: Elsewhere) -> tuple[str, ...]:
    """The columns that a look at it needs."""
    return tuple(dict.fromkeys((*other.columns, *(one.column for one in other.only))))


def meant(other: Elsewhere, rows: FromClause) -> ColumnElement[bool]:
    """Whether a row is one that counts."""
    return all_hold(rows.c, other.only)


def said_elsewhere(connection: Connection, rows: PersonSelection, other: Elsewhere) -> dict[int, list[str]]:
    """What another table says of these persons, by their number; a text in JSON without its quotes."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    if other.table in rows.schema.tables:
        by = named(rows, other.table, other.person)
        query = once(rows, ("said elsewhere", other, by.shape), partial(_said, rows, other, by.which))
        for number, *values in connection.execute(query, by.values):
            found[int(number)] += [bare(str(one)) for one in values if one]
    return found


def _said(rows: PersonSelection, other: Elsewhere, by: Bool) -> Select[Any]:
    source = rows.rows(other.table)
    columns = [source.c[one] for one in other.columns]
    return select(source.c[other.person], *columns).where(by, meant(other, source)).order_by(*columns)


def bare(text: str) -> str:
    """A value as it is, where it is kept as a text in JSON."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def who_has(
    connection: Connection, rows: PersonSelection, other: Elsewhere, words: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Who else has one of these words in another table, where each may stand in quotes."""
    if other.table not in rows.schema.tables:
        return
    source, wanted = rows.rows(other.table), [*words, *(f'"{one}"' for one in words)]
    for name in other.columns:
        query = select(source.c[other.person], source.c[name]).where(source.c[name].in_(wanted), meant(other, source))
        yield from ((int(number), str(value)) for number, value in connection.execute(query) if number is not None)
