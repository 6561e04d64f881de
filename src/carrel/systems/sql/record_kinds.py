"""Which kinds of record a live database holds: rows of the tables that the map places each kind in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, column, func, literal, or_, select

from carrel.accountability.facts import KindFacts
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.named_table import table
from carrel.systems.sql.permitted import Permitted


def record_kinds(
    connection: Connection, system_map: SystemMap, schema: LiveSchema, stand_in: int | None
) -> tuple[KindFacts, ...]:
    """Count the rows of every kind of record that the product can hold.

    Args:
        connection: a read-only session.
        system_map: places each kind in its tables.
        schema: as it is now; a table that the site lacks holds nothing.
        stand_in: the product's anonymous patron, who is nobody.

    Returns:
        Counts by kind; of the loans, which can be many millions and are counted elsewhere, only whether there are any.
        Tables that the account may not read are named, and never count as empty.
    """
    found = []
    loans = {system_map.loans.open.table, system_map.loans.closed.table}
    for record, tables in system_map.kinds.items():
        looking, rows, linked = Permitted(connection, schema), 0, 0
        for name in tables:
            if name in schema.tables:
                with looking.at(name):
                    if name in loans:
                        first = select(literal(1)).select_from(table(name)).limit(1)
                        rows += len(connection.execute(first).all())
                        continue
                    rows += int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())
                    linked += _linked(looking, system_map, name, stand_in)
        found.append(KindFacts(record, tables, rows, tuple(looking.unread), linked))
    return tuple(found)


def _linked(looking: Permitted, system_map: SystemMap, name: str, stand_in: int | None) -> int:
    """Rows of a table in which a column that names a person names one of those who have a card now."""
    columns = looking.there(name, *system_map.person_columns.get(name, ()))
    people = table(system_map.people.table)
    key: ColumnElement[Any] = column(system_map.people.key)
    if not columns or name == system_map.people.table:
        return 0
    # PostgreSQL compares no number with a text.
    as_texts = looking.connection.dialect.name == "postgresql"
    said: ColumnElement[Any] = cast(key, Text()) if as_texts else key
    somebody = select(said).select_from(people).where(*(() if stand_in is None else (key != stand_in,)))
    named: list[ColumnElement[Any]] = [cast(column(one), Text()) if as_texts else column(one) for one in columns]
    query = select(func.count()).select_from(table(name)).where(or_(*(one.in_(somebody) for one in named)))
    return int(looking.connection.execute(query).scalar_one())
