"""Records of people that the product keeps as empty rows, because rows of others name them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, false

from carrel.inventory.system_map import People
from carrel.systems.sql.conditions import compiled


def is_gone(people: People, rows: FromClause) -> ColumnElement[bool]:
    """Whether a row of the people's table is of nobody any more.

    Args:
        people: of the map.
        rows: their table.
    """
    if not people.gone:
        return false()
    return and_(*(compiled(rows.c[one.column], one) for one in people.gone))
