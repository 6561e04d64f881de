"""Records that a run frees itself: what they hang on goes earlier in the same run, and they by their own clock then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, exists, func, not_, or_, select

from carrel.inventory.map_path import OwnLink
from carrel.inventory.system_map import Method
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.way_rows import beside


def freed(connection: Connection, paths: Sequence[PathSql]) -> dict[str, int]:
    """Rows per path of other records that are due by their own clock as soon as their loan is parted from them.

    Args:
        connection: with the work tables.
        paths: all that the run comes to; loans' before others.

    Returns:
        Rows that the counts of these paths do not have: a settled charge of a due loan keeps its payer with the loan,
        and loses it in the same run where its own period is over; a notice of a hold is in use with the hold, and goes
        after it.
    """
    found: dict[str, int] = {}
    for place, record in enumerate(paths):
        if record.path.link.by != "own":
            continue
        rows = _hung_on(connection, record, paths[:place])
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


def _hung_on(connection: Connection, record: PathSql, before: Sequence[PathSql]) -> int:
    """How many are in use only because of rows that earlier paths take out of their table."""
    link, rows = record.path.link, record.table
    if not isinstance(link, OwnLink) or link.unless is None:
        return 0
    free = record.path.model_copy(update={"link": link.model_copy(update={"unless": None})})
    later, stays = PathSql(record.own.shelf, free, record.own.terms, joins=False), link.unless
    takers = [one for one in before if one.path.table == stays.table and one.cut.delete]
    if not takers:
        return 0
    far = takers[0].table
    theirs = beside(rows, far, stays)
    goes = or_(*(one.takes(far) for one in takers))
    some = exists(select(1).select_from(far).where(theirs).correlate(rows))
    other = exists(select(1).select_from(far).where(theirs, goes.is_not(True)).correlate(rows))
    query = select(func.count()).select_from(rows)
    query = query.where(later.own.still(rows), later.strays.are(rows), some, not_(other))
    return int(connection.execute(query).scalar_one())
