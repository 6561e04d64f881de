"""Figures for a return, counted in the library's own database: totals alone leave it, and no row."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, and_, column, func, or_, select

from carrel.inventory.figures import Counted, Figures
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.named_table import table

KINDS = tuple(Figures.model_fields)


def figures_of(connection: Connection, figures: Figures, begins: date, ends: date) -> dict[str, int]:
    """Every kind that a map names, counted.

    Args:
        connection: that only reads, on the library's own clock.
        figures: of the map.
        begins: first day of the year.
        ends: first day after it.
    """
    return {
        kind: sum(_count(connection, one, begins, ends) for one in sources)
        for kind in KINDS
        if (sources := figures.kind(kind))
    }


def _count(connection: Connection, one: Counted, begins: date, ends: date) -> int:
    # A day is compared like a time; on SQLite both are texts, and a day sorts before its own midnight.
    before, last = (datetime.combine(day, time()) - timedelta(seconds=1) for day in (begins, ends))
    times = [name for name in (one.at, one.made, one.ends) if name is not None]
    plain = [test.column for test in one.where if test.column not in times]
    rows = table(one.table, *(column(name, LocalTime()) for name in times), *map(column, dict.fromkeys(plain)))
    tests = [all_hold(rows.c, one.where)]
    if one.at is not None:
        tests += [rows.c[one.at] > before, rows.c[one.at] <= last]
    if one.made is not None:
        tests.append(or_(rows.c[one.made].is_(None), rows.c[one.made] <= last))
    if one.ends is not None:
        tests.append(or_(rows.c[one.ends].is_(None), rows.c[one.ends] > last))
    return int(connection.execute(select(func.count()).select_from(rows).where(and_(*tests))).scalar_one())
