"""The journal of one job of a run, for the worker that has it, and its right to be inside the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.retention.job import Stretch
from carrel.retention.outcome import ChunkResult
from carrel.retention.ports import Position
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.journal import LEASE_TTL, NOTHING, ended, next_number, over
from carrel.store.owner import gone
from carrel.store.run_key import RunKey
from carrel.store.signals import Signals


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one worker; the generation counts every change of hands."""

    run: str
    number: int
    generation: int
    owner: str
    system: str
    stretch: Stretch

    @property
    def key(self) -> str:
        """Its name among the jobs of all runs."""
        return f"{self.run}/{self.number}"

    def mine(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions of its row, as long as nobody took it over."""
        table = tables.job
        return (
            table.c.run == self.run,
            table.c.number == self.number,
            table.c.owner == self.owner,
            table.c.generation == self.generation,
            table.c.done_at.is_(None),
        )

    def change(self, connection: Connection, **values: Any) -> None:
        """Change its row.

        Raises:
            CarrelError: RUN-002, another process took it over.
        """
        if connection.execute(update(tables.job).where(*self.mine()).values(**values)).rowcount != 1:
            raise self.lost()

    def lost(self) -> CarrelError:
        """The error of a worker whose job another one took over."""
        return fault(
            retention_faults.LEASE_LOST,
            at=f"run {self.run}, job {self.number}",
            because="the worker was silent for too long, and another process took the job over",
            fix="let the other one finish; nothing of this one is lost",
        )


@dataclass(frozen=True, slots=True)
class JobTicket:
    """The right of a worker to be inside the gate with a chunk of its job, beside the other workers of the run."""

    claim: Claim
    lease: timedelta = LEASE_TTL

    @property
    def owner(self) -> str:
        """The worker."""
        return self.claim.owner

    @property
    def job(self) -> tuple[str, int]:
        """The job."""
        return self.claim.run, self.claim.number

    def require(self, connection: Connection, now: datetime) -> None:
        """Refuse a worker that lost its job, or whose run nobody leads; else prolong the job's lease.

        Raises:
            CarrelError: RUN-002, RUN-005.
        """
        require_led(connection, self.claim)
        self.claim.change(connection, expires_at=now + self.lease)

    def still_holds(self, connection: Connection) -> None:
        """As `require`, right before a commit; changes nothing.

        Raises:
            CarrelError: RUN-002, RUN-005.
        """
        require_led(connection, self.claim)
        if connection.execute(select(tables.job.c.number).where(*self.claim.mine())).first() is None:
            raise self.claim.lost()


def led(connection: Connection, run: str) -> bool:
    """The run is under way, and whoever leads it holds the lease of its system and has not died."""
    runs, lease = tables.run, tables.lease
    leader = connection.execute(
        select(runs.c.owner)
        .join(lease, lease.c.name == runs.c.system)
        .where(runs.c.id == run, runs.c.state == "running", lease.c.owner == runs.c.owner)
    ).scalar()
    return leader is not None and not gone(leader)


def require_led(connection: Connection, claim: Claim) -> None:
    """Refuse to go on in a run that is over or paused, or that nobody leads any more.

    Raises:
        CarrelError: RUN-005.
    """
    if not led(connection, claim.run):
        raise over(claim.run)


class JobJournal:
    """Carries out `carrel.retention.ports.Journal` for the worker that has a job.

    Chunks are numbered through the whole run; each job has a position of its own, sealed under a key of the host on
    which it was written. Elsewhere it does not open, and the walk of the job begins anew: repeats are no-ops.
    """

    def __init__(
        self, database: Database, key: RunKey, claim: Claim, now: Callable[[], datetime], ttl: timedelta
    ) -> None:
        self._database, self._key, self._claim, self._clock, self._ttl = database, key, claim, now, ttl
        self._signals = Signals(database)

    def resume(self) -> Position | None:
        """Where the job's last finished chunk ended; None at a fresh start, or where this host has not its key."""
        with self._database.reading() as connection:
            sealed = connection.execute(select(tables.job.c.position).where(*self._claim.mine())).scalar()
        return None if sealed is None else self._key.open(sealed)

    def intend(self, position: Position, expected: int) -> int:
        """Record that a chunk is about to start, and prolong the job's lease.

        Raises:
            CarrelError: RUN-002 when the job is another's, RUN-005 when nobody leads the run: then nothing may be cut.
        """
        now = self._clock()
        with self._database.writing() as connection:
            clock.observe(connection, now)
            require_led(connection, self._claim)
            self._claim.change(connection, expires_at=now + self._ttl)
            number = next_number(connection, self._claim.run)
            connection.execute(
                insert(tables.chunk).values(
                    run=self._claim.run,
                    number=number,
                    path=position.path,
                    expected=expected,
                    intended_at=now,
                    job=self._claim.number,
                ),
            )
        return number

    def finish(self, chunk: int, position: Position, result: ChunkResult) -> None:
        """Record what a chunk did, and how far the job's walk has come; also when the job is lost: it did happen.

        Raises:
            CarrelError: RUN-005 when no such chunk was intended.
        """
        sealed = self._key.seal(position)
        with self._database.writing() as connection:
            ended(connection, self._claim.run, chunk, result, self._clock())
            # Whoever took the job over keeps its own position: walking back is safe, running ahead is not.
            connection.execute(update(tables.job).where(*self._claim.mine()).values(position=sealed))

    def undone(self, chunk: int) -> None:
        """Record that a chunk gave way to other work and was undone; the walk stands where it stood.

        Raises:
            CarrelError: RUN-005 when no such chunk was intended.
        """
        with self._database.writing() as connection:
            ended(connection, self._claim.run, chunk, NOTHING, self._clock())

    def stop_wanted(self) -> bool:
        """Whether somebody asked to stop, nobody leads the run any more, or the job is another's."""
        if self._signals.stopped() is not None:
            return True
        with self._database.reading() as connection:
            try:
                JobTicket(self._claim).still_holds(connection)
            except CarrelError:
                return True
        return False
