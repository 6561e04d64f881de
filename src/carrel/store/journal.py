"""The step journal of one run: intent before a chunk, outcome after it, each durable before the call returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.retention.outcome import ChunkResult
from carrel.retention.ports import Position
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.leases import Leases
from carrel.store.run import Run
from carrel.store.run_key import RunKey
from carrel.store.signals import Signals

LEASE_TTL = timedelta(seconds=120)
NOTHING = ChunkResult(0)  # of a chunk that was undone; any other names its paths


class RunJournal:
    """Carries out `carrel.retention.ports.Journal` for the owner of a run.

    An intent without an outcome is a chunk of which nobody knows whether it was committed. It needs no repair: the next
    pass begins after the last finished chunk, and a cut that was made already is a no-op.
    """

    def __init__(
        self,
        database: Database,
        key: RunKey,
        run: Run,
        clock: Callable[[], datetime],
        ttl: timedelta = LEASE_TTL,
    ) -> None:
        self.run = run.id
        self._database = database
        self._key = key
        self._system = run.system
        self._owner = run.owner
        self._clock = clock
        self._ttl = ttl
        self._leases = Leases(database)
        self._signals = Signals(database)

    def resume(self) -> Position | None:
        """Where the last finished chunk of this run ended; None at a fresh start."""
        with self._database.reading() as connection:
            sealed = connection.execute(select(tables.run.c.position).where(tables.run.c.id == self.run)).scalar()
        return None if sealed is None else self._key.open(sealed)

    def intend(self, position: Position, expected: int) -> int:
        """Record that a chunk is about to start, and prolong the lease.

        Raises:
            CarrelError: RUN-002 when the lease is another's, RUN-005 when the run is over: then nothing may be cut.
        """
        now = self._clock()
        self._leases.renew(self._system, self._owner, self._ttl, now)
        with self._database.writing() as connection:
            state = connection.execute(
                select(tables.run.c.state).where(tables.run.c.id == self.run, tables.run.c.owner == self._owner),
            ).scalar()
            if state != "running":
                raise over(self.run)
            number = next_number(connection, self.run)
            connection.execute(
                insert(tables.chunk).values(
                    run=self.run,
                    number=number,
                    path=position.path,
                    expected=expected,
                    intended_at=now,
                ),
            )
        return number

    def finish(self, chunk: int, position: Position, result: ChunkResult) -> None:
        """Record what a chunk did, and how far the walk has come; also when the lease is gone: it did happen.

        Raises:
            CarrelError: RUN-005 when no such chunk was intended, or the run is over.
        """
        sealed = self._key.seal(position)
        with self._database.writing() as connection:
            ended(connection, self.run, chunk, result, self._clock())
            # Whoever took the run over keeps its own position: walking back is safe, running ahead is not.
            connection.execute(
                update(tables.run)
                .where(tables.run.c.id == self.run, tables.run.c.owner == self._owner)
                .values(position=sealed),
            )

    def undone(self, chunk: int) -> None:
        """Record that a chunk gave way to other work and was undone; the walk stands where it stood.

        Raises:
            CarrelError: RUN-005 when no such chunk was intended.
        """
        with self._database.writing() as connection:
            ended(connection, self.run, chunk, NOTHING, self._clock())

    def stop_wanted(self) -> bool:
        """Whether somebody asked to stop, or the lease is another's."""
        return self._signals.stopped() is not None or not self._leases.owned(self._system, self._owner)


def next_number(connection: Connection, run: str) -> int:
    """The number of the next chunk of a run, in the transaction that writes its intent."""
    last = connection.execute(select(func.max(tables.chunk.c.number)).where(tables.chunk.c.run == run)).scalar()
    return 1 if last is None else int(last) + 1


def ended(connection: Connection, run: str, chunk: int, result: ChunkResult, at: datetime) -> None:
    """Record what a chunk did.

    Raises:
        CarrelError: RUN-005 when no such chunk was intended.
    """
    done = connection.execute(
        update(tables.chunk)
        .where(tables.chunk.c.run == run, tables.chunk.c.number == chunk, tables.chunk.c.finished_at.is_(None))
        .values(
            finished_at=at,
            loans=result.loans,
            skipped=result.skipped,
            rows=result.rows,
            left=result.left,
            seconds=result.seconds,
        ),
    )
    if done.rowcount != 1:
        raise over(run)


def over(run: str) -> CarrelError:
    """The error of a process whose run has ended, or that another one continues."""
    return fault(
        retention_faults.RUN_OVER,
        at=f"run {run}",
        wanted="a run of this process that is going on",
        found="one that has ended, or that another process continues",
        fix="plan again, or let the other process finish",
    )
