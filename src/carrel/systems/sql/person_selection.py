"""Which rows name or reach a person, trace by trace: selected and counted."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from copy import copy
from itertools import takewhile
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    cast,
    column,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.sql.expression import TableClause

from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, Holds, Through
from carrel.inventory.schema import Column, LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention.identifiers import Subject
from carrel.retention.payer import Payer
from carrel.systems.sql.conditions import all_hold, compiled
from carrel.systems.sql.expressions import LocalTime, its_day
from carrel.systems.sql.named_table import table
from carrel.systems.sql.number_text import as_text
from carrel.systems.sql.person_steps import Step, lacking, moves_of, own_step, person_map, steps_of
from carrel.systems.sql.row_place import is_own
from carrel.systems.sql.way_rows import led_by

Bool = ColumnElement[bool]


class PersonSelection:
    """The rows of one person, or of several at once, in one live database.

    Args:
        schema: live; a table that the site lacks has no rows.
        system_map: whose section on persons tells where they stand.
        subjects: whose.
        stand_in: the product's anonymous patron.
        payer: what stays of them, where their financial record needs a payer.

    Attributes:
        person: the map's section.
        steps: in their order.
        moves: per table, where rows go without their person that are not deleted.
        lacking: columns that a trace needs and the database does not have; none where it is as mapped.
        written: statements with places for a person's values, for everybody's selection that is made of this one.
    """

    def __init__(
        self,
        schema: LiveSchema,
        system_map: SystemMap,
        subjects: tuple[Subject, ...],
        stand_in: int | None,
        payer: Payer | None = None,
    ) -> None:
        self.schema, self.map, self.subjects, self.stand_in = schema, system_map, subjects, stand_in
        self.person = person_map(system_map)
        self._tables: dict[str, TableClause] = {}
        self.written: dict[Hashable, Any] = {}
        self.payer = payer
        self.steps = steps_of(schema, system_map, stand_in, payer)
        self.moves = moves_of(system_map)
        self.lacking = lacking(schema, self.person)

    def of(self, subjects: tuple[Subject, ...]) -> Self:
        """The rows of others, by the same steps."""
        found = copy(self)
        found.subjects = subjects
        return found

    @property
    def own(self) -> Step:
        """What is done to the person's own row."""
        return own_step(self.steps, self.map.people.table)

    def rows(self, name: str) -> TableClause:
        """A table of the live database, with its columns as they are there."""
        if name not in self._tables:  # one object for each, so that conditions made apart speak of the same rows
            self._tables[name] = table(name, *(column(one) for one in self.schema.tables[name].column_names))
        return self._tables[name]

    def bound(self, name: str, rows: FromClause) -> Bool:
        """Whether the table's own foreign keys hold for a row: a table that inherits has keys of its own, or none."""
        return is_own(name, rows) if self.schema.heirs(name) else true()

    def those(self, step: Step, rows: FromClause) -> Bool:
        """Whether a row is one of a step's."""
        trace = step.trace
        tests = [all_hold(rows.c, trace.only)]
        if trace.among:
            tests.append(led_by(rows, trace.among, all_hold))
        # A row that names the person afterwards as well is one only until it is changed.
        if step.act is Act.CHANGE and trace.column not in trace.changed:
            tests.append(or_(*self._unset(step, rows)))
        if trace.column:
            return and_(self.names(step.table, trace.column, rows, trace.holds), *tests)
        assert trace.through is not None  # noqa: S101  (the grammar allows one of the two)
        return and_(self._through(trace.through, step.table, rows), *tests)

    def _through(self, way: Through, name: str, rows: FromClause) -> Bool:
        """Whether a way leads from the row of a table to the person."""
        other = self.rows(way.table).alias()
        joined = [self._same(rows, (name, own), other, (way.table, theirs)) for own, theirs in way.pairs.items()]
        joined.append(all_hold(other.c, way.only))
        if way.person:
            joined.append(self.names(way.table, way.person, other))
        if way.then is not None:
            joined.append(self._through(way.then, way.table, other))
        return exists().where(*joined)

    def _same(self, rows: FromClause, own: tuple[str, str], other: FromClause, theirs: tuple[str, str]) -> Bool:
        """Whether two columns hold the same; a number in a column of texts is compared as a text."""
        mine, far = rows.c[own[1]], other.c[theirs[1]]
        here, there = is_text(self._column(*own)), is_text(self._column(*theirs))
        if here and not there:
            return mine == as_text(far)
        return as_text(mine) == far if there and not here else mine == far

    def names(self, name: str, by: str, rows: FromClause, holds: Holds = Holds.NUMBER) -> Bool:
        """Whether a column names one of the persons."""
        values = self.named_by(name, by, holds)
        if not values:
            return false()
        return rows.c[by] == values[0] if len(values) == 1 else rows.c[by].in_(values)

    def named_by(self, name: str, by: str, holds: Holds = Holds.NUMBER) -> list[Any]:
        """The values by which a column names the persons, as it holds them."""
        values: list[Any] = [value for one in self.subjects for value in holds_of(one, holds)]
        if holds is Holds.NUMBER and is_text(self._column(name, by)):
            # A number in a column of texts is compared as a text, or the server would turn every text into a number.
            return [str(one) for one in values]
        return [one for one in values if one not in {"", None}]

    def count(self, connection: Connection, step: Step) -> int:
        """How many rows a step has now."""
        rows = self.rows(step.table)
        return self._count(connection, rows, self.those(step, rows))

    def count_at_last(self, connection: Connection, step: Step) -> int:
        """How many rows a step will have in its turn.

        With those that earlier steps only lead to by then, and without those that an earlier step deals with: where two
        traces lead to one row, it is counted at the first, as it will be when the steps are carried out.
        """
        way, rows = step.trace.through, self.rows(step.table)
        if way is None or way.person or way.then is not None:
            spent = [self.those(one, rows) for one in self._earlier(step) if one.spends(step)]
            # A test of an empty column answers neither yes nor no, and counts as no.
            return self._count(connection, rows, and_(self.those(step, rows), or_(false(), *spent).is_not(True)))
        other = self.rows(way.table).alias("way")
        joined = [other.c[theirs] == rows.c[own] for own, theirs in way.pairs.items()]
        before = [self.those(one, other) for one in self.steps if one.table == way.table and one.act is Act.CHANGE]
        ready = and_(*(compiled(other.c[one.column], one) for one in way.only))
        return self._count(connection, rows, exists().where(*joined, or_(ready, *before)))

    def _earlier(self, step: Step) -> Iterator[Step]:
        return takewhile(lambda one: one is not step, self.steps)

    def key(self, name: str) -> tuple[str, ...]:
        """The primary key of a table; a prefix of a column counts as the column."""
        return tuple(one.partition("(")[0] for one in self.schema.tables[name].primary_key)

    @staticmethod
    def keyed(keys: Sequence[ColumnElement[Any]], found: Sequence[Any]) -> Bool:
        """Whether a row's key is one of these."""
        if len(keys) == 1:
            return keys[0].in_([one[0] for one in found])
        return tuple_(*keys).in_([tuple(one) for one in found])

    def _own_key(self, step: Step, rows: FromClause) -> ColumnElement[Any]:
        return cast(rows.c[self.key(step.table)[0]], String)

    def _target(self, name: str, how: Method, rows: FromClause) -> Any:
        values = {Method.CLEAR: null(), Method.BLANK: "", Method.ZERO: 0, Method.SAME: rows.c[name]}
        if how is Method.DAY:
            return its_day(type_coerce(rows.c[name], LocalTime()))
        if how is Method.STAND_IN:
            return null() if self.stand_in is None else self.stand_in
        return values[how]

    def emptied(self, step: Step) -> tuple[str, ...]:
        """The columns that a step leaves empty."""
        if step.act is not Act.CHANGE:
            return ()
        without = self.stand_in is None
        return tuple(
            name for name, how in step.trace.set.items() if how is Method.CLEAR or (how is Method.STAND_IN and without)
        )

    def _unset(self, step: Step, rows: FromClause) -> Iterator[Bool]:
        """Per column that a change sets, whether it still holds something else."""
        for name, how in step.trace.set.items():
            here = rows.c[name]
            if self._column(step.table, name).type == "tsvector":
                # The database fills it from other columns; once these are empty there is no word in it.
                yield func.length(here) > 0
            elif how is Method.CLEAR or (how is Method.STAND_IN and self.stand_in is None):
                yield here.is_not(None)
            elif how not in {Method.SAME, Method.DAY}:  # a day goes with the other columns of its row
                yield here != self._target(name, how, rows)
        for name, value in step.trace.told.items():
            yield rows.c[name] != value
        for name in step.trace.own_key:
            yield rows.c[name] != self._own_key(step, rows)

    def _column(self, name: str, by: str) -> Column:
        found = self.schema.tables[name].column(by)
        if found is None:
            raise KeyError(f"{name}.{by}")
        return found

    @staticmethod
    def _count(connection: Connection, rows: FromClause, which: Bool) -> int:
        return int(connection.execute(select(func.count()).select_from(rows).where(which)).scalar_one())


def holds_of(subject: Subject, holds: Holds) -> tuple[int | str, ...]:
    """What of a person can stand in a column of that kind."""
    if holds is Holds.NUMBER:
        return subject.numbers
    return (subject.card, *subject.cards) if holds is Holds.CARD else (subject.user,)


def is_text(found: Column) -> bool:
    """Whether a column holds texts."""
    declared = found.type.lower()
    return any(word in declared for word in ("char", "text", "enum", "json", "xml", "tsvector", "hstore"))


def is_bytes(found: Column) -> bool:
    """Whether a column holds bytes."""
    return "blob" in found.type.lower() or found.type == "bytea"
