"""Records that a run frees itself: what they hang on goes earlier in the same run, and they by their own clock then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, exists, func, not_, or_, select

from carrel.inventory.map_path import OwnLink
from carrel.inventory.system_map import Method
from carrel.systems.sql.heirs import heirs_of
from carrel.systems.sql.path_overlap import spends
from carrel.systems.sql.path_rows import Bool
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.way_rows import beside


@dataclass(frozen=True, slots=True)
class Freed:
    """Rows per path that are due by their own clock only once the run has come to them.

    Attributes:
        rows: those that the counts of these paths do not have.
        released: of them, those that are counted as kept until then.
        spent: rows that a later path of the same table counts, and that are cut as such a row before its turn.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    released: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)


def freed(connection: Connection, paths: Sequence[PathSql]) -> Freed:
    """Rows per path of other records that are due by their own clock as soon as their loan is parted from them.

    Args:
        connection: with the work tables.
        paths: all that the run comes to; loans' before others.

    Returns:
        Rows that the counts of these paths do not have: a settled charge of a due loan keeps its payer with the loan,
        and loses it in the same run where its own period is over; a notice of a hold is in use with the hold, and goes
        after it; a bill is somebody's as long as there is the charge that it belongs to.
    """
    found: dict[str, int] = {}
    released: dict[str, int] = {}
    spent: Counter[str] = Counter()
    for place, record in enumerate(paths):
        if record.path.link.by != "own":
            continue
        rows = 0
        hung = _hung_on(connection, record, paths[:place])
        if hung is not None:
            rows = released[record.path.name] = _count(connection, record, hung)
        if hung is not None and rows:
            for later in paths[place + 1 :]:
                if later.path.link.by == "own" and spends(record, later):
                    spent[later.path.name] += _count(connection, record, and_(hung, later.takes(record.table)))
        for path, later in _before(record, paths):
            here = path.table
            goes = or_(path.due_with_loan(here), path.strays.are(here))
            query = select(func.count()).select_from(here).where(path.own.still(here), goes)
            query = query.where(later.own.still(here), later.strays.are(here))
            rows += int(connection.execute(query).scalar_one())
        if rows:
            found[record.path.name] = rows
    return Freed(found, released, spent)


def _count(connection: Connection, record: PathSql, which: Bool) -> int:
    return int(connection.execute(select(func.count()).select_from(record.table).where(which)).scalar_one())


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


def _hung_on(connection: Connection, record: PathSql, before: Sequence[PathSql]) -> Bool | None:
    """Which rows are in use only because of rows that earlier paths take out of their table; None where none can be."""
    link, rows = record.path.link, record.table
    if not isinstance(link, OwnLink) or link.unless is None:
        return None
    free = record.path.model_copy(update={"link": link.model_copy(update={"unless": None})})
    later, stays = PathSql(record.own.shelf, free, record.own.terms, joins=False), link.unless
    deleting = [one for one in before if one.cut.delete]
    takers = [one for one in deleting if one.path.table == stays.table]
    # Rows of a table that inherits it are rows of it as well.
    names = heirs_of(connection, stays.table)
    heirs = [one for one in deleting if one.path.table in names]
    heirs = [one for one in heirs if all(there in one.table.c for there in stays.pairs.values())]
    if not takers and not heirs:
        return None
    far = record.own.shelf[stays.table]
    theirs = beside(rows, far, stays)
    goes = [one.takes(far) for one in takers]
    for one in heirs:
        same = and_(*(one.table.c[there] == far.c[there] for there in stays.pairs.values()))
        goes.append(exists(select(1).select_from(one.table).where(same, one.takes(one.table)).correlate(far)))
    some = exists(select(1).select_from(far).where(theirs).correlate(rows))
    other = exists(select(1).select_from(far).where(theirs, or_(*goes).is_not(True)).correlate(rows))
    return and_(later.own.still(rows), later.strays.are(rows), some, not_(other))
