"""The questions by which everything of one person is read: one by each column or way that names the person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, cast, column, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import REGCLASS

from carrel.inventory.access_map import AccessMap
from carrel.inventory.person_map import Holds, Through, Trace
from carrel.inventory.schema import Table
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.named_table import parted
from carrel.systems.sql.person_selection import Bool, PersonSelection, is_text
from carrel.systems.sql.way_rows import led_by

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
    """

    table: str
    which: Bool
    by: tuple[str, ...]
    counted: bool
    column: str


class PersonQueries:
    """Every question about one person in one live database.

    A way through another table is walked before: the rows of that table are read by the person's index, and the rows
    that they lead to by theirs. No server can choose to read a large table whole for it.

    Args:
        selection: of the person.
        access: the map's section.
        connection: reads only.
    """

    def __init__(self, selection: PersonSelection, access: AccessMap, connection: Connection) -> None:
        self.selection, self.access, self._connection = selection, access, connection
        self._ways: dict[str, list[tuple[Any, ...]]] = {}

    def traces(self, table: str) -> tuple[Trace, ...]:
        """Every trace of a table, with those that only an answer needs."""
        told = self.selection.person.tables.get(table)
        return (*(told.traces if told else ()), *self.access.further.get(table, ()))

    @property
    def tables(self) -> tuple[str, ...]:
        """The live tables with a trace, in the order in which they are told."""
        named = [name for kind in self.access.kinds for name in kind.tables]
        every = dict.fromkeys((*named, *self.selection.person.tables, *self.access.further))
        return tuple(name for name in every if name in self.selection.schema.tables and self.traces(name))

    def of(self, table: str) -> Iterator[Question]:
        """The questions to a table; a column that several traces name is asked once."""
        by_column: defaultdict[tuple[str, Holds, bool], list[Trace]] = defaultdict(list)
        for trace in self.traces(table):
            if trace.through is not None:
                yield from self._led(table, trace, trace.through)
            else:
                by_column[trace.column, trace.holds, self.access.counts(table, trace)].append(trace)
        rows = self.selection.rows(table)
        for (name, holds, counted), traces in by_column.items():
            if any(not (one.only or one.among) for one in traces):
                extra: list[Bool] = []
            else:
                extra = [or_(*(self._tests(rows, one) for one in traces))]
            which = and_(self.selection.names(table, name, rows, holds), *extra, *self._not_told_elsewhere(table, rows))
            yield Question(table, which, (name,), counted, name)

    def lacking(self, table: str) -> tuple[str, ...]:
        """Columns that a question to a table needs and that the database does not have."""
        return tuple(one for one in self.selection.lacking if one.startswith(f"{table}."))

    def has_index(self, question: Question) -> bool:
        """Whether an index leads to the rows of a question."""
        return led_to(self.selection.schema.tables[question.table], question.by)

    def _led(self, table: str, trace: Trace, way: Through) -> Iterator[Question]:
        rows, own = self.selection.rows(table), tuple(way.pairs)
        found = self._values(way)
        there = [values for one in found if (values := self._as_there(table, own, one))]
        for some in parts(there, _AT_ONCE):
            which = and_(_among(rows, own, some), self._tests(rows, trace), *self._not_told_elsewhere(table, rows))
            yield Question(table, which, own, self.access.counts(table, trace), f"by {way.table}")

    def _values(self, way: Through) -> list[tuple[Any, ...]]:
        """What the rows of the other table hold of the person, in the columns by which it leads on."""
        said = way.model_dump_json()
        if said not in self._ways:
            rows, theirs = self.selection.rows(way.table), tuple(way.pairs.values())
            named: list[Bool] = [all_hold(rows.c, way.only)]
            further: list[Bool] = []
            if way.person:
                further = [self.selection.names(way.table, way.person, rows)]
            elif way.then is not None:
                own = tuple(way.then.pairs)
                found = [v for one in self._values(way.then) if (v := self._as_there(way.table, own, one))]
                further = [_among(rows, own, some) for some in parts(found, _AT_ONCE)]
            gathered: dict[tuple[Any, ...], None] = {}
            for which in further:
                query = select(*(rows.c[name] for name in theirs)).where(which, *named)
                gathered |= dict.fromkeys(tuple(one) for one in self._connection.execute(query))
            self._ways[said] = [one for one in gathered if None not in one]
        return self._ways[said]

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

    @staticmethod
    def _tests(rows: FromClause, trace: Trace) -> Bool:
        tests = [all_hold(rows.c, trace.only)]
        if trace.among:
            tests.append(led_by(rows, trace.among, all_hold))
        return and_(*tests)

    def _not_told_elsewhere(self, table: str, rows: FromClause) -> list[Bool]:
        """Rows that stand in a table that inherits from this one, and are told there, are not told twice."""
        heirs = [
            one for one in self._heirs(table) if any(not self.access.counts(one, trace) for trace in self.traces(one))
        ]
        place: Any = column("tableoid", _selectable=rows)
        return [place != cast(_quoted(one), REGCLASS) for one in heirs]

    def _heirs(self, table: str) -> Iterator[str]:
        for one in self.selection.schema.heirs(table):
            yield one
            yield from self._heirs(one)


def _among(rows: FromClause, own: Sequence[str], some: Sequence[tuple[Any, ...]]) -> Bool:
    keys = [rows.c[name] for name in own]
    return keys[0].in_([one[0] for one in some]) if len(own) == 1 else tuple_(*keys).in_(some)


def led_to(table: Table, by: Sequence[str]) -> bool:
    """Whether an index or the key of a table begins with one of these columns."""
    firsts = {
        names[0].partition("(")[0] for names in (table.primary_key, *(one.columns for one in table.indexes)) if names
    }
    return bool(firsts & set(by))


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in parted(name) if part)


def count(question: Question, rows: FromClause) -> Select[Any]:
    """How many rows a question has."""
    return select(func.count()).select_from(rows).where(question.which)
