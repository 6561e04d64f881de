"""The loans of one SQL database: observed, cut chunk by chunk, and counted again (``retention.ports.LoanSystem``)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    or_,
)
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from carrel.inventory.system_map import SystemMap
from carrel.policy.schedule import Disposition, LoanSchedule
from carrel.retention.cutoff import local_cutoff
from carrel.retention.lifecycle import Lifecycle, State
from carrel.retention.outcome import ChunkResult
from carrel.retention.ports import Busy, Observation, Position, RecordCount, StrayPosition
from carrel.systems.sql.archived_rows import ArchivedRows
from carrel.systems.sql.before_images import BeforeImages
from carrel.systems.sql.chunk_cut import AnchorCut, ChunkCut
from carrel.systems.sql.chunk_steps import ChunkSteps
from carrel.systems.sql.chunk_table import ChunkTables
from carrel.systems.sql.circulation import CirculationCounts
from carrel.systems.sql.failure import classify, is_transient
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.loan_counts import LoanCounts
from carrel.systems.sql.path_rows import Terms
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.session_settings import create_work_tables, settle
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.stray_stretch import StrayStretch

Intend = Callable[[Position, int], None]


class SqlLoans:
    """One database with loans, under one map and one schedule.

    Args:
        engine: connections with READ COMMITTED; a read-only one can observe and count, not cut.
        system_map: of the product.
        schedule: what the policy says of loans.
        zone: declared zone of the system.
        stand_in: id of the product's anonymous patron, or None.
        name: of the system in the site file, for messages.
    """

    def __init__(
        self,
        engine: Engine,
        system_map: SystemMap,
        schedule: LoanSchedule,
        zone: ZoneInfo,
        stand_in: int | None,
        name: str = "database",
    ) -> None:
        self.map, self.schedule, self.zone, self.stand_in, self.name = system_map, schedule, zone, stand_in, name
        self._engine = engine
        self.shelf = Shelf(system_map)
        self.images: BeforeImages | None = None  # set where the site wants an undo capsule
        self.circulation: CirculationCounts | None = None  # set where the site wants its loans counted
        self.archive: ArchivedRows | None = None  # set where rows may go to the archives, and not on a copy
        self._connection: Connection | None = None
        self._prepared: Lifecycle | None = None
        self._built: tuple[tuple[Lifecycle, datetime], tuple[ChunkSteps, ...]] | None = None
        self._any_held = True
        self._small: frozenset[str] = frozenset()

    # -- the session ------------------------------------------------------------------------------------------------

    @contextmanager
    def session(self) -> Iterator[SqlLoans]:
        """One connection with its work tables, for as long as a run lasts."""
        with self._told(), self._engine.connect() as connection:
            self._connection, self._prepared = connection, None
            settle(connection, self.map)
            create_work_tables(connection, self.shelf, self.stand_in)
            try:
                yield self
            finally:
                self._connection = self._prepared = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """One unit of work: undone on any error, and a driver's error told without its text (it can quote a row)."""
        try:
            yield
        except DBAPIError as wrong:
            self._undo()
            if is_transient(wrong):
                raise Busy from None
            raise classify(wrong, self.name) from None
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(DBAPIError, PendingRollbackError):
                self._connection.rollback()

    @property
    def connection(self) -> Connection:
        """The session's connection.

        Raises:
            RuntimeError: outside ``session()``.
        """
        if self._connection is None:
            raise RuntimeError("open a session first")
        return self._connection

    @property
    def _kept(self) -> KeptTable:
        return KeptTable(self.connection, self.shelf, self.stand_in)

    def prepare(self, life: Lifecycle) -> None:
        """Fill the table of kept loans for this lifecycle; done again only when the lifecycle changes.

        Errors as for `cut_chunk`.
        """
        with self._told():
            self._prepare(life)

    def _prepare(self, life: Lifecycle) -> None:
        if self._prepared is None or replace(self._prepared, records=life.records) != life:
            self._kept.fill(life)
            self._any_held = State.LEGAL_HOLD.value in self._kept.states()
            self._built = None
            counts = self._counts
            self._small = frozenset(p.table for p in self.map.paths if counts.is_small(p.table))
            self.connection.commit()
        self._prepared = life  # which loans are kept, no rule for other records changes

    def paths(
        self, life: Lifecycle, as_of: datetime, *, near: bool = False, shown: bool = False
    ) -> tuple[PathSql, ...]:
        """The paths of the map under the schedule's terms.

        Args:
            life: of the loans.
            as_of: aware time at which periods are judged.
            near: beside the kept loans near a chunk only.
            shown: for readers: nothing in them tells of a legal hold or an exception.
        """
        limit = self.schedule.last_borrower.at_most
        last = life.older_than if limit is None else local_cutoff(limit.before(as_of), self.zone)
        by_day = self.schedule.event_detail == "day"
        held, shields = (True, ()) if shown else (self._any_held, life.shields)
        charges, keeps = self.schedule.charges, limit is not None
        terms = Terms(life.older_than, last, keeps, charges, self.stand_in, by_day, held, shields, life.records)
        joins = self.connection.dialect.name != "sqlite"
        return tuple(
            PathSql(self.shelf, path, terms, joins=joins, small=path.table in self._small, near=near)
            for path in self.map.paths
        )

    def path_names(self, *, by_person: bool = False) -> tuple[str, ...]:
        """The paths of the map, in the order in which they are cut; or those whose strays are walked by person.

        Records of other kinds come after everything that leads to a loan, and never with a stage of readers.
        """
        if not by_person:
            return tuple(path.name for path in self.map.paths)
        return tuple(p.name for p in self.map.loans.paths if p.person is not None and p.walk in {None, p.person})

    def _due(self, life: Lifecycle, rows: Any) -> ColumnElement[bool]:
        closed = self.map.loans.closed
        return and_(
            self._kept.linked(closed, rows),
            LoanColumns(self.shelf, closed, rows).compile(life.due),
        )

    # -- observing --------------------------------------------------------------------------------------------------

    def observe(self, life: Lifecycle, as_of: datetime) -> Observation:
        """Count what is due, kept and stray; nothing but temporary tables is written."""
        with self._told():
            self._prepare(life)
            return self._counts.observe(life, self.paths(life, as_of))

    @property
    def _counts(self) -> LoanCounts:
        return LoanCounts(self.connection, self.shelf, self._kept)

    def record_counts(self, life: Lifecycle, as_of: datetime) -> Mapping[str, RecordCount]:
        """Records of other kinds per path, as a lifecycle has them; nothing is cut by it."""
        with self._told():
            self._prepare(life)
            return self._counts.records([path for path in self.paths(life, as_of) if path.path.link.by == "own"])

    def recount(self, life: Lifecycle, as_of: datetime) -> Observation:
        """Everything counted afresh, with the exact condition: what is due and unheld and still leads to a reader."""
        with self._told():
            self._prepared = None
            self._prepare(life)
            return self._counts.observe(life, self.paths(life, as_of), exactly=True)

    def remaining(self, life: Lifecycle, as_of: datetime) -> Mapping[str, int]:
        """The complement, counted afresh: loans and rows that are due and unheld and still lead to a reader."""
        seen = self.recount(life, as_of)
        return {self.map.loans.closed.table: seen.states[State.DUE.value], **seen.rows}

    def kept(self, life: Lifecycle) -> dict[str, int]:
        """Loans that are open or kept, by their state."""
        with self._told():
            self._prepare(life)
            return self._kept.states()

    # -- cutting ----------------------------------------------------------------------------------------------------

    def cut_chunk(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: Position | None,
        limit: int,
        intend: Intend,
        may_commit: Callable[[], None] = lambda: None,
    ) -> tuple[Position, ChunkResult] | None:
        """Cut the next loans, with all their paths, in one transaction; None when no due loan follows.

        Args:
            life: with legal holds as of now.
            as_of: of the plan.
            after: where the walk stands.
            limit: loans in this chunk.
            intend: called with the chunk's end and size before anything of it is written.
            may_commit: called right before the commit; what it raises undoes the chunk.

        Raises:
            Busy: the desk held a lock for too long; nothing was changed, and the chunk may be tried again.
            CarrelError: the server refused, or is gone; nothing of the chunk was changed.

        Guarantees:
            A repeat changes nothing: every statement is conditional on what the row still names.
        """
        with self._told():
            return self._cut_chunk(life, as_of, after, limit, intend, may_commit)

    def _cut_chunk(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: Position | None,
        limit: int,
        intend: Intend,
        may_commit: Callable[[], None],
    ) -> tuple[Position, ChunkResult] | None:
        self._prepare(life)
        began = time.monotonic()
        closed = self.map.loans.closed
        loans = self.shelf[closed.table]
        person, key = loans.c[closed.person], loans.c[closed.key]
        here = person.is_not(None) if after is None else _beyond(person, key, after)
        tables = ChunkTables(self.connection, self.shelf, self._kept)
        if (picked := tables.fill(and_(here, self._due(life, loans)), (person, key), limit)) is None:
            self.connection.rollback()
            return None
        position = Position(closed.table, picked.span.last, picked.last_loan)
        intend(position, picked.size)
        if self.circulation:
            self.circulation.take(self.connection, self.shelf)
        cut = ChunkCut(self.connection, self.shelf, self._steps(life, as_of), self._anchor, self.images)
        rows, left = cut.carry_out(picked)
        self._commit(may_commit)
        return position, ChunkResult(picked.size, rows, left, seconds=time.monotonic() - began)

    def _steps(self, life: Lifecycle, as_of: datetime) -> tuple[ChunkSteps, ...]:
        """What is executed of each path, kept for as long as the lifecycle stays the same."""
        if self._built is None or self._built[0] != (life, as_of):
            paths = self.paths(life, as_of, near=True)
            # Records of other kinds are nobody's traces of a loan: they go by themselves, after all loans.
            mine = (path for path in paths if path.path.link.by != "own")
            self._built = (life, as_of), tuple(ChunkSteps(path) for path in mine)
        return self._built[1]

    @property
    def _anchor(self) -> AnchorCut:
        by_day = self.schedule.event_detail == "day"
        deletes = all(rule.disposition is Disposition.DELETE for rule in self.schedule.rules)
        return AnchorCut(self.shelf, self.stand_in, by_day=by_day, deletes=deletes)

    def _commit(self, may_commit: Callable[[], None]) -> None:
        """Commit a chunk; its before-images and its counts, where they are wanted, are durable first."""
        for beside in (self.images, self.circulation, self.archive):
            if beside:
                beside.keep()
        may_commit()
        self.connection.commit()
        for beside in (self.images, self.circulation, self.archive):
            if beside:
                beside.committed()

    def cut_strays(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: StrayPosition,
        limit: int,
        intend: Intend,
        may_commit: Callable[[], None] = lambda: None,
        *,
        last: int | None = None,
    ) -> tuple[StrayPosition, ChunkResult] | None:
        """Cut the next strays of one path in one transaction; None when its index is walked to the end.

        Args and errors as for `cut_chunk`; ``last`` is where the walk ends, if not at the end of the index.
        """
        with self._told():
            return self._cut_strays(life, as_of, after, limit, intend, may_commit, last)

    def _cut_strays(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: StrayPosition,
        limit: int,
        intend: Intend,
        may_commit: Callable[[], None],
        last: int | None,
    ) -> tuple[StrayPosition, ChunkResult] | None:
        self._prepare(life)
        path = next(p for p in self.paths(life, as_of) if p.path.name == after.path)
        began = time.monotonic()
        stretch = StrayStretch.after(self.connection, path, after.column, limit, last)
        if stretch is None:
            self.connection.rollback()
            return None
        if self.images:
            self.images.begin(self.connection)
        done = left = 0
        if stretch.expected:
            intend(Position(after.path, stretch.end, 0), stretch.expected)
            if self.images:
                self.images.take(path, (stretch.condition,))
            archive = self.archive if path.path.archived else None
            taken = archive.take(self.connection, path, stretch.condition) if archive else 0
            done, left = stretch.cut(self.connection)
            if archive:
                archive.require(path, taken, done)
        self._commit(may_commit)
        missed = {after.path: left} if left else {}
        result = ChunkResult(0, {after.path: done}, missed, seconds=time.monotonic() - began)
        return StrayPosition(after.path, stretch.end), result


def _beyond(person: Any, key: Any, after: Position) -> ColumnElement[bool]:
    # Written so that both parts are ranges of the same index.
    return or_(person > after.person, and_(person == after.person, key > after.loan))
