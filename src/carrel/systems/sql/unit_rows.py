"""Units of a live database: read as a tree, and put in a work table with their zones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    TableClause,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    not_,
    null,
    select,
)

from carrel.errors import fault
from carrel.inventory import faults
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.inventory.unit_map import UnitGroups, UnitTold
from carrel.inventory.unit_tree import Unit, UnitTree
from carrel.retention.consortium import Consortium, InForce, consortium
from carrel.retention.predicate import Fact, Zoning
from carrel.systems.sql.expressions import as_code
from carrel.systems.sql.failure import told
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.worktables import inserted, know, make

UNITS: TableClause = table("carrel_units", column("unit", String()), column("zone", Integer()))
# Members of chains of renewals, each with the zones that any member of its chain touches.
CHAINED: TableClause = table("carrel_chained", column("loan", Integer()), column("zone", Integer()))
_KNOWN = CHAINED.alias("known")
NO_ZONE = -1  # of a unit that the tree does not have
Bool = ColumnElement[bool]


def read_tree(connection: Connection, system_map: SystemMap, schema: LiveSchema, *, at: str) -> UnitTree:
    """The units as they are now.

    Args:
        connection: a session that may read.
        system_map: says where they stand.
        schema: live; groups that the site's version does not have are left out.
        at: the system's name, for errors.

    Raises:
        CarrelError: UNT-004, the map does not tell; UNT-001, a unit stands under itself; or the database's own.
    """
    spot = system_map.branches
    if spot is None:
        raise fault(
            faults.NO_UNITS,
            at=at,
            wanted="a map with 'branches:'",
            found=f"the map {system_map.system}, without it",
            fix="take 'branches:' out of the site file: one policy governs all of this system",
        )
    with told(at):
        rows = table(spot.table)
        above: ColumnElement[Any] = null() if spot.parent is None else column(spot.parent)
        words: list[ColumnElement[Any]] = [column(spot.key), above, column(spot.code), column(spot.name)]
        query = select(*words).select_from(rows)
        found = [
            Unit(str(key), str(code or ""), str(name or ""), () if up is None else (str(up),))
            for key, up, code, name in connection.execute(query).all()
        ]
        if spot.groups is not None and spot.groups.table in schema.tables:
            found = _grouped(connection, spot.groups, found)
    return UnitTree(found, f"{at}, {spot.table}")


def unit_codes(connection: Connection, system_map: SystemMap, *, at: str) -> frozenset[str]:
    """The codes of all units, as a site file names them; none where the map does not tell.

    Raises:
        CarrelError: the database's own.
    """
    if (spot := system_map.branches) is None:
        return frozenset()
    with told(at):
        code: ColumnElement[Any] = column(spot.code)
        found = connection.execute(select(code).select_from(table(spot.table))).scalars()
        return frozenset(str(one) for one in found if one)


def _grouped(connection: Connection, groups: UnitGroups, units: list[Unit]) -> list[Unit]:
    words: list[ColumnElement[Any]] = [column(one) for one in (groups.key, groups.parent, groups.member, groups.code)]
    above: dict[str, list[str]] = {one.key: list(one.above) for one in units}
    more = []
    for key, up, member, code in connection.execute(select(*words).select_from(table(groups.table))).all():
        parent = () if up is None else (f"{groups.table} {up}",)
        if member is None:
            more.append(Unit(f"{groups.table} {key}", str(code or ""), str(code or ""), parent, borne=False))
        elif str(member) in above:
            above[str(member)].extend(parent)
    return [*(Unit(one.key, one.code, one.name, tuple(above[one.key])) for one in units), *more]


def consortium_of(
    connection: Connection, policies: InForce, system_map: SystemMap, schema: LiveSchema, *, at: str
) -> Consortium | None:
    """The policies of a database on its tree of units; None where none is named for a unit.

    Raises:
        CarrelError: as `read_tree` and `carrel.retention.consortium.consortium`.
    """
    return None if not policies.named else consortium(policies, read_tree(connection, system_map, schema, at=at))


class UnitRows:
    """The work table of units on one connection.

    Args:
        connection: of the session.
        shelf: with the tables of the map.
    """

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self._connection, self._shelf = connection, shelf

    def create(self) -> None:
        """Make the tables anew; they are empty where one policy is in force."""
        closed = self._shelf.map.loans.closed
        columns = "unit TEXT, zone INT"
        if self._connection.dialect.name in {"mysql", "mariadb"}:
            # Texts compare under the collation of the column that names a loan's unit.
            rows = self._shelf[closed.table]
            query = select(rows.c[closed.branch].label("unit"), cast(0, Integer).label("zone")).limit(0)
            columns = str(query.compile(self._connection, compile_kwargs={"literal_binds": True}))
        make(self._connection, UNITS.name, columns, ("unit",))
        if closed.chain is not None:
            make(self._connection, CHAINED.name, "loan BIGINT, zone INT", ("loan",))

    def fill(self, zoning: Zoning | None) -> None:
        """Put the units in, each with its zone; and what chains of renewals touch."""
        c, closed = self._connection, self._shelf.map.loans.closed
        c.execute(delete(UNITS))
        for some in parts([] if zoning is None else zoning.units):
            c.execute(insert(UNITS), [{"unit": unit, "zone": zone} for unit, zone in some])
        know(c, UNITS)
        if closed.chain is not None:
            c.execute(delete(CHAINED))
            if zoning is not None and zoning.zones > 1:
                self._chains()

    def _chains(self) -> None:
        """A chain of renewals is one loan: it touches whatever any of its members touches."""
        c, closed, chain = self._connection, self._shelf.map.loans.closed, str(self._shelf.map.loans.closed.chain)
        rows, later = self._shelf[closed.table], self._shelf[closed.table].alias("n")
        renewed = exists(select(1).select_from(later).where(later.c[chain] == rows.c[closed.key]).correlate(rows))
        for zone in unit_zones(self._shelf, rows, (Fact.BRANCH, Fact.RETURNED)).values():
            member = select(rows.c[closed.key], zone.label("zone")).where(rows.c[chain].is_not(None) | renewed)
            inner = member.subquery()
            own = select(*inner.c).where(inner.c.zone.is_not(None)).distinct()
            c.execute(insert(CHAINED).from_select(["loan", "zone"], own))
        know(c, CHAINED)
        before, after = self._shelf[closed.table].alias("b"), self._shelf[closed.table].alias("a")
        link = after.c[chain] == before.c[closed.key]
        while True:
            added = 0
            for known, other in ((after, before), (before, after)):
                there = select(1).select_from(_KNOWN)
                mine = there.where(_KNOWN.c.loan == other.c[closed.key], _KNOWN.c.zone == CHAINED.c.zone)
                reached = select(other.c[closed.key], CHAINED.c.zone).distinct()
                reached = reached.where(CHAINED.c.loan == known.c[closed.key], link, not_(exists(mine)))
                added += inserted(c, insert(CHAINED).from_select(["loan", "zone"], reached))
            if not added:
                return
            know(c, CHAINED)


def zone_of(unit: ColumnElement[Any]) -> ColumnElement[Any]:
    """The zone of the unit that a column of the row names: NULL where it names none."""
    found = select(UNITS.c.zone).where(UNITS.c.unit == as_code(unit)).limit(1).scalar_subquery()
    return case((unit.is_(None), null()), else_=func.coalesce(found, NO_ZONE))


def _zone_beyond(
    rows: FromClause, steps: tuple[tuple[FromClause, Bool], ...], unit: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The zone of the unit that the last table on a way names."""
    joined = steps[-1][0].outerjoin(UNITS, UNITS.c.unit == as_code(unit))
    query = select(func.coalesce(UNITS.c.zone, NO_ZONE)).select_from(joined)
    for before, _ in steps[:-1]:
        query = query.select_from(before)
    tests = [test for _, test in steps]
    return query.where(unit.is_not(None), *tests).limit(1).correlate(rows).scalar_subquery()


def unit_zones(shelf: Shelf, rows: FromClause, facts: tuple[Fact, ...]) -> dict[Fact, ColumnElement[Any]]:
    """The zones of the units that a loan touches, as far as the map tells.

    Args:
        shelf: with the tables of the map.
        rows: the table of past loans, or an alias of it.
        facts: which units are asked for.
    """
    loans, people = shelf.map.loans, shelf.map.people
    found: dict[Fact, ColumnElement[Any]] = {Fact.BRANCH: zone_of(rows.c[loans.closed.branch])}
    for fact, told_by in ((Fact.RETURNED, loans.touches.returned), (Fact.OWNER, loans.touches.owner)):
        if told_by is not None:
            found[fact] = _told_by(shelf, rows, told_by)
    if people.home is not None:
        found[Fact.HOME] = home_zone(shelf, rows, rows.c[loans.closed.person])
    return {fact: zone for fact, zone in found.items() if fact in facts}


def home_zone(shelf: Shelf, rows: FromClause, person: ColumnElement[Any]) -> ColumnElement[Any]:
    """The zone of the unit that a person belongs to: NULL where the person's record is gone, or names none."""
    people = shelf.map.people
    far = shelf[people.table].alias("h")
    return _zone_beyond(rows, ((far, far.c[people.key] == person),), far.c[str(people.home)])


def _told_by(shelf: Shelf, rows: FromClause, told_by: UnitTold) -> ColumnElement[Any]:
    if not told_by.by:
        return zone_of(rows.c[told_by.column])
    steps: list[tuple[FromClause, Bool]] = []
    before = rows
    for depth, step in enumerate(told_by.by):
        far = shelf[step.table].alias(f"o{depth}")
        steps.append((far, and_(far.c[step.column] == before.c[step.equals], matching(far.c, step.where))))
        before = far
    return _zone_beyond(rows, tuple(steps), before.c[told_by.column])
