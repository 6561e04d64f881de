"""The number of every record of a person that is there now, one after another."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, column, not_, select

from carrel.inventory.system_map import People
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.named_table import table

_AT_ONCE = 10_000


def numbers(connection: Connection, people: People) -> Iterator[int]:
    """Every number in the people's table, without the empty rows that a product keeps of nobody.

    Args:
        connection: reads only.
        people: of the map.
    """
    rows = table(people.table, column(people.key), *(column(one.column) for one in people.gone))
    key, last = rows.c[people.key], None
    while True:
        query = select(key).where(not_(is_gone(people, rows))).order_by(key).limit(_AT_ONCE)
        found = connection.execute(query if last is None else query.where(key > last)).scalars().all()
        yield from (int(one) for one in found)
        if len(found) < _AT_ONCE:
            return
        last = found[-1]
