"""One chunk in its transaction: every path of its loans, then the loans themselves, then read back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, literal, select, update

from carrel.inventory.system_map import Method
from carrel.systems.sql.aged_loans import AgedLoans
from carrel.systems.sql.before_images import BeforeImages
from carrel.systems.sql.chunk_steps import ChunkSteps
from carrel.systems.sql.chunk_table import Picked
from carrel.systems.sql.expressions import its_day
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.trigger_way import TriggerWay, bypassed, quiet_paths
from carrel.systems.sql.worktables import CHUNK


@dataclass(frozen=True, slots=True)
class AnchorCut:
    """How the loans of a chunk themselves are cut.

    Attributes:
        shelf: with the table of closed loans.
        stand_in: the product's anonymous patron.
        by_day: the policy keeps no time of day.
        deletes: the policy deletes loans instead of parting them.
        aged: how they move to another table; None where they stay in their own.
    """

    shelf: Shelf
    stand_in: int | None
    by_day: bool
    deletes: bool
    aged: AgedLoans | None = None

    def cut(self, connection: Connection) -> int:
        """Cut the chunk's loans that still name the reader whom the chunk knows; how many."""
        if self.aged is not None:
            return self.aged.cut(connection)
        closed = self.shelf.map.loans.closed
        loans = self.shelf[closed.table]
        where = and_(loans.c[closed.key] == CHUNK.c.loan, loans.c[closed.person] == CHUNK.c.person)
        if not self.deletes:
            return int(connection.execute(update(loans).values(self._values(loans)).where(where)).rowcount)
        if connection.dialect.name != "sqlite":
            return int(connection.execute(delete(loans).where(where)).rowcount)
        mine = select(CHUNK.c.loan)
        return int(connection.execute(delete(loans).where(loans.c[closed.key].in_(mine))).rowcount)

    def begin(self, connection: Connection) -> dict[str, int]:
        """What of loans that move goes before their paths are cut; rows by table."""
        return {} if self.aged is None else self.aged.begin(connection)

    def _values(self, loans: Any) -> dict[str, Any]:
        closed = self.shelf.map.loans.closed
        person = loans.c[closed.person]
        values: dict[str, Any] = {}
        for name, method in closed.cut.set.items():
            match method:
                case Method.STAND_IN:
                    values[name] = literal(self.stand_in) if self.stand_in is not None else None
                case Method.SAME:
                    values[name] = loans.c[name]
                case _:
                    values[name] = None
        for name in closed.cut.if_reader:
            values[name] = case((loans.c[name] == person, None), else_=loans.c[name])
        if self.by_day:
            for name in (closed.opened, closed.closed, closed.due, closed.renewed):
                values[name] = its_day(loans.c[name])
        return values

    def left(self, connection: Connection) -> dict[str, int]:
        """How many of the chunk's loans still name their reader, by table."""
        closed = self.shelf.map.loans.closed
        if self.aged is not None:
            return self.aged.left(connection)
        loans = self.shelf[closed.table]
        mine = and_(loans.c[closed.key] == CHUNK.c.loan, loans.c[closed.person] == CHUNK.c.person)
        left = connection.execute(select(func.count()).select_from(loans, CHUNK).where(mine)).scalar_one()
        return {closed.table: int(left)}


@dataclass(frozen=True, slots=True)
class ChunkCut:
    """Cuts the chunk that stands in the work tables.

    Attributes:
        connection: in the chunk's transaction.
        shelf: with the tables of the map.
        steps: of each path, in the order of the map: dependants first.
        anchor: of the loans, which name the reader last, so that a resume still finds them.
        images: where the site wants an undo capsule.
    """

    connection: Connection
    shelf: Shelf
    steps: Sequence[ChunkSteps]
    anchor: AnchorCut
    images: BeforeImages | None

    def carry_out(self, picked: Picked) -> tuple[dict[str, int], dict[str, int]]:
        """Cut everything.

        Returns:
            Rows by path, and what was read back that still leads to a reader; the second is empty when verified.
        """
        if self.images:
            self.images.begin(self.connection)
        gone = self.anchor.begin(self.connection)
        rows = {}
        for steps in self.steps:
            with self._asleep(steps):
                done = self._path(steps, picked)
            rows[steps.path.path.name] = done + gone.pop(steps.path.path.table, 0)
        closed = self.shelf.map.loans.closed
        if self.images:
            self.images.take_loans(self.shelf[closed.table], closed)
        rows[closed.table] = self.anchor.cut(self.connection)
        left = self.anchor.left(self.connection)
        for steps in self.steps:
            steps.read_back(self.connection, picked.span.parameters())
            left[steps.path.path.name] = steps.left
        if self.anchor.aged is not None:
            self.anchor.aged.forget(self.connection)
        return rows, {name: count for name, count in left.items() if count}

    def _asleep(self, steps: ChunkSteps) -> AbstractContextManager[None]:
        """Triggers are off where they are off for the move, and only columns change of rows that a loan's key leads to.

        For each bill and payment the product would reckon a loan's sums anew, and these are cut in the same chunk.
        """
        aged, path = self.anchor.aged, steps.path
        if aged is None or aged.way is not TriggerWay.BYPASSED or path.path.name not in quiet_paths(self.shelf.map):
            return nullcontext()
        return bypassed(self.connection)

    def _path(self, steps: ChunkSteps, picked: Picked) -> int:
        if not steps.reaches:
            return 0
        span = picked.span.parameters()
        if steps.path.chunk.found_first:
            steps.find(self.connection, span, spelled=picked.spelled)
            if self.images:
                self.images.take(steps.path, (steps.path.cuts.is_found,))
            return steps.cut_found(self.connection, span)
        done = 0
        for with_loan, conditions in ((False, steps.of_readers), (True, steps.of_loans)):
            if self.images and conditions:
                self.images.take(steps.path, conditions, picked.span, with_loan=with_loan)
            done += steps.cut_met(self.connection, span, with_loan=with_loan)
        return done
