"""Rows of which other tables tell what they are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, column, exists, select

from carrel.inventory.map_part import Condition, Step
from carrel.inventory.map_path import Beside
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import matching

Holding = Callable[[Any, tuple[Condition, ...]], ColumnElement[bool]]


def led_by(rows: FromClause, steps: Sequence[Step], holds: Holding = matching) -> ColumnElement[bool]:
    """Whether every table on a way from a row has a row that tells what the way says.

    Args:
        rows: from which it leads.
        steps: of the way.
        holds: how conditions are asked of a table's columns.
    """
    before, query, tests = rows, select(1), list[ColumnElement[bool]]()
    for depth, step in enumerate(steps):
        further = (steps[depth + 1].equals,) if depth + 1 < len(steps) else ()
        names = dict.fromkeys((step.column, *(one.column for one in step.where), *further))
        far = table(step.table, *(column(name) for name in names)).alias(f"g{depth}")
        query = query.select_from(far)
        tests.append(and_(far.c[step.column] == before.c[step.equals], holds(far.c, step.where)))
        before = far
    return exists(query.where(*tests).correlate(rows))


def beside(rows: FromClause, far: FromClause, other: Beside) -> ColumnElement[bool]:
    """Whether a row of another table belongs to a row."""
    pairs = (far.c[there] == rows.c[here] for here, there in other.pairs.items())
    return and_(*pairs, matching(far.c, other.where))
