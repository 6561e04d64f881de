"""The items of a title, by the number of its record."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.anchor_rows import titled
from carrel.systems.sql.shelf import Shelf


def items_of(connection: Connection, system_map: SystemMap, titles: Collection[int]) -> frozenset[int]:
    """The numbers of every item that is there of these titles; one that was deleted is not among them.

    Args:
        connection: reads only.
        system_map: tells where items and titles stand.
        titles: numbers of the titles' records.
    """
    shelf, items = Shelf(system_map), system_map.items
    copies, rows = shelf[items.table].alias("copies"), shelf[items.title_table].alias("titles")
    query = select(copies.c[items.key]).select_from(titled(shelf, copies, rows))
    return frozenset(
        int(one) for one in connection.execute(query.where(rows.c[items.title_key].in_(sorted(titles)))).scalars()
    )
