"""Predicates over the facts of a loan, compiled to SQL: they agree with ``retention.predicate.holds`` (a law)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from carrel.inventory.system_map import Anchor, Step
from carrel.inventory.system_map import Fact as FactSpec
from carrel.retention.predicate import (
    AllOf,
    Always,
    AnyOf,
    AtOrBefore,
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

Bool = ColumnElement[bool]


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


def _under(rows: FromClause, step: Step) -> Bool:
    columns = {test.column: unled(rows.c[test.column], type_=rows.c[test.column].type) for test in step.where}
    return matching(columns, step.where)


def _in_order(query: Select[Any]) -> Select[Any]:
    """From the loan outward: a server that misjudges an index may not begin at the far end."""
    return query.prefix_with("STRAIGHT_JOIN", dialect="mysql").prefix_with("STRAIGHT_JOIN", dialect="mariadb")


class FactColumns:
    """Where facts that a row tells by itself stand.

    Args:
        plain: expression of each fact.
    """

    def __init__(self, plain: dict[Fact, ColumnElement[Any]]) -> None:
        self.plain = plain

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

    def _exists(self, fact: Fact, *, after: Any = None, since: Any = None) -> Bool:
        raise NotImplementedError(f"{fact} after {after}, since {since}: other rows tell it, not this one")


class LoanColumns(FactColumns):
    """Where the facts of a loan stand in one alias of an anchor table.

    Args:
        shelf: the map's tables.
        anchor: open or closed loans.
        rows: the table or alias that the predicate speaks of.
    """

    def __init__(self, shelf: Shelf, anchor: Anchor, rows: FromClause) -> None:
        self._shelf, self._rows = shelf, rows
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
            }
        )
        facts = shelf.map.loans.facts
        self._specs: dict[Fact, FactSpec] = {
            Fact.CHARGED: facts.charged,
            Fact.OWING: facts.owing,
            Fact.SETTLED: facts.settled,
            Fact.LOST: facts.lost,
            Fact.DISPUTED: facts.disputed,
            Fact.OPTED_IN: facts.opted_in,
        }

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
        return exists(query.where(*conditions).correlate(self._rows))
