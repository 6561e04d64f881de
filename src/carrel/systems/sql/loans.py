"""The loans of one SQL database: observed, cut chunk by chunk, and counted again (``retention.ports.LoanSystem``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, literal, select

from carrel.policy.schedule import Disposition
from carrel.retention.lifecycle import Lifecycle, State
from carrel.retention.outcome import ChunkResult
from carrel.retention.ports import Bounds, Observation, Position, RecordCount, StrayPosition
from carrel.systems.sql.aged_columns import AgedColumns
from carrel.systems.sql.aged_loans import AgedLoans
from carrel.systems.sql.chunk_cut import AnchorCut, ChunkCut
from carrel.systems.sql.chunk_steps import ChunkSteps
from carrel.systems.sql.chunk_table import ChunkTables
from carrel.systems.sql.key_assertion import KeyAssertion
from carrel.systems.sql.loan_chain import LoanChains
from carrel.systems.sql.loan_session import LoanSession
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.stray_stretch import StrayStretch
from carrel.systems.sql.trigger_way import TriggerWay

Intend = Callable[[Position, int], None]


class SqlLoans(LoanSession):
    """One database with loans, under one map and one schedule; see `LoanSession` for its arguments."""

    # -- observing --------------------------------------------------------------------------------------------------

    def observe(self, life: Lifecycle, as_of: datetime) -> Observation:
        """Count what is due, kept and stray; nothing but temporary tables is written."""
        with self._told():
            self._prepare(life)
            return self._counts.observe(life, self.paths(life, as_of))

    def any_due(self, life: Lifecycle) -> bool:
        """Whether a loan is still due: what the next walk would look for, locked by somebody or not."""
        with self._told():
            self._prepare(life)
            due = self.due(life)
            if self.map.loans.closed.chain is not None:
                due = and_(due, LoanChains(self.connection, self.shelf, self.map.loans.closed).last())
            closed = self.map.loans.closed
            person = self.shelf[closed.table].c[closed.person]
            found = self.connection.execute(select(literal(1)).where(person.is_not(None), due).limit(1)).first()
            self.connection.rollback()
            return found is not None

    def record_counts(self, life: Lifecycle, as_of: datetime) -> Mapping[str, RecordCount]:
        """Records of other kinds per path, as a lifecycle has them; nothing is cut by it."""
        with self._told():
            self._prepare(life)
            return self._counts.records([path for path in self.paths(life, as_of) if path.path.link.by == "own"])

    def recount(self, life: Lifecycle, as_of: datetime, *, only: Collection[str] | None = None) -> Observation:
        """Everything counted afresh, with the exact condition: what is due and unheld and still leads to a reader.

        Args:
            life: that decides.
            as_of: of the count.
            only: paths that are counted, beside the loans themselves; None for all.
        """
        with self._told():
            self._prepared = None
            self._prepare(life)
            paths = [one for one in self.paths(life, as_of) if only is None or one.path.name in only]
            return self._counts.observe(life, paths, exactly=True)

    def remaining(self, life: Lifecycle, as_of: datetime) -> Mapping[str, int]:
        """The complement, counted afresh: loans and rows that are due and unheld and still lead to a reader."""
        return self.left(self.recount(life, as_of))

    def left(self, seen: Observation) -> dict[str, int]:
        """Of what was counted afresh, what should be gone: loans and rows per path."""
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
        *,
        bounds: Bounds | None = None,
    ) -> tuple[Position, ChunkResult] | None:
        """Cut the next loans, with all their paths, in one transaction; None when no due loan follows.

        Args:
            life: with legal holds as of now.
            as_of: of the plan.
            after: where the walk stands.
            limit: loans in this chunk.
            intend: called with the chunk's end and size before anything of it is written.
            may_commit: called right before the commit; what it raises undoes the chunk.
            bounds: the persons among whom the walk stays; a chain of renewals that leads out of them is left.

        Raises:
            Busy: the desk held a lock for too long; nothing was changed, and the chunk may be tried again.
            CarrelError: the server refused, or is gone; nothing of the chunk was changed.

        Guarantees:
            A repeat changes nothing: every statement is conditional on what the row still names.
        """
        with self._told():
            return self._cut_chunk(life, as_of, after, limit, intend, may_commit, bounds)

    def _cut_chunk(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: Position | None,
        limit: int,
        intend: Intend,
        may_commit: Callable[[], None],
        bounds: Bounds | None,
    ) -> tuple[Position, ChunkResult] | None:
        self._prepare(life)
        began = time.monotonic()
        closed = self.map.loans.closed
        loans = self.shelf[closed.table]
        person, key = loans.c[closed.person], loans.c[closed.key]
        tables = ChunkTables(self.connection, self.shelf, self._kept)
        due = and_(self._due(life, loans), *within(person, bounds))
        if (picked := tables.fill(due, (person, key), after, limit)) is None:
            self.connection.rollback()
            return None
        position = Position(closed.table, picked.last_person, picked.last_loan)
        intend(position, picked.size)
        if self.circulation:
            self.circulation.take(self.connection, self.shelf)
        cut = ChunkCut(self.connection, self.shelf, self._steps(life, as_of), self._anchor, self.images)
        rows, left = cut.carry_out(picked)
        if self.alongside:
            self.alongside.take(self.connection)
        self._commit(may_commit)
        if self.alongside:
            self.alongside.committed()
        return position, ChunkResult(picked.size, rows, left, seconds=time.monotonic() - began)

    def _steps(self, life: Lifecycle, as_of: datetime) -> tuple[ChunkSteps, ...]:
        """What is executed of each path, kept for as long as the lifecycle stays the same."""
        if self._built is None or self._built[0] != (life, as_of):
            paths = self.paths(life, as_of, near=True)
            # Records of other kinds are nobody's traces of a loan: they go by themselves, after all loans.
            mine = (path for path in paths if path.path.link.by != "own")
            self._built = (life, as_of), tuple(ChunkSteps(path, self._reads_much(path)) for path in mine)
        return self._built[1]

    def _reads_much(self, path: PathSql) -> bool:
        """Beside other sessions a cut of the path would read, and lock, rows that are theirs."""
        joins = self.connection.dialect.name != "postgresql"  # that one locks what it changes, and nothing else
        return self.shared and joins and (path.chunk.by_person or path.path.table in self._small)

    @property
    def _anchor(self) -> AnchorCut:
        by_day = self.schedule.event_detail == "day"
        deletes = all(rule.disposition is Disposition.DELETE for rule in self.schedule.rules)
        return AnchorCut(self.shelf, self.stand_in, by_day=by_day, deletes=deletes, aged=self._aged(by_day, deletes))

    def _aged(self, by_day: bool, deletes: bool) -> AgedLoans | None:
        """How loans move, where the map says so; asked once for a session."""
        closed, c = self.map.loans.closed, self.connection
        if (aged := closed.cut.aged) is None or self.way is None:
            return None
        if self.way is TriggerWay.BYPASSED and self._keys is None:
            arrives = [] if deletes else [(aged.table, AgedColumns(self.shelf, aged, by_day=by_day).key, "number")]
            arrives += [] if aged.ledger is None else [(aged.ledger.table, aged.ledger.key, "loan")]
            self._keys = KeyAssertion(c, (closed.table, closed.key), tuple(arrives))
        return AgedLoans(self.shelf, aged, self.schedule.charges, by_day, deletes, self.way, self._keys)

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


def within(person: ColumnElement[int], bounds: Bounds | None) -> Iterator[ColumnElement[bool]]:
    """The conditions under which a number lies within bounds; none where there are none."""
    if bounds is not None and bounds.begin is not None:
        yield person > bounds.begin
    if bounds is not None and bounds.end is not None:
        yield person <= bounds.end
