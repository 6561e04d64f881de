"""The questions by which everything of one person is read: one by each column or way that names the person."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, select, tuple_

from carrel.inventory.person_map import Holds, Through
from carrel.inventory.schema import Column
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.person_layout import AnswerLayout, AskedColumn, meant
from carrel.systems.sql.person_selection import Bool, PersonSelection, is_text
from carrel.systems.sql.person_statement import Meant, named, once, one_of
from carrel.systems.sql.person_ways import Led, Leg, legs_of, plain_walk, steps_of

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is asked of one table.

    Attributes:
        table: its name.
        asks: tells this question from every other one that the database is asked; the same for everybody.
        which: its rows; of the table itself, under its own name, with places for values.
        values: of the person, for these places.
        by: the columns by which they are found.
        counted: the rows are counted and not shown.
        column: that names the person, or what leads to the row.
        way: for rows that others lead to, the columns on the ways, each with its table.
        walk: tells which rows they are; empty where a way that leads on from the table never means the same ones.
    """

    table: str
    asks: tuple[Hashable, ...]
    which: Bool
    values: Mapping[str, Any]
    by: tuple[str, ...]
    counted: bool
    column: str
    way: tuple[tuple[str, str], ...] = ()
    walk: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class LedRows:
    """Rows of one table to which others lead by the same columns; what is the same for everybody.

    Attributes:
        own: the columns of the table.
        legs: of the ways.
        by: the tables from which they lead.
        steps: the columns on the ways, each with its table.
        walk: as of a question.
        tests: what else must hold of a row.
        counted: the rows are counted and not shown.
    """

    own: tuple[str, ...]
    legs: tuple[Leg, ...]
    by: str
    steps: tuple[tuple[str, str], ...]
    walk: tuple[str, ...]
    tests: tuple[Bool, ...]
    counted: bool


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
        for number, led in enumerate(self._layout.ways.to(table)):
            yield from self._led(table, number, led)
        for one in self._layout.asked(table):
            if not self._is_absent(one):
                yield self._named(one)

    def keep(self, question: Question, rows: list[dict[str, Any]]) -> None:
        """Remember all the rows of a question: ways that go on from them need not read them again."""
        if question.walk:
            self._shown[question.walk] = rows

    def _is_absent(self, one: AskedColumn) -> bool:
        return self._present is not None and one.indexed and one not in self._present

    def _named(self, one: AskedColumn) -> Question:
        """What is asked by a column that names the person."""
        by = named(self.selection, one.table, one.name, one.holds)
        asks = (one.table, one.name, one.holds, one.counted, by.shape)
        which = once(self.selection, ("which", *asks), partial(and_, by.which, *one.tests))
        walk = () if one.tests or one.holds is not Holds.NUMBER else plain_walk(one.table, one.name)
        return Question(one.table, asks, which, by.values, (one.name,), one.counted, one.name, walk=walk)

    def _led(self, table: str, number: int, led: Sequence[Led]) -> Iterator[Question]:
        """What is asked by ways that end at the same columns: several lead to the same rows, which are read once."""
        rows = once(self.selection, ("led", table, number), lambda: self._led_rows(table, led))
        there = self._there(table, rows.own, rows.legs)
        walk = rows.walk if len(there) <= _AT_ONCE else ()
        for some in parts(there, _AT_ONCE):
            among = self._among(table, rows.own, some)
            asks = (table, number, among.shape)
            which = once(self.selection, ("which", *asks), partial(and_, among.which, *rows.tests))
            by = f"by {rows.by}"
            yield Question(table, asks, which, among.values, rows.own, rows.counted, by, rows.steps, walk)

    def _led_rows(self, table: str, led: Sequence[Led]) -> LedRows:
        trace, first = led[0]
        further = self._layout.not_told_elsewhere(table)
        alone = not (trace.only or trace.among or further)
        return LedRows(
            own=tuple(first.pairs),
            legs=legs_of(way for _, way in led),
            by=", ".join(dict.fromkeys(way.table for _, way in led)),
            steps=tuple(dict.fromkeys(step for _, way in led for step in steps_of(table, way))),
            walk=(*plain_walk(table), *sorted(way.model_dump_json() for _, way in led)) if alone else (),
            tests=(meant(self.selection.rows(table), trace), *further),
            counted=self._layout.access.counts(table, trace),
        )

    def _there(self, table: str, own: Sequence[str], legs: Sequence[Leg]) -> list[tuple[Any, ...]]:
        """The values to which ways lead, as the columns of a table hold them; each once."""
        found = dict.fromkeys(one for leg in legs for one in self._values(leg))
        if not found:
            return []
        kinds = [_kind(self.selection.schema.tables[table].column(name)) for name in own]
        return list(dict.fromkeys(values for one in found if (values := _as_there(kinds, one))))

    def _values(self, leg: Leg) -> list[tuple[Any, ...]]:
        """What the rows of the other table hold of the person, in the columns by which it leads on."""
        read = self._layout.ways.read(leg.way)
        places = [read.index(name) for name in leg.way.pairs.values()]
        found = dict.fromkeys(tuple(row[place] for place in places) for row in self._walked(leg, read))
        return [one for one in found if None not in one]

    def _walked(self, leg: Leg, read: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows of the other table that are the person's, read once for every way that begins at them."""
        way, said = leg.way, leg.said
        if said in self._shown and said not in self._ways and self._are_read(way.table, read):
            self._ways[said] = list(dict.fromkeys(tuple(row[name] for name in read) for row in self._shown[said]))
        if said not in self._ways:
            gathered: dict[tuple[Any, ...], None] = {}
            for those in self._of_way(leg):
                query = once(
                    self.selection, ("walked", *said, those.shape), partial(self._walk, way, read, those.which)
                )
                gathered |= dict.fromkeys(tuple(one) for one in self._connection.execute(query, those.values))
            self._ways[said] = list(gathered)
        return self._ways[said]

    def _of_way(self, leg: Leg) -> Iterator[Meant]:
        """Which rows of the other table are the person's."""
        way = leg.way
        if way.person and not self._stands_nowhere(way):
            yield named(self.selection, way.table, way.person)
        elif way.then is not None and not way.person:
            own = tuple(way.then.pairs)
            for some in parts(self._there(way.table, own, leg.before), _AT_ONCE):
                yield self._among(way.table, own, some)

    def _walk(self, way: Through, read: Sequence[str], which: Bool) -> Select[Any]:
        rows = self.selection.rows(way.table)
        return select(*(rows.c[name] for name in read)).where(which, all_hold(rows.c, way.only))

    def _are_read(self, table: str, names: Sequence[str]) -> bool:
        """Whether an answer reads these columns; a secret is never read."""
        return set(names) <= set(self._layout.columns(table).read)

    def _among(self, table: str, own: tuple[str, ...], some: Sequence[tuple[Any, ...]]) -> Meant:
        """Whether a row has one of these values in its columns."""
        values: dict[str, Any] = {}
        if len(own) > 1:
            values["pairs"] = tuple(some)
        if len(own) == 1 or self._is_mariadb:
            values |= {f"some{n}": tuple(dict.fromkeys(one[n] for one in some)) for n in range(len(own))}
        # Numbers and times are written by MariaDB's driver as one list; a text always goes by itself.
        whole = self._is_mariadb and not any(isinstance(value, (str, bytes)) for one in some for value in one)
        shape = "whole" if whole else "each"
        which = once(self.selection, ("among", table, own, shape), partial(self._among_places, table, own, whole))
        return Meant(shape, which, values)

    def _among_places(self, table: str, own: tuple[str, ...], whole: bool) -> Bool:
        rows = self.selection.rows(table)
        lists = [one_of(rows.c[name], f"some{number}", whole=whole) for number, name in enumerate(own)]
        if len(own) == 1:
            return lists[0]
        # MariaDB weighs every pair against every other before it begins. A list for each column it takes as it is, and
        # of the few rows that these leave it looks which have a pair; as a test of a test no plan is made of that.
        paired = one_of(tuple_(*(rows.c[name] for name in own)), "pairs", whole=whole)
        return and_(*lists, paired.is_(True)) if self._is_mariadb else paired

    @property
    def _is_mariadb(self) -> bool:
        return self._connection.dialect.name in {"mysql", "mariadb"}

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
