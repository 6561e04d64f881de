"""Records that a run frees itself: they hang on a loan now, and go by their own clock once it is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, or_, select

from carrel.inventory.system_map import Method
from carrel.systems.sql.paths import PathSql


def freed(connection: Connection, paths: Sequence[PathSql]) -> dict[str, int]:
    """Rows per path of other records that are due by their own clock as soon as their loan is parted from them.

    Args:
        connection: with the work tables.
        paths: all that the run comes to; loans' before others.

    Returns:
        Rows that the counts of these paths do not have: a settled charge of a due loan keeps its payer with the loan,
        and loses it in the same run where its own period is over.
    """
    found: dict[str, int] = {}
    for record in paths:
        if record.path.link.by != "own":
            continue
        rows = 0
        for path, later in _before(record, paths):
            here = path.table
            goes = or_(path.due_with_loan(here), path.strays.are(here))
            query = select(func.count()).select_from(here).where(path.own.still(here), goes)
            query = query.where(later.own.still(here), later.strays.are(here))
            rows += int(connection.execute(query).scalar_one())
        if rows:
            found[record.path.name] = rows
    return found


def _before(record: PathSql, paths: Sequence[PathSql]) -> Iterator[tuple[PathSql, PathSql]]:
    """Each path whose cut makes rows such records, with the record's own as it will be asked by then."""
    for path in paths:
        link, cut = path.path.link, path.cut
        if link.by != "key" or path.path.table != record.path.table or path.path.person != record.path.person:
            continue
        cleared = {name for name, how in cut.set.items() if how is Method.CLEAR}
        waits = {one.column for one in record.path.only if one.empty}
        if cut.delete or path.path.person in cut.set or link.column not in cleared & waits:
            continue
        only = tuple(one for one in record.path.only if not (one.empty and one.column in cleared))
        later = record.path.model_copy(update={"only": only})
        yield path, PathSql(record.own.shelf, later, record.own.terms, joins=False)
