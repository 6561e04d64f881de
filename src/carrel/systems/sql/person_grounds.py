"""What keeps persons from being erased: for several at once, who is kept and on which grounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, and_, exists, false, or_, select

from carrel.inventory.card import Ground
from carrel.inventory.person_map import Act, Holds
from carrel.inventory.system_map import SystemMap
from carrel.retention.erasure import STAND_IN
from carrel.retention.identifiers import Subject
from carrel.retention.legal_hold import Scope
from carrel.retention.payer import Payer
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.expressions import NO_DATE
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_selection import holds_of
from carrel.systems.sql.person_steps import Step

Grounds = dict[int, list[str]]
SHARED_NUMBER = 0  # what Koha writes for whoever registered and has no record yet
UNTOLD = "rows that the map does not tell of"


def refusing(connection: Connection, rows: PersonRows) -> Grounds:
    """Of these persons, those whose erasure is refused, by the map's section on persons.

    Args:
        connection: reads only.
        rows: of the persons, with card and user name.
    """
    found: defaultdict[int, list[str]] = defaultdict(list)
    for step in rows.steps:
        if step.act is Act.BLOCK:
            for number in whose(connection, rows, step):
                found[number].append(step.trace.ground or STAND_IN)
    return found


def payers(connection: Connection, rows: PersonRows, payer: Payer | None) -> frozenset[int]:
    """Of these persons, those whose financial record needs a payer still."""
    told = rows.person.payer
    if payer is None or told is None:
        return frozenset()
    found: set[int] = set()
    for step in rows.steps:
        if step.trace.finance and step.trace.column:
            source = rows.rows(step.table)
            here = [rows.names(step.table, step.trace.column, source)]
            here += [] if payer.until is None else [source.c[told.dated[step.table]] > payer.until]
            query = select(source.c[step.trace.column]).distinct().where(*here)
            found |= {int(number) for number in connection.execute(query).scalars()}
        elif step.trace.moved and rows.moves[step.table].ledger is not None:
            found |= _charged(connection, rows, step, payer)
    return frozenset(found)


def _charged(connection: Connection, rows: PersonRows, step: Step, payer: Payer) -> set[int]:
    """Of these persons, those for one of whose loans something was charged: the loan goes, and the charge stays."""
    anchor, source = rows.map.loans.closed, rows.rows(step.table)
    fact = rows.map.loans.facts.charged.steps[0]
    bill = rows.rows(fact.table).alias()
    here = [rows.those(step, source)]
    if payer.until is not None:
        here.append(source.c[anchor.ended or anchor.closed] > payer.until)
    bills = exists().where(bill.c[fact.column] == source.c[fact.equals], all_hold(bill.c, fact.where))
    query = select(source.c[anchor.person]).distinct().where(*here, bills)
    return {int(number) for number in connection.execute(query).scalars()}


def untold(connection: Connection, rows: PersonRows, people: str) -> Grounds:
    """Of these persons, those on whom rows hang, by a key of the live schema, that no step deals with."""
    found: Grounds = {}
    for incoming in rows.schema.incoming(people):
        # What stays on a ground goes on naming a record that stays, as an empty row.
        stays = rows.person.tombstone
        dealt = [one for one in rows.steps if one.table == incoming.table and (stays or one.act is not Act.KEEP)]
        if any(step.trace.column in incoming.key.columns and not step.trace.only for step in dealt):
            continue
        child = rows.rows(incoming.table)
        by = child.c[incoming.key.columns[0]]
        done = or_(false(), *(rows.those(one, child) for one in dealt if one.act is not Act.BLOCK))
        named = and_(rows.names(incoming.table, incoming.key.columns[0], child), rows.bound(incoming.table, child))
        for number in connection.execute(select(by).distinct().where(named, done.is_not(True))).scalars():
            found[int(number)] = [UNTOLD]
    return found


def below(connection: Connection, rows: PersonRows) -> Grounds:
    """Of these persons, those on whose rows others hang, by a key of the live schema, that no step deals with."""
    found: Grounds = {}
    for step in rows.steps:
        if step.act is Act.DELETE:
            for one in _narrowed(rows, partial(_left, connection, step)):
                found[one.number] = [UNTOLD]
    return found


def hung(connection: Connection, rows: PersonRows, step: Step) -> set[int]:
    """Of these persons, those on whose rows of a step any row hangs now; the steps before it have been carried out."""
    return {one.number for one in _narrowed(rows, partial(_any, connection, step))}


def hung_records(connection: Connection, rows: PersonRows, people: str) -> set[int]:
    """Of these persons, those on whose record itself any row hangs now."""
    keys = rows.schema.incoming(people)
    return {one.number for one in _narrowed(rows, lambda some: any(some.count_of_key(connection, key) for key in keys))}


def _left(connection: Connection, step: Step, rows: PersonRows) -> bool:
    return any(left for _, _, left in rows.hanging(connection, step))


def _any(connection: Connection, step: Step, rows: PersonRows) -> bool:
    return any(total for _, total, _ in rows.hanging(connection, step))


def _narrowed(rows: PersonRows, holds: Callable[[PersonRows], bool]) -> Iterator[Subject]:
    """Of whom something holds that holds of several as soon as it does of one: asked of all, then of each half."""
    if not (rows.subjects and holds(rows)):
        return
    if len(rows.subjects) == 1:
        yield rows.subjects[0]
        return
    middle = len(rows.subjects) // 2
    for half in (rows.subjects[:middle], rows.subjects[middle:]):
        yield from _narrowed(rows.of(half), holds)


def keeping(connection: Connection, rows: PersonRows, grounds: Iterable[Ground], now: datetime) -> Grounds:
    """Of these persons, those whom the map's section on cards keeps beyond that; a table that is lacking has none.

    Args:
        connection: reads only.
        rows: of the persons.
        grounds: of the map.
        now: naive local time; a row whose end has passed keeps nobody.
    """
    found: defaultdict[int, list[str]] = defaultdict(list)
    for one in grounds:
        if one.table not in rows.schema.tables:
            continue
        source = rows.rows(one.table)
        tests = [rows.names(one.table, one.person, source), all_hold(source.c, one.only)]
        if one.until:
            # The day of today still counts, where only the day is told. An end that is no date is none.
            ends = source.c[one.until]
            tests.append(or_(ends.is_(None), ends >= str(now.date()), ends < str(NO_DATE.date())))
        if (way := one.through) is not None:
            other = rows.rows(way.table).alias()
            joined = [other.c[theirs] == source.c[own] for own, theirs in way.pairs.items()]
            tests.append(exists().where(*joined, all_hold(other.c, way.only)))
        for number in connection.execute(select(source.c[one.person]).distinct().where(*tests)).scalars():
            found[int(number)].append(one.ground)
    return found


def covered(connection: Connection, rows: PersonRows, system_map: SystemMap, scopes: Iterable[Scope]) -> set[int]:
    """Of these persons, those of whom a scope may speak: by number, or by one of their loans."""
    every = {number for one in rows.subjects for number in one.numbers}
    found: set[int] = set()
    for scope in scopes:
        if scope == Scope():
            return every
        if scope.persons:
            found |= every & set(scope.persons)
            continue
        for anchor in (system_map.loans.open, system_map.loans.closed):
            source = rows.rows(anchor.table)
            tests = [rows.names(anchor.table, anchor.person, source)]
            named = ((anchor.item, scope.items), (anchor.key, scope.loans), (anchor.branch, scope.branches))
            tests += [source.c[name].in_(values) for name, values in named if values]
            if scope.opened_from:
                tests.append(source.c[anchor.opened] >= str(scope.opened_from))
            if scope.opened_until:
                tests.append(source.c[anchor.opened] <= str(scope.opened_until))
            query = select(source.c[anchor.person]).distinct().where(*tests)
            found |= {int(number) for number in connection.execute(query).scalars()}
    return found


def whose(connection: Connection, rows: PersonRows, step: Step) -> set[int]:
    """Whose rows a step has."""
    source, trace = rows.rows(step.table), step.trace
    if trace.column:
        query = select(source.c[trace.column]).distinct().where(rows.those(step, source))
        values = connection.execute(query).scalars().all()
        if trace.holds is Holds.NUMBER:
            return {int(value) for value in values}
        said = {str(value).casefold() for value in values}
        return {one.number for one in rows.subjects if {str(v).casefold() for v in holds_of(one, trace.holds)} & said}
    return {one.number for one in rows.subjects if rows.of((one,)).count(connection, step)}
