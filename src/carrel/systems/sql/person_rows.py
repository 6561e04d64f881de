"""The rows that name or reach a person, trace by trace: selected, counted, and changed or deleted in small pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    not_,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.sql.expression import TableClause

from carrel.inventory.map_part import Method
from carrel.inventory.map_part import Step as Way
from carrel.inventory.person_map import Act, Holds, Through
from carrel.inventory.schema import Column, Incoming, LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention.identifiers import Subject
from carrel.retention.payer import Payer
from carrel.systems.sql.conditions import all_hold, compiled
from carrel.systems.sql.named_table import table
from carrel.systems.sql.person_moves import move
from carrel.systems.sql.person_steps import Step, lacking, moves_of, own_step, person_map, steps_of
from carrel.systems.sql.row_place import has_places, lies_among

Bool = ColumnElement[bool]
CASCADING = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


class PersonRows:
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
        self.payer = payer
        self.steps = steps_of(schema, system_map, stand_in, payer)
        self.moves = moves_of(system_map)
        self.lacking = lacking(schema, self.person)

    def of(self, subjects: tuple[Subject, ...]) -> PersonRows:
        """The rows of others, by the same steps."""
        return PersonRows(self.schema, self.map, subjects, self.stand_in, self.payer)

    @property
    def own(self) -> Step:
        """What is done to the person's own row."""
        return own_step(self.steps, self.map.people.table)

    # -- which rows -------------------------------------------------------------------------------------------------

    def rows(self, name: str) -> TableClause:
        """A table of the live database, with its columns as they are there."""
        if name not in self._tables:  # one object for each, so that conditions made apart speak of the same rows
            self._tables[name] = table(name, *(column(one) for one in self.schema.tables[name].column_names))
        return self._tables[name]

    def those(self, step: Step, rows: FromClause) -> Bool:
        """Whether a row is one of a step's."""
        trace = step.trace
        tests = [all_hold(rows.c, trace.only)]
        if trace.among:
            tests.append(self._among(trace.among, rows))
        # A row that names the person afterwards as well is one only until it is changed.
        if step.act is Act.CHANGE and trace.column not in trace.changed:
            tests.append(or_(*self._unset(step, rows)))
        if trace.column:
            return and_(self.names(step.table, trace.column, rows, trace.holds), *tests)
        assert trace.through is not None  # noqa: S101  (the grammar allows one of the two)
        return and_(self._through(trace.through, rows), *tests)

    def _through(self, way: Through, rows: FromClause) -> Bool:
        """Whether a way leads from the row to the person."""
        other = self.rows(way.table).alias()
        joined = [other.c[theirs] == rows.c[own] for own, theirs in way.pairs.items()]
        joined.append(all_hold(other.c, way.only))
        if way.person:
            joined.append(self.names(way.table, way.person, other))
        if way.then is not None:
            joined.append(self._through(way.then, other))
        return exists().where(*joined)

    def _among(self, ways: Sequence[Way], rows: FromClause) -> Bool:
        """Whether each table on a way from the row has a row that tells the same."""
        way, *further = ways
        other = self.rows(way.table).alias()
        joined = [other.c[way.column] == rows.c[way.equals], all_hold(other.c, way.where)]
        if further:
            joined.append(self._among(further, other))
        return exists().where(*joined)

    def names(self, name: str, by: str, rows: FromClause, holds: Holds = Holds.NUMBER) -> Bool:
        """Whether a column names one of the persons."""
        values: list[Any] = [value for one in self.subjects for value in holds_of(one, holds)]
        if holds is Holds.NUMBER and is_text(self._column(name, by)):
            # A number in a column of texts is compared as a text, or the server would turn every text into a number.
            values = [str(one) for one in values]
        values = [one for one in values if one not in {"", None}]
        if not values:
            return false()
        return rows.c[by] == values[0] if len(values) == 1 else rows.c[by].in_(values)

    def count(self, connection: Connection, step: Step) -> int:
        """How many rows a step has now."""
        rows = self.rows(step.table)
        return self._count(connection, rows, self.those(step, rows))

    def count_at_last(self, connection: Connection, step: Step) -> int:
        """How many rows a step will have in its turn: with those that earlier steps only lead to by then."""
        way = step.trace.through
        if way is None or way.person or way.then is not None:
            return self.count(connection, step)
        rows, other = self.rows(step.table), self.rows(way.table).alias("way")
        joined = [other.c[theirs] == rows.c[own] for own, theirs in way.pairs.items()]
        before = [self.those(one, other) for one in self.steps if one.table == way.table and one.act is Act.CHANGE]
        ready = and_(*(compiled(other.c[one.column], one) for one in way.only))
        return self._count(connection, rows, exists().where(*joined, or_(ready, *before)))

    # -- what hangs on them -----------------------------------------------------------------------------------------

    def hanging(self, connection: Connection, step: Step) -> Iterable[tuple[Incoming, int, int]]:
        """Per key that points at a step's table: rows that hang on the step's rows, and those no step deals with."""
        for incoming in self.schema.incoming(step.table):
            child, parent = self.rows(incoming.table), self.rows(step.table).alias()
            pairs = zip(incoming.key.columns, incoming.key.references, strict=True)
            hangs = exists().where(
                *(parent.c[theirs] == child.c[own] for own, theirs in pairs), self.those(step, parent)
            )
            if total := self._count(connection, child, hangs):
                dealt = or_(false(), *(self.those(one, child) for one in self._dealing(incoming)))
                # A test of an empty column answers neither yes nor no, and counts as no.
                yield incoming, total, self._count(connection, child, and_(hangs, dealt.is_not(True)))

    def _dealing(self, incoming: Incoming) -> list[Step]:
        mine = [one for one in self.steps if one.table == incoming.table]
        return [
            one
            for one in mine
            if one.act in {Act.DELETE, Act.BLOCK}
            or (one.act is Act.CHANGE and set(incoming.key.columns) & set(one.trace.changed))
        ]

    # -- what is done to them ---------------------------------------------------------------------------------------

    def piece(self, connection: Connection, step: Step, size: int) -> tuple[int, int]:
        """Change or delete at most so many rows of a step; the caller commits.

        Returns:
            Rows dealt with, and rows of other tables that would have gone or been emptied with them: if there are any,
            the caller must undo the transaction.
        """
        rows = self.rows(step.table)
        keys = [rows.c[name] for name in self.key(step.table)]
        mine = self.those(step, rows)
        if step.trace.moved:
            return move(self, connection, step, size)
        if keys:
            first = self.leaves(step.table, rows) if step.act is Act.DELETE else []
            found = connection.execute(select(*keys).select_from(rows).where(mine, *first).limit(size)).all()
            if not found:
                return 0, self.count(connection, step) if first else 0  # each hangs on another: none could go first
            mine = and_(self.keyed(keys, found), mine)
        elif has_places(connection.dialect):
            inner = self.rows(step.table).alias("inner")
            mine = and_(lies_among(connection.dialect, inner, self.those(step, inner), size), mine)
        hung = 0
        if step.act is Act.DELETE:
            hung = sum(self._hung(connection, step, mine, one) for one in self.schema.incoming(step.table))
            statement: Any = delete(rows).where(mine)
        else:
            statement = update(rows).where(mine).values(self.values(step, rows))
        if not (keys or has_places(connection.dialect)):
            statement = statement.with_dialect_options(mysql_limit=size, mariadb_limit=size)
        return (0, hung) if hung else (connection.execute(statement).rowcount, 0)

    def count_of_key(self, connection: Connection, incoming: Incoming) -> int:
        """How many rows of a table name the person by a key."""
        child = self.rows(incoming.table)
        return self._count(
            connection, child, or_(*(self.names(incoming.table, one, child) for one in incoming.key.columns))
        )

    def key(self, name: str) -> tuple[str, ...]:
        """The primary key of a table; a prefix of a column counts as the column."""
        return tuple(one.partition("(")[0] for one in self.schema.tables[name].primary_key)

    @staticmethod
    def keyed(keys: Sequence[ColumnElement[Any]], found: Sequence[Any]) -> Bool:
        """Whether a row's key is one of these."""
        if len(keys) == 1:
            return keys[0].in_([one[0] for one in found])
        return tuple_(*keys).in_([tuple(one) for one in found])

    def kept_times(self, name: str, rows: FromClause) -> dict[str, Any]:
        """Automatic times, set to themselves: none of them tells when a row was changed."""
        return {one.name: rows.c[one.name] for one in self.schema.tables[name].columns if one.follows_updates}

    def _hung(self, connection: Connection, step: Step, mine: Bool, incoming: Incoming) -> int:
        child, parent = self.rows(incoming.table).alias(), self.rows(step.table)
        pairs = list(zip(incoming.key.columns, incoming.key.references, strict=True))
        keys = [parent.c[theirs] for _, theirs in pairs]
        found = connection.execute(select(*keys).select_from(parent).where(mine)).all()
        if not found:
            return 0
        return self._count(connection, child, self.keyed([child.c[own] for own, _ in pairs], found))

    def values(self, step: Step, rows: FromClause) -> dict[str, Any]:
        """What a change sets each column to."""
        values = self.kept_times(step.table, rows)
        values |= {name: self._target(name, how, rows) for name, how in step.trace.set.items()}
        return {**values, **step.trace.told, **{name: self._own_key(step, rows) for name in step.trace.own_key}}

    def _own_key(self, step: Step, rows: FromClause) -> ColumnElement[Any]:
        return cast(rows.c[self.key(step.table)[0]], String)

    def _target(self, name: str, how: Method, rows: FromClause) -> Any:
        values = {Method.CLEAR: null(), Method.BLANK: "", Method.ZERO: 0, Method.SAME: rows.c[name]}
        if how is Method.STAND_IN:
            return null() if self.stand_in is None else self.stand_in
        return values[how]

    def _unset(self, step: Step, rows: FromClause) -> Iterator[Bool]:
        """Per column that a change sets, whether it still holds something else."""
        for name, how in step.trace.set.items():
            here = rows.c[name]
            if self._column(step.table, name).type == "tsvector":
                # The database fills it from other columns; once these are empty there is no word in it.
                yield func.length(here) > 0
            elif how is Method.CLEAR or (how is Method.STAND_IN and self.stand_in is None):
                yield here.is_not(None)
            elif how is not Method.SAME:
                yield here != self._target(name, how, rows)
        for name, value in step.trace.told.items():
            yield rows.c[name] != value
        for name in step.trace.own_key:
            yield rows.c[name] != self._own_key(step, rows)

    def leaves(self, name: str, rows: FromClause) -> list[Bool]:
        """Whether no row of the same table hangs on this one: these go first."""
        tests = []
        for incoming in self.schema.incoming(name):
            if incoming.table == name:
                child = self.rows(name).alias()
                pairs = zip(incoming.key.columns, incoming.key.references, strict=True)
                tests.append(not_(exists().where(*(child.c[own] == rows.c[theirs] for own, theirs in pairs))))
        return tests

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


def lock(connection: Connection, rows: TableClause, which: Bool) -> int:
    """Lock the rows, so that no other transaction can hang one on them meanwhile; how many there are."""
    if connection.dialect.name == "sqlite":  # a writer there has the whole file
        return int(connection.execute(select(func.count()).select_from(rows).where(which)).scalar_one())
    return len(connection.execute(select(text("1")).select_from(rows).where(which).with_for_update()).all())
