"""The rows of a table of loans: which of them are meant, when each was over, at what moments, and their titles."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, true

from carrel.inventory.system_map import Anchor
from carrel.systems.sql.expressions import is_time
from carrel.systems.sql.shelf import Shelf, matching


def meant(anchor: Anchor, rows: FromClause) -> ColumnElement[bool]:
    """The row is a loan of this anchor: open and past ones can stand in one table."""
    return matching(rows.c, anchor.only) if anchor.only else true()


def over(anchor: Anchor, rows: FromClause) -> ColumnElement[Any]:
    """When the loan was over: brought back, or otherwise ended where it never was."""
    closed = rows.c[anchor.closed]
    return closed if anchor.ended is None else case((is_time(closed), closed), else_=rows.c[anchor.ended])


def moments(anchor: Anchor, rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The further times of the loan's events."""
    return tuple(rows.c[name] for name in anchor.moments)


def titled(shelf: Shelf, copies: FromClause, titles: FromClause, start: FromClause | None = None) -> FromClause:
    """Items joined with their titles, where they have one.

    Args:
        shelf: with the tables of the map.
        copies: the items' table or an alias of it.
        titles: likewise, of the titles.
        start: what the items are joined to already; themselves unless given.
    """
    items = shelf.map.items
    joined = copies if start is None else start
    if not items.title_by:
        return joined.outerjoin(titles, titles.c[items.title_key] == copies.c[items.title_key])
    before = copies
    for depth, step in enumerate(items.title_by):
        last = depth == len(items.title_by) - 1
        rows = titles if last else shelf[step.table].alias(f"w{depth}")
        on = and_(rows.c[step.column] == before.c[step.equals], matching(rows.c, step.where))
        joined, before = joined.outerjoin(rows, on), rows
    return joined
