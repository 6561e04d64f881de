"""A session on the loans of one SQL database: its connection, its work tables, and which loans are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
)
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from carrel.inventory.system_map import SystemMap
from carrel.policy.schedule import LoanSchedule
from carrel.retention.cutoff import local_cutoff
from carrel.retention.lifecycle import Lifecycle, State
from carrel.retention.ports import Busy
from carrel.retention.records import with_descriptions
from carrel.systems.sql.archived_rows import ArchivedRows
from carrel.systems.sql.before_images import BeforeImages
from carrel.systems.sql.chunk_steps import ChunkSteps
from carrel.systems.sql.circulation import CirculationCounts
from carrel.systems.sql.described_readers import DescribedReaders
from carrel.systems.sql.failure import classify, is_transient
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.key_assertion import KeyAssertion
from carrel.systems.sql.loan_counts import LoanCounts
from carrel.systems.sql.path_rows import Terms
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.predicates import LoanColumns, judged
from carrel.systems.sql.session_settings import create_work_tables, give_way, settle
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.trigger_way import TriggerWay, way_of
from carrel.systems.sql.unit_rows import UnitRows


class Alongside(Protocol):
    """Rows of other work that go in the transaction of a chunk, so that they are no set of their own."""

    def take(self, connection: Connection) -> None:
        """Change them; what it raises undoes the chunk."""

    def committed(self) -> None:
        """What was taken last is committed."""


class LoanSession:
    """One connection to a database with loans, its work tables, and the paths of the map under the schedule's terms.

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
        self.map, self.schedule = with_descriptions(system_map, schedule), schedule
        self.zone, self.stand_in, self.name = zone, stand_in, name
        self._engine = engine
        self.shelf = Shelf(self.map)
        self.images: BeforeImages | None = None  # set where the site wants an undo capsule
        self.circulation: CirculationCounts | None = None  # set where the site wants its loans counted
        self.archive: ArchivedRows | None = None  # set where rows may go to the archives, and not on a copy
        self.alongside: Alongside | None = None  # set where rows of erasures wait to go with the night's
        self._connection: Connection | None = None
        self._prepared: Lifecycle | None = None
        self._built: tuple[tuple[Lifecycle, datetime], tuple[ChunkSteps, ...]] | None = None
        self._any_held = True
        self.shared = False  # set where other sessions cut beside this one
        self.beside_desk = False  # set where people borrow and return meanwhile
        self._small: frozenset[str] = frozenset()
        self._keys: KeyAssertion | None = None
        self.way: TriggerWay | None = None  # of the product's triggers, where loans move to another table

    @contextmanager
    def session(self) -> Iterator[Self]:
        """One connection with its work tables, for as long as a run lasts."""
        with self._told(), self._engine.connect() as connection:
            self._connection, self._prepared, self._keys = connection, None, None
            settle(connection, self.map)
            create_work_tables(connection, self.shelf, self.stand_in)
            if self.beside_desk:
                give_way(connection)
            self.way = way_of(connection, self.map)
            connection.commit()
            try:
                yield self
            finally:
                self._connection = self._prepared = None
                connection.invalidate()  # its settings and work tables are nobody else's, and end with it

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
        if self.circulation is not None:
            self.circulation.undone()
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

    @property
    def _counts(self) -> LoanCounts:
        return LoanCounts(self.connection, self.shelf, self._kept)

    def prepare(self, life: Lifecycle) -> None:
        """Fill the table of kept loans for this lifecycle; done again only when the lifecycle changes.

        Raises:
            Busy: the desk held a lock for too long.
            CarrelError: the server refused, or is gone.
        """
        with self._told():
            self._prepare(life)

    def _prepare(self, life: Lifecycle) -> None:
        if self._prepared is None or replace(self._prepared, records=life.records) != life:
            UnitRows(self.connection, self.shelf).fill(life.zoning)
            self._kept.fill(life)
            if (readers := DescribedReaders.of(self.shelf)) is not None:
                readers.fill(self.connection)
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
        # A small table is read whole, and with it rows that another session has locked: beside others by its index.
        small = frozenset() if self.shared else self._small
        return tuple(
            PathSql(self.shelf, path, terms, joins=joins, small=path.table in small, near=near)
            for path in self.map.paths
        )

    def path_names(self, *, by_person: bool = False) -> tuple[str, ...]:
        """The paths of the map, in the order in which they are cut; or those whose strays are walked by person.

        Records of other kinds come after everything that leads to a loan, and never with a stage of readers.
        """
        if not by_person:
            return tuple(path.name for path in self.map.paths)
        return tuple(p.name for p in self.map.loans.paths if p.person is not None and p.walk in {None, p.person})

    def due(self, life: Lifecycle) -> ColumnElement[bool]:
        """The condition of past loans that are due and name a reader, once the session is prepared for it."""
        return self._due(life, self.shelf[self.map.loans.closed.table])

    def _due(self, life: Lifecycle, rows: Any) -> ColumnElement[bool]:
        closed = self.map.loans.closed
        return and_(
            self._kept.linked(closed, rows),
            judged(LoanColumns(self.shelf, closed, rows, few=True).compile(life.due)),
        )
