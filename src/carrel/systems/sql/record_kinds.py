"""Which kinds of record a live database holds: rows of the tables that the map places each kind in."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, table

from carrel.accountability.facts import KindFacts
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.permitted import Permitted


def record_kinds(connection: Connection, system_map: SystemMap, schema: LiveSchema) -> tuple[KindFacts, ...]:
    """Count the rows of every kind of record that the product can hold.

    Args:
        connection: a read-only session.
        system_map: places each kind in its tables.
        schema: as it is now; a table that the site lacks holds nothing.

    Returns:
        Counts by kind. Tables that the account may not read are named, and never count as empty.
    """
    found = []
    for record, tables in system_map.kinds.items():
        looking, rows = Permitted(connection, schema), 0
        for name in tables:
            if name in schema.tables:
                with looking.at(name):
                    rows += int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())
        found.append(KindFacts(record, tables, rows, tuple(looking.unread)))
    return tuple(found)
