"""The questions by which everything of one person is read: one by each column or way that names the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, literal_column, select, tuple_

from carrel.inventory.person_map import Holds, Through
from carrel.inventory.schema import Column
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.person_layout import AnswerLayout, AskedColumn, meant
from carrel.systems.sql.person_selection import Bool, PersonSelection, is_text
from carrel.systems.sql.person_ways import Led, plain_walk, steps_of, together, walk_of

_AT_ONCE = 500
_FIRST_DAY: ColumnElement[Any] = literal_column("'1000-01-01'")  # no library is as old; MariaDB's zero is before it


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one table.

    Attributes:
        table: its name.
        which: its rows; of the table itself, under its own name.
        by: the columns by which they are found.
        counted: the rows are counted and not shown.
        column: that names the person, or what leads to the row.
        way: for rows that others lead to, the columns on the ways, each with its table.
        walk: tells which rows they are; empty where a way that leads on from the table never means the same ones.
    """

    table: str
    which: Bool
    by: tuple[str, ...]
    counted: bool
    column: str
    way: tuple[tuple[str, str], ...] = ()
    walk: tuple[str, ...] = ()


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
        self._shown: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        self._ways: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}

    def of(self, table: str) -> Iterator[Question]:
        """The questions to a table."""
        for led in self._layout.ways.to(table):
            yield from self._led(table, led)
        rows = self.selection.rows(table)
        for one in self._layout.asked(table):
            if not self._is_absent(one):
                which = and_(self.selection.names(table, one.name, rows, one.holds), *one.tests)
                walk = () if one.tests or one.holds is not Holds.NUMBER else plain_walk(table, one.name)
                yield Question(table, which, (one.name,), one.counted, one.name, walk=walk)

    def keep(self, question: Question, rows: list[dict[str, Any]]) -> None:
        """Remember all the rows of a question: ways that go on from them need not read them again."""
        if question.walk:
            self._shown[question.walk] = rows

    def _is_absent(self, one: AskedColumn) -> bool:
        return self._present is not None and one.indexed and one not in self._present

    def _led(self, table: str, led: Sequence[Led]) -> Iterator[Question]:
        """What is asked by ways that end at the same columns: several lead to the same rows, which are read once."""
        trace, first = led[0]
        rows, own = self.selection.rows(table), tuple(first.pairs)
        there = self._there(table, own, [way for _, way in led])
        by = ", ".join(dict.fromkeys(way.table for _, way in led))
        steps = tuple(dict.fromkeys(step for _, way in led for step in steps_of(table, way)))
        further = self._layout.not_told_elsewhere(table)
        alone = not (trace.only or trace.among or further or len(there) > _AT_ONCE)
        walk = (*plain_walk(table), *sorted(way.model_dump_json() for _, way in led)) if alone else ()
        for some in parts(there, _AT_ONCE):
            which = and_(self._among(rows, own, some), meant(rows, trace), *further)
            yield Question(table, which, own, self._layout.access.counts(table, trace), f"by {by}", steps, walk)

    def _there(self, table: str, own: Sequence[str], ways: Sequence[Through]) -> list[tuple[Any, ...]]:
        """The values to which ways lead, as the columns of a table hold them; each once."""
        found = dict.fromkeys(one for some in together(ways) for one in self._values(some))
        kinds = [_kind(self.selection.schema.tables[table].column(name)) for name in own]
        return list(dict.fromkeys(values for one in found if (values := _as_there(kinds, one))))

    def _values(self, ways: Sequence[Through]) -> list[tuple[Any, ...]]:
        """What the rows of the other table hold of the person, in the columns by which it leads on."""
        read = self._layout.ways.read(ways[0])
        places = [read.index(name) for name in ways[0].pairs.values()]
        found = dict.fromkeys(tuple(row[place] for place in places) for row in self._walked(ways, read))
        return [one for one in found if None not in one]

    def _walked(self, ways: Sequence[Through], read: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of the other table that are the person's, read once for every way that begins at them."""
        way = ways[0]
        said = (*walk_of(way), *sorted(one.then.model_dump_json() for one in ways if one.then is not None))
        if said in self._shown and said not in self._ways and self._are_read(way.table, read):
            self._ways[said] = list(dict.fromkeys(tuple(row[name] for name in read) for row in self._shown[said]))
        if said not in self._ways:
            rows = self.selection.rows(way.table)
            named: list[Bool] = [all_hold(rows.c, way.only)]
            further: list[Bool] = []
            if way.person and not self._stands_nowhere(way):
                further = [self.selection.names(way.table, way.person, rows)]
            elif way.then is not None and not way.person:
                own, thens = tuple(way.then.pairs), [one.then for one in ways if one.then is not None]
                further = [self._among(rows, own, some) for some in parts(self._there(way.table, own, thens), _AT_ONCE)]
            gathered: dict[tuple[Any, ...], None] = {}
            for which in further:
                query = select(*(rows.c[name] for name in read)).where(which, *named)
                gathered |= dict.fromkeys(tuple(one) for one in self._connection.execute(query))
            self._ways[said] = list(gathered)
        return self._ways[said]

    def _are_read(self, table: str, names: Sequence[str]) -> bool:
        """Whether an answer reads these columns; a secret is never read."""
        return set(names) <= set(self._layout.columns(table).read)

    def _among(self, rows: FromClause, own: Sequence[str], some: Sequence[tuple[Any, ...]]) -> Bool:
        """Whether a row has one of these values in its columns."""
        keys = [rows.c[name] for name in own]
        if len(own) == 1:
            return keys[0].in_([one[0] for one in some])
        whole = tuple_(*keys).in_(some)
        if self._connection.dialect.name not in {"mysql", "mariadb"}:
            return whole
        # MariaDB weighs every pair against every other before it begins. A list for each column it takes as it is, and
        # of the few rows that these leave it looks which have a pair; as a test of a test no plan is made of that.
        lists = (key.in_(list(dict.fromkeys(one[place] for one in some))) for place, key in enumerate(keys))
        return and_(*lists, whole.is_(True))

    def _stands_nowhere(self, way: Through) -> bool:
        """Whether it is known that no row of the other table names the person in that column."""
        named = [one for one in self._layout.asked(way.table) if one.name == way.person and not one.tests]
        return bool(named) and all(self._is_absent(one) for one in named)


def _kind(there: Column | None) -> str:
    """How a column takes a value that another one holds."""
    if there is None:
        return ""
    return "text" if is_text(there) else "number" if "int" in there.type.lower() else ""


def _as_there(kinds: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Values as the columns of a table hold them: a number among texts is a text. None where it cannot be there."""
    found: list[Any] = []
    for kind, value in zip(kinds, values, strict=True):
        if kind == "text":
            found.append(str(value))
        elif kind == "number" and isinstance(value, str):
            if not value.isascii() or not value.isdigit():
                return None
            found.append(int(value))
        else:
            found.append(value)
    return tuple(found)


def tally(question: Question, rows: FromClause, times: Sequence[str] = ()) -> Select[Any]:
    """How many rows a question has, and the earliest time in each of some columns; a zero of the server is no time."""
    first = [func.min(case((rows.c[name] > _FIRST_DAY, rows.c[name]))) for name in times]
    wanted: list[ColumnElement[Any]] = [func.count(), *first]
    return select(*wanted).select_from(rows).where(question.which)
