"""Predicates over the facts of a loan, compiled to SQL: they agree with ``retention.predicate.holds`` (a law)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    not_,
    or_,
    select,
    true,
)  # fmt: skip
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.inventory.system_map import Anchor, Step
from carrel.inventory.system_map import Fact as FactSpec
from carrel.retention.predicate import (
    UNITS,
    AllOf,
    Always,
    AnyOf,
    AtOrBefore,
    ByUnit,
    Exceeds,
    Fact,
    From,
    Holds,
    Missing,
    Not,
    OneOf,
    Predicate,
)
from carrel.systems.sql.anchor_rows import over
from carrel.systems.sql.expressions import as_code, is_time
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.unit_rows import CHAINED, NO_ZONE, unit_zones

Bool = ColumnElement[bool]
CHAIN_FACTS = frozenset({Fact.BRANCH, Fact.RETURNED})


class unled(GenericFunction[Any]):  # noqa: N801  (SQL functions are written in small letters)
    """A column as it is, but no index of its own leads to it: the way to the rows is the link, never the condition."""

    inherit_cache = True
    name = "carrel_unled"


@compiles(unled)
def _as_it_is(element: unled, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(unled, "mysql", "mariadb")
def _hidden(element: unled, compiler: SQLCompiler, **kw: Any) -> str:
    # Link columns are mostly NULL once loans are cut; the server then takes them for useless and walks, for every
    # single loan, all rows of the condition (all charges of one kind) instead of the loan's own two or three.
    return f"COALESCE({compiler.process(element.clauses, **kw)}, NULL)"


class judged(GenericFunction[Any]):  # noqa: N801
    """A condition that is judged row by row, as the rows are met; what it looks up is `looked_up`.

    PostgreSQL multiplies the odds of each part of a lifecycle, takes the due loans for a handful, and reads the whole
    table for every chunk. What stands inside a CASE it neither reckons with nor turns into joins.
    """

    inherit_cache = True
    name = "carrel_judged"
    type = Boolean()

    def __init__(self, condition: Bool) -> None:
        super().__init__(condition)


@compiles(judged)
def _as_a_part(element: judged, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})"


@compiles(judged, "postgresql")
def _as_a_case(element: judged, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CASE WHEN {compiler.process(element.clauses, **kw)} THEN TRUE ELSE FALSE END"


def _under(rows: FromClause, step: Step) -> Bool:
    columns = {test.column: unled(rows.c[test.column], type_=rows.c[test.column].type) for test in step.where}
    return matching(columns, step.where)


def _in_order(query: Select[Any]) -> Select[Any]:
    """From the loan outward: a server that misjudges an index may not begin at the far end."""
    return query.prefix_with("STRAIGHT_JOIN", dialect="mysql").prefix_with("STRAIGHT_JOIN", dialect="mariadb")


def looked_up(query: Select[Any]) -> Select[Any]:
    """A query of an EXISTS that is asked for each row by itself, through an index.

    PostgreSQL would read the other table whole for every chunk: it does not reckon with the chunk's end.
    """
    return query.suffix_with("OFFSET 0", dialect="postgresql")


class FactColumns:
    """Where facts that a row tells by itself stand.

    Args:
        plain: expression of each fact.
        zones: of the facts that name a unit, the zone of it: NULL where none is named, `NO_ZONE` of an unknown one.
    """

    def __init__(
        self, plain: dict[Fact, ColumnElement[Any]], zones: dict[Fact, ColumnElement[Any]] | None = None
    ) -> None:
        self.plain, self._zones = plain, zones or {}

    def compile(self, predicate: Predicate) -> Bool:  # noqa: C901, PLR0911, PLR0912  (one branch per node of the tree)
        """The predicate as an SQL condition that is true or false, never NULL."""
        match predicate:
            case Always(value):
                return true() if value else false()
            case Holds(fact):
                return self._exists(fact)
            case Missing(fact):
                return not_(is_time(self.plain[fact])) if fact in self.plain else not_(self._exists(fact))
            case OneOf(fact, values):
                return and_(self.plain[fact].is_not(None), self.plain[fact].in_(values))
            case AtOrBefore(fact, moment):
                if fact in self.plain:
                    return and_(is_time(self.plain[fact]), self.plain[fact] <= moment)
                return and_(self._exists(fact), not_(self._exists(fact, after=moment)))
            case From(fact, moment):
                if fact in self.plain:
                    return and_(is_time(self.plain[fact]), self.plain[fact] >= moment)
                return self._exists(fact, since=moment)
            case Exceeds(fact, other):
                first, second = self.plain[fact], self.plain[other]
                return and_(is_time(first), is_time(second), first > second)
            case Not(of):
                return not_(self.compile(of))
            case AllOf(of):
                return and_(true(), *(self.compile(one) for one in of))
            case AnyOf((Missing(fact), AtOrBefore(again, moment))) if fact is again and fact not in self.plain:
                # Missing, or at or before: no event later than the moment. One look instead of two.
                return not_(self._exists(fact, after=moment))
            case AnyOf(of):
                return or_(false(), *(self.compile(one) for one in of))
            case ByUnit():
                return self._by_unit(predicate)

    def _by_unit(self, said: ByUnit) -> Bool:
        """Each unit is looked up once, and judged by what is said of its zone: no arm for each unit."""
        arms: dict[Any, Bool] = {number: self.compile(arm) for number, arm in enumerate(said.arms)}
        arms[NO_ZONE] = elsewhere = self.compile(said.elsewhere)
        told = [zone for fact, zone in self._zones.items() if fact in said.facts]
        judged: list[Bool] = [case(arms, value=zone, else_=false()) for zone in told]
        if set(said.facts) >= CHAIN_FACTS:
            judged += self._by_chain(arms)
        untold = (self._untold(fact, zone) for fact, zone in self._zones.items() if fact in said.facts)
        return or_(false(), *judged, and_(*untold, elsewhere))

    def _untold(self, fact: Fact, zone: ColumnElement[Any]) -> Bool:
        """The row names no such unit; where a column of its own would, that is seen without looking anything up."""
        return self.plain[fact].is_(None) if fact in self.plain else zone.is_(None)

    @property
    def is_astray(self) -> Bool:
        """The row itself names a unit that the tree does not have."""
        return or_(false(), *(zone == NO_ZONE for fact, zone in self._zones.items() if fact in CHAIN_FACTS))

    def _by_chain(self, _arms: dict[Any, Bool], /) -> list[Bool]:
        """What is said of the zones that other members of a chain touch; nothing where a record has no chain."""
        return []

    def _exists(self, fact: Fact, *, after: Any = None, since: Any = None) -> Bool:
        raise NotImplementedError(f"{fact} after {after}, since {since}: other rows tell it, not this one")


class LoanColumns(FactColumns):
    """Where the facts of a loan stand in one alias of an anchor table.

    Args:
        shelf: the map's tables.
        anchor: open or closed loans.
        rows: the table or alias that the predicate speaks of.
        few: few of its rows are met, so that other tables are not read for all of them.
    """

    def __init__(self, shelf: Shelf, anchor: Anchor, rows: FromClause, *, few: bool = False) -> None:
        self._shelf, self._rows, self._few = shelf, rows, few
        c = rows.c
        super().__init__(
            {
                Fact.LOAN: c[anchor.key],
                Fact.PERSON: c[anchor.person],
                Fact.ITEM: c[anchor.item],
                Fact.BRANCH: as_code(c[anchor.branch]),
                Fact.OPENED: c[anchor.opened],
                Fact.CLOSED: over(anchor, rows),
                Fact.DUE: c[anchor.due],
            },
            unit_zones(shelf, rows, UNITS),
        )
        self._chained = None if anchor.chain is None else c[anchor.key]
        facts = shelf.map.loans.facts
        self._specs: dict[Fact, FactSpec] = {
            Fact.CHARGED: facts.charged,
            Fact.OWING: facts.owing,
            Fact.SETTLED: facts.settled,
            Fact.LOST: facts.lost,
            Fact.DISPUTED: facts.disputed,
            Fact.OPTED_IN: facts.opted_in,
        }

    def _by_chain(self, arms: dict[Any, Bool], /) -> list[Bool]:
        if self._chained is None:
            return []
        said = case(arms, value=CHAINED.c.zone, else_=false())
        mine = select(1).select_from(CHAINED).where(CHAINED.c.loan == self._chained, said)
        return [exists(mine.correlate(self._rows))]

    def _exists(self, fact: Fact, *, after: Any = None, since: Any = None) -> Bool:
        spec = self._specs[fact]
        query = _in_order(select(1))
        previous = self._rows
        conditions: list[Bool] = []
        for depth, step in enumerate(spec.steps):
            rows = self._shelf[step.table].alias(f"f{depth}")
            query = query.select_from(rows)
            conditions += [rows.c[step.column] == previous.c[step.equals], _under(rows, step)]
            previous = rows
        if spec.latest:
            time = previous.c[spec.latest]
            conditions.append(is_time(time))
            if after is not None:
                conditions.append(time > after)
            if since is not None:
                conditions.append(time >= since)
        found = query.where(*conditions).correlate(self._rows)
        return exists(looked_up(found) if self._few else found)
