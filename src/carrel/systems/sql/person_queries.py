"""The questions by which everything of one person is read: one by each column or way that names the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, func, select, tuple_

from carrel.inventory.person_map import Through, Trace
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.person_layout import AnswerLayout, AskedColumn, meant
from carrel.systems.sql.person_selection import Bool, PersonSelection, is_text

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one table.

    Attributes:
        table: its name.
        which: its rows; of the table itself, under its own name.
        by: the columns by which they are found.
        counted: the rows are counted and not shown.
        column: that names the person, or what leads to the row.
        way: for rows that others lead to, the columns on the way, each with its table.
    """

    table: str
    which: Bool
    by: tuple[str, ...]
    counted: bool
    column: str
    way: tuple[tuple[str, str], ...] = ()


class PersonQueries:
    """Every question about one person in one live database.

    A way through another table is walked before: the rows of that table are read by the person's index, and the rows
    that they lead to by theirs. No server can choose to read a large table whole for it.

    Args:
        layout: of the database.
        selection: of the person.
        connection: reads only.
        present: the columns with an index in which the person stands, where that is known: no other is asked.
    """

    def __init__(
        self,
        layout: AnswerLayout,
        selection: PersonSelection,
        connection: Connection,
        present: frozenset[AskedColumn] | None = None,
    ) -> None:
        self._layout, self.selection, self._connection, self._present = layout, selection, connection, present
        self._ways: dict[str, list[tuple[Any, ...]]] = {}

    def of(self, table: str) -> Iterator[Question]:
        """The questions to a table."""
        for trace in self._layout.traces(table):
            if trace.through is not None:
                yield from self._led(table, trace, trace.through)
        rows = self.selection.rows(table)
        for one in self._layout.asked(table):
            if not self._is_absent(one):
                which = and_(self.selection.names(table, one.name, rows, one.holds), *one.tests)
                yield Question(table, which, (one.name,), one.counted, one.name)

    def _is_absent(self, one: AskedColumn) -> bool:
        return self._present is not None and one.indexed and one not in self._present

    def _led(self, table: str, trace: Trace, way: Through) -> Iterator[Question]:
        rows, own = self.selection.rows(table), tuple(way.pairs)
        found = self._values(way)
        there = [values for one in found if (values := self._as_there(table, own, one))]
        for some in parts(there, _AT_ONCE):
            which = and_(_among(rows, own, some), meant(rows, trace), *self._layout.not_told_elsewhere(table))
            counted = self._layout.access.counts(table, trace)
            yield Question(table, which, own, counted, f"by {way.table}", tuple(_steps(table, way)))

    def _values(self, way: Through) -> list[tuple[Any, ...]]:
        """What the rows of the other table hold of the person, in the columns by which it leads on."""
        said = way.model_dump_json()
        if said not in self._ways:
            rows, theirs = self.selection.rows(way.table), tuple(way.pairs.values())
            named: list[Bool] = [all_hold(rows.c, way.only)]
            further: list[Bool] = []
            if way.person and not self._stands_nowhere(way):
                further = [self.selection.names(way.table, way.person, rows)]
            elif way.then is not None and not way.person:
                own = tuple(way.then.pairs)
                found = [v for one in self._values(way.then) if (v := self._as_there(way.table, own, one))]
                further = [_among(rows, own, some) for some in parts(found, _AT_ONCE)]
            gathered: dict[tuple[Any, ...], None] = {}
            for which in further:
                query = select(*(rows.c[name] for name in theirs)).where(which, *named)
                gathered |= dict.fromkeys(tuple(one) for one in self._connection.execute(query))
            self._ways[said] = [one for one in gathered if None not in one]
        return self._ways[said]

    def _stands_nowhere(self, way: Through) -> bool:
        """Whether it is known that no row of the other table names the person in that column."""
        named = [one for one in self._layout.asked(way.table) if one.name == way.person and not one.tests]
        return bool(named) and all(self._is_absent(one) for one in named)

    def _as_there(self, table: str, own: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...] | None:
        """Values as the columns of a table hold them: a number among texts is a text. None where it cannot be there."""
        found: list[Any] = []
        for name, value in zip(own, values, strict=True):
            there = self.selection.schema.tables[table].column(name)
            if there is not None and is_text(there):
                found.append(str(value))
            elif isinstance(value, str) and there is not None and "int" in there.type.lower():
                if not value.isascii() or not value.isdigit():
                    return None
                found.append(int(value))
            else:
                found.append(value)
        return tuple(found)


def _steps(table: str, way: Through) -> Iterator[tuple[str, str]]:
    """Every column by which a way leads on, each with its table."""
    here = table
    for one in way.way:
        yield from ((here, own) for own in one.pairs)
        here = one.table


def _among(rows: FromClause, own: Sequence[str], some: Sequence[tuple[Any, ...]]) -> Bool:
    keys = [rows.c[name] for name in own]
    return keys[0].in_([one[0] for one in some]) if len(own) == 1 else tuple_(*keys).in_(some)


def count(question: Question, rows: FromClause) -> Select[Any]:
    """How many rows a question has."""
    return select(func.count()).select_from(rows).where(question.which)
