"""The numbers of records of persons that are there now: all of them, or those of some."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, column, not_, select

from carrel.inventory.system_map import People
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.in_lists import batches
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


def among(connection: Connection, people: People, some: Collection[int]) -> frozenset[int]:
    """Those of some numbers under which a record is there, and is not one that the product keeps as deleted.

    Args:
        connection: reads only.
        people: of the map.
        some: numbers.
    """
    tests = (*people.gone, *people.deleted)
    rows = table(people.table, *map(column, dict.fromkeys((people.key, *(one.column for one in tests)))))
    key, there = rows.c[people.key], set[int]()
    for batch in batches(some):
        query = select(key).where(key.in_(batch), not_(is_gone(people, rows)))
        if people.deleted:
            query = query.where(not_(all_hold(rows.c, people.deleted)))
        there |= {int(one) for one in connection.execute(query).scalars()}
    return frozenset(there)
