"""Who has switched on a history of their loans in the product itself, by their numbers."""

from __future__ import annotations

from sqlalchemy import Connection, column, select

from carrel.inventory.system_map import SystemMap
from carrel.systems.sql import live
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import table


def history_wanted(connection: Connection, system_map: SystemMap) -> tuple[int, ...] | None:
    """The people of whom the product keeps a history because it is switched on for them.

    Args:
        connection: a read-only session.
        system_map: whose fact about a loan says where that stands; it is asked of the people alone.

    Returns:
        Numbers, each once, in their order, without the account that stands in for nobody; None where the map leads
        there over more than one table.
    """
    steps = system_map.loans.facts.opted_in.steps
    if len(steps) != 1:
        return None
    step = steps[0]
    names = dict.fromkeys((step.column, *(one.column for one in step.where)))
    rows = table(step.table, *(column(name) for name in names))
    key = rows.c[step.column]
    query = select(key).where(all_hold(rows.c, step.where), key.is_not(None)).distinct().order_by(key)
    nobody = live.stand_in(connection, system_map)
    return tuple(int(one) for one in connection.execute(query).scalars() if int(one) != nobody)
