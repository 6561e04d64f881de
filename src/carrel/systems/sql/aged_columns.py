"""The columns of loans that move: what goes along, what is taken from other tables, and what stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, String, and_, case, cast, func, literal, null, select

from carrel.inventory.aged_row import Aged, NewNumber
from carrel.inventory.map_part import Method, Step
from carrel.systems.sql.described_readers import DescribedReaders
from carrel.systems.sql.expressions import its_day
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.worktables import AGED


def next_number(number: NewNumber) -> ColumnElement[int]:
    """The next of the numbers that moved rows get, drawn from the product's own sequence."""
    table, _, column = number.numbers.rpartition(".")
    return func.nextval(func.pg_get_serial_sequence(table, column))


def parted(value: ColumnElement[Any], person: ColumnElement[Any], method: Method) -> ColumnElement[Any]:
    """A column that may name the row's own person: then it names nobody."""
    nobody = literal(0) if method is Method.ZERO else null()
    return case((value == person, nobody), else_=value)


class AgedColumns:
    """What moves of the loans that stand in the work table, under their new numbers.

    Args:
        shelf: with the tables of the map.
        aged: what goes along.
        by_day: only the day stays of the times of a loan's events.
    """

    def __init__(self, shelf: Shelf, aged: Aged, *, by_day: bool) -> None:
        self._shelf, self._aged, self._by_day = shelf, aged, by_day
        self._anchor = shelf.map.loans.closed
        self._readers = DescribedReaders.of(shelf, aged.table)
        self._ways = self._begun()
        self._values = dict(self._told(shelf[self._anchor.table]))

    @property
    def key(self) -> str:
        """The key of the table where the loans go."""
        return self._aged.key(self._anchor.key)

    @property
    def names(self) -> list[str]:
        """The columns there, in the order of `query`."""
        return list(self._values)

    def query(self) -> Select[Any]:
        """The rows that move, in the order of their new numbers: the order in which rows lie tells nothing either."""
        loans = self._shelf[self._anchor.table]
        source: FromClause = AGED.join(loans, loans.c[self._anchor.key] == AGED.c.loan)
        source = self._joined(source, loans)
        if self._chain is not None:
            source = source.outerjoin(_BEFORE, _BEFORE.c.loan == loans.c[str(self._anchor.chain)])
        return select(*self._values.values()).select_from(source).order_by(AGED.c.number)

    def mended(self, moved: FromClause) -> dict[str, Any]:
        """New values of rows that the product itself has moved: as `query` would have made them."""
        values: dict[str, Any] = {}
        if self._aged.number is not None:
            values[self.key] = AGED.c.number
        if self._chain is not None:
            before = select(_BEFORE.c.number).where(_BEFORE.c.loan == moved.c[self._chain])
            values[self._chain] = before.scalar_subquery()
        values |= dict.fromkeys(self._aged.empty, null()) | self._described
        for here, there in self._aged.columns.items():
            now = self._cut(here, there, moved.c[there], AGED.c.person)
            if now is not moved.c[there]:
                values[there] = now
        return values

    @property
    def _described(self) -> dict[str, Any]:
        """What stays of columns that describe the reader, made coarser."""
        readers = self._readers
        return {} if readers is None else {name: readers.of_person(name) for name in sorted(readers.columns)}

    @property
    def _chain(self) -> str | None:
        number = self._aged.number
        return None if number is None or self._anchor.chain is None else number.chain

    def _told(self, loans: FromClause) -> Iterator[tuple[str, Any]]:
        if self._aged.number is not None:
            yield self._aged.number.column, AGED.c.number
        if self._chain is not None:
            yield self._chain, _BEFORE.c.number
        for here, there in self._aged.columns.items():
            yield there, self._cut(here, there, loans.c[here], loans.c[self._anchor.person])
        for name, taken in self._aged.taken.items():
            yield name, self._ways[taken.by].c[taken.column]
        for there, here in self._aged.filled.items():
            yield there, and_(loans.c[here].is_not(None), cast(loans.c[here], String) != "")
        for there, (one, other) in self._aged.differ.items():
            yield there, loans.c[one].is_distinct_from(loans.c[other])
        yield from self._described.items()

    def _cut(self, here: str, there: str, value: ColumnElement[Any], person: ColumnElement[Any]) -> ColumnElement[Any]:
        anchor = self._anchor
        events = {anchor.opened, anchor.closed, anchor.due, anchor.renewed, anchor.ended, *anchor.moments}
        if self._by_day and here in events:
            return its_day(value)
        if (method := self._aged.if_person.get(there)) is not None:
            return parted(value, person, method)
        return value

    # -- values of other tables -------------------------------------------------------------------------------------

    def _joined(self, source: FromClause, loans: FromClause) -> FromClause:
        """The tables that values are taken from, each way that several have in common joined once."""
        for way, rows in self._ways.items():
            before = self._ways[way[:-1]] if way[:-1] else loans
            step = way[-1]
            same = and_(rows.c[step.column] == before.c[step.equals], matching(rows.c, step.where))
            source = source.outerjoin(rows, same)
        return source

    def _begun(self) -> dict[tuple[Step, ...], FromClause]:
        """Every beginning of a way to a value, with an alias of the table that it leads to; short ones first."""
        ways = {taken.by[:length] for taken in self._aged.taken.values() for length in range(1, len(taken.by) + 1)}
        ordered = sorted(ways, key=lambda way: (len(way), repr(way)))
        return {way: self._shelf[way[-1].table].alias(f"t{place}") for place, way in enumerate(ordered)}


_BEFORE = AGED.alias("earlier")
