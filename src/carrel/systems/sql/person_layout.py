"""How one database is asked for everything of a person: what does not depend on who asks, worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, cast, column, literal_column, or_
from sqlalchemy.dialects.postgresql import REGCLASS

from carrel.inventory.person_map import Holds, Trace
from carrel.inventory.schema import LiveSchema, Table
from carrel.inventory.system_map import SystemMap
from carrel.rights.ending import Ends
from carrel.rights.third_persons import ToldColumns
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.named_table import parted
from carrel.systems.sql.person_columns import THERE, BesideRow, TableColumns, access_of, columns_of, endings
from carrel.systems.sql.person_selection import PersonSelection
from carrel.systems.sql.person_ways import PersonWays
from carrel.systems.sql.way_rows import led_by


@dataclass(frozen=True, eq=False)
class AskedColumn:
    """A column that names a person, and what is asked of its table by it.

    Attributes:
        table, name: which.
        holds: what of the person stands there.
        counted: the rows are counted and not shown.
        tests: which of the rows are meant.
        indexed: whether an index leads to them.
    """

    table: str
    name: str
    holds: Holds
    counted: bool
    tests: tuple[ColumnElement[bool], ...]
    indexed: bool


class AnswerLayout:
    """The traces, columns and indexes of one live database; holds nobody's number.

    Args:
        schema: live.
        system_map: in force.

    Attributes:
        access: the map's section on answers.
        selection: of nobody; `of` makes it somebody's.
        ends: by table, what tells when a record was over.

    Raises:
        CarrelError: RGT-007, the map has no such section.
    """

    def __init__(self, schema: LiveSchema, system_map: SystemMap) -> None:
        self.schema, self.system_map, self.access = schema, system_map, access_of(system_map)
        self.selection = PersonSelection(schema, system_map, (), None)
        self.ends: dict[str, Ends] = endings(system_map)
        self._beside = BesideRow(schema, system_map, self.access)
        self._columns: dict[str, TableColumns] = {}
        self._told: dict[tuple[str, bool], ToldColumns] = {}
        self._shown: dict[str, Select[Any]] = {}
        self._elsewhere: dict[str, list[ColumnElement[bool]]] = {}
        self._asked: dict[str, tuple[AskedColumn, ...]] = {}
        self._indexed: dict[tuple[str, tuple[str, ...]], bool] = {}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The live tables with a trace, in the order in which they are told."""
        named = [name for kind in self.access.kinds for name in kind.tables]
        every = dict.fromkeys((*named, *self.selection.person.tables, *self.access.further))
        return tuple(name for name in every if name in self.schema.tables and self.traces(name))

    @cached_property
    def ways(self) -> PersonWays:
        """The ways through other tables."""
        return PersonWays(self.system_map, self.access, {name: self.traces(name) for name in self.tables})

    @cached_property
    def unseen(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Tables that are told and are not there, and those of which columns are not, each with these."""
        named = [(table, self.schema.tables.get(table)) for kind in self.access.kinds for table in kind.tables]
        every = (
            (table, () if live is None else self._hidden(table, live.column_names), live is None)
            for table, live in named
        )
        return tuple((table, hidden) for table, hidden, is_missing in every if hidden or is_missing)

    def _hidden(self, table: str, there: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(set(self.system_map.columns.get(table, ())) - set(there)))

    def says(self, table: str) -> str:
        """What a table holds, in the map's words."""
        told_of = self.selection.person.tables.get(table)
        if told_of is not None:
            return told_of.why
        further = self.access.further.get(table, ())
        return further[0].why if further else table

    def traces(self, table: str) -> tuple[Trace, ...]:
        """Every trace of a table, with those that only an answer needs."""
        told = self.selection.person.tables.get(table)
        return (*(told.traces if told else ()), *self.access.further.get(table, ()))

    def asked(self, table: str) -> tuple[AskedColumn, ...]:
        """The columns by which a table is asked; one that several traces name is asked once."""
        if table not in self._asked:
            by_column: defaultdict[tuple[str, Holds, bool], list[Trace]] = defaultdict(list)
            for trace in () if self.lacking(table) else self.traces(table):
                if trace.through is None:
                    by_column[trace.column, trace.holds, self.access.counts(table, trace)].append(trace)
            self._asked[table] = tuple(
                AskedColumn(table, name, holds, counted, self._tests(table, traces), self.has_index(table, (name,)))
                for (name, holds, counted), traces in by_column.items()
            )
        return self._asked[table]

    def _tests(self, table: str, traces: Sequence[Trace]) -> tuple[ColumnElement[bool], ...]:
        further = tuple(self.not_told_elsewhere(table))
        if any(not (one.only or one.among) for one in traces):
            return further
        return (or_(*(meant(self.selection.rows(table), one) for one in traces)), *further)

    def columns(self, table: str) -> TableColumns:
        """The columns of a table."""
        if table not in self._columns:
            self._columns[table] = columns_of(self.system_map, self.access, self.schema.tables[table])
        return self._columns[table]

    def told(self, table: str, *, own_table: bool) -> ToldColumns:
        """The columns of a table, sorted by how they are told."""
        if (table, own_table) not in self._told:
            self._told[table, own_table] = ToldColumns(self.columns(table).told, own_table=own_table)
        return self._told[table, own_table]

    def shown(self, table: str) -> Select[Any]:
        """The rows of a table with the columns that are read, and what stands beside them; of everybody as yet."""
        if table not in self._shown:
            rows = self.selection.rows(table)
            columns: list[ColumnElement[Any]] = [rows.c[name] for name in self.columns(table).read]
            # Where every column is a secret, that there is an entry is all that can be told.
            self._shown[table] = self._beside.joined(table, rows, columns or [literal_column("1").label(THERE)])
        return self._shown[table]

    def lacking(self, table: str) -> tuple[str, ...]:
        """Columns that a question to a table needs and that the database does not have."""
        return tuple(one for one in self.selection.lacking if one.startswith(f"{table}."))

    def has_index(self, table: str, by: tuple[str, ...]) -> bool:
        """Whether an index leads to the rows of a table by one of these columns."""
        if (table, by) not in self._indexed:
            self._indexed[table, by] = led_to(self.schema.tables[table], by)
        return self._indexed[table, by]

    def read_whole(self, table: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """The tables that a question reads whole: without an index, the table itself or one that inherits from it."""
        return tuple(one for one in (table, *self._heirs(table)) if not self.has_index(one, by))

    def not_told_elsewhere(self, table: str) -> list[ColumnElement[bool]]:
        """Rows that stand in a table that inherits from this one, and are told there, are not told twice."""
        if table not in self._elsewhere:
            place: Any = column("tableoid", _selectable=self.selection.rows(table))
            heirs = [
                one
                for one in self._heirs(table)
                if any(not self.access.counts(one, trace) for trace in self.traces(one))
            ]
            self._elsewhere[table] = [place != cast(literal_column(_quoted(one)), REGCLASS) for one in heirs]
        return self._elsewhere[table]

    def _heirs(self, table: str) -> Iterator[str]:
        for one in self.schema.heirs(table):
            yield one
            yield from self._heirs(one)


def meant(rows: FromClause, trace: Trace) -> ColumnElement[bool]:
    """Whether a row is one that a trace means, of those that name the person."""
    tests = [all_hold(rows.c, trace.only)]
    if trace.among:
        tests.append(led_by(rows, trace.among, all_hold))
    return and_(*tests)


def led_to(table: Table, by: Sequence[str]) -> bool:
    """Whether an index or the key of a table begins with one of these columns."""
    indexes = (table.primary_key, *(one.columns for one in table.indexes))
    return bool({names[0].partition("(")[0] for names in indexes if names} & set(by))


def _quoted(name: str) -> str:
    """A table's name, of the catalogue, as a text in which PostgreSQL looks it up."""
    said = ".".join(f'"{part}"' for part in parted(name) if part).replace("'", "''")
    return f"'{said}'"
