"""The rows that name or reach a person: what hangs on them, and how they are changed or deleted in small pieces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, FromClause, and_, delete, exists, false, func, not_, or_, select, text, update
from sqlalchemy.sql.expression import TableClause

from carrel.errors import CarrelError, fault
from carrel.inventory.person_map import Act
from carrel.inventory.schema import Incoming
from carrel.retention import faults
from carrel.systems.sql.person_moves import move
from carrel.systems.sql.person_selection import Bool, PersonSelection
from carrel.systems.sql.person_steps import Step
from carrel.systems.sql.row_place import has_places, lies_among

CASCADING = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


class PersonRows(PersonSelection):
    """The rows of persons as `PersonSelection` finds them, with what is done to them."""

    # -- what hangs on them -----------------------------------------------------------------------------------------

    def hanging(self, connection: Connection, step: Step) -> Iterable[tuple[Incoming, int, int]]:
        """Per key that points at a step's table: rows that hang on the step's rows, and those no step deals with."""
        for incoming in self.schema.incoming(step.table):
            child, parent = self.rows(incoming.table), self.rows(step.table).alias()
            pairs = zip(incoming.key.columns, incoming.key.references, strict=True)
            hangs: Bool = exists().where(
                *(parent.c[theirs] == child.c[own] for own, theirs in pairs), self.those(step, parent)
            )
            hangs = and_(hangs, self.bound(incoming.table, child))
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

        Raises:
            CarrelError: ERA-006, the rows are as they were; the caller undoes the transaction.
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
        hung, before = 0, 0 if keys else self.count(connection, step)
        if step.act is Act.DELETE:
            hung = sum(self._hung(connection, step, mine, one) for one in self.schema.incoming(step.table))
            statement: Any = delete(rows).where(mine)
        else:
            statement = update(rows).where(mine).values(self.values(step, rows))
        if not (keys or has_places(connection.dialect)):
            statement = statement.with_dialect_options(mysql_limit=size, mariadb_limit=size)
        if hung:
            return 0, hung
        done = connection.execute(statement).rowcount
        # A trigger or a rule can have a statement succeed and do nothing. Rows without a key are not told apart: some
        # of them must have gone.
        left = self._count(connection, rows, mine) if keys else self.count(connection, step)
        if left and (keys or left >= before):
            raise not_done(step.table, left)
        return done, 0

    def count_of_key(self, connection: Connection, incoming: Incoming) -> int:
        """How many rows of a table name the person by a key."""
        child = self.rows(incoming.table)
        named = or_(*(self.names(incoming.table, one, child) for one in incoming.key.columns))
        return self._count(connection, child, and_(named, self.bound(incoming.table, child)))

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
        hangs = self.keyed([child.c[own] for own, _ in pairs], found)
        return self._count(connection, child, and_(hangs, self.bound(incoming.table, child)))

    def values(self, step: Step, rows: FromClause) -> dict[str, Any]:
        """What a change sets each column to."""
        values = self.kept_times(step.table, rows)
        values |= {name: self._target(name, how, rows) for name, how in step.trace.set.items()}
        return {**values, **step.trace.told, **{name: self._own_key(step, rows) for name in step.trace.own_key}}

    def leaves(self, name: str, rows: FromClause) -> list[Bool]:
        """Whether no row of the same table hangs on this one: these go first."""
        tests = []
        for incoming in self.schema.incoming(name):
            if incoming.table == name:
                child = self.rows(name).alias()
                pairs = zip(incoming.key.columns, incoming.key.references, strict=True)
                tests.append(not_(exists().where(*(child.c[own] == rows.c[theirs] for own, theirs in pairs))))
        return tests


def not_done(table: str, rows: int) -> CarrelError:
    """The error of a statement after which the rows are as they were."""
    return fault(
        faults.NOT_DONE,
        at=table,
        wanted="rows that do not name the person any more",
        found=f"{rows} as they were before",
        because="a trigger, a rule or a policy of the table put them back, or kept the statement from them",
        changed="nothing by this transaction; what earlier ones took out stays out",
        fix="look at the table's triggers, rules and row policies; plan anew once they let the rows go",
    )


def lock(connection: Connection, rows: TableClause, which: Bool) -> int:
    """Lock the rows, so that no other transaction can hang one on them meanwhile; how many there are."""
    if connection.dialect.name == "sqlite":  # a writer there has the whole file
        return int(connection.execute(select(func.count()).select_from(rows).where(which)).scalar_one())
    return len(connection.execute(select(text("1")).select_from(rows).where(which).with_for_update()).all())
