"""Records of people that the product keeps as empty rows, because rows of others name them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, FromClause, column, false, select

from carrel.inventory.system_map import People
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import table


def is_gone(people: People, rows: FromClause) -> ColumnElement[bool]:
    """Whether a row of the people's table is of nobody any more.

    Args:
        people: of the map.
        rows: their table.
    """
    if not people.gone:
        return false()
    return all_hold(rows.c, people.gone)


def gone_among(connection: Connection, people: People, numbers: set[int]) -> set[int]:
    """Of these records, those that are an empty row only.

    Args:
        connection: reads only.
        people: of the map.
        numbers: of the records.
    """
    if not people.gone:
        return set()
    rows = table(people.table, column(people.key), *(column(one.column) for one in people.gone))
    query = select(rows.c[people.key]).where(rows.c[people.key].in_(numbers), is_gone(people, rows))
    return {int(one) for one in connection.execute(query).scalars()}
