"""The gate that every chunk goes through, so that a legal hold knows from which chunk on it is honoured."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, delete, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.leases import lost
from carrel.store.owner import gone

GATE_TTL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Inside:
    """A chunk that is inside the gate; ``job`` is its run and number where others of the same run may be beside it."""

    token: str
    owner: str
    job: tuple[str, int] | None
    entered_at: datetime


class Ticket(Protocol):
    """By what right a process goes through the gate."""

    @property
    def owner(self) -> str:
        """The process."""

    @property
    def job(self) -> tuple[str, int] | None:
        """The job, by run and number; None of a chunk that is inside alone."""

    def require(self, connection: Connection, now: datetime) -> None:
        """Refuse whoever may not enter; inside the transaction that lets a chunk in."""

    def still_holds(self, connection: Connection) -> None:
        """Refuse whoever may not commit any more."""


@dataclass(frozen=True, slots=True)
class LeaseTicket:
    """The right of whoever holds the lease of a system: to be inside alone."""

    system: str
    owner: str

    @property
    def job(self) -> None:
        """It goes in alone."""
        return

    def require(self, connection: Connection, now: datetime) -> None:
        """Refuse whoever has not the lease.

        Raises:
            CarrelError: RUN-002.
        """
        del now
        owner = connection.execute(
            select(tables.lease.c.owner).where(tables.lease.c.name == self.system).with_for_update(),
        ).scalar()
        if owner != self.owner:
            raise lost(self.system)

    def still_holds(self, connection: Connection) -> None:
        """The gate itself keeps everybody else out while the turn lasts."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One chunk's time inside the gate."""

    token: str
    expires_at: datetime
    clock: Callable[[], datetime]
    fence: Callable[[], None]

    def check(self) -> None:
        """To be called right before a commit: nothing may be committed after the gate has expired, or a job was lost.

        Raises:
            CarrelError: RUN-006; RUN-002, another process has taken the work over.
        """
        if self.clock() >= self.expires_at:
            raise _late("nothing")
        self.fence()


class ChunkGate:
    """Opens for one chunk at a time, or for one chunk of each job of the same run.

    Inside it the legal holds and exceptions are read anew. Whoever places one writes it first and then waits until all
    chunks that were inside are out; every later chunk reads it. So neither can overtake the other, and a process that
    died inside keeps nobody waiting longer than the gate's time.

    Args:
        database: of the store.
        system: whose rows are cut.
        ticket: by what right.
        clock: the present.
        ttl: of one turn.
    """

    def __init__(
        self,
        database: Database,
        system: str,
        ticket: Ticket,
        clock: Callable[[], datetime],
        ttl: timedelta = GATE_TTL,
    ) -> None:
        self._database = database
        self._system = system
        self._ticket = ticket
        self._clock = clock
        self._ttl = ttl

    @contextmanager
    def chunk(self) -> Iterator[Turn]:
        """Hold the gate for one chunk.

        Raises:
            CarrelError: RUN-002 when lease or job is another's, RUN-001 when a chunk is inside that this one may not be
                beside, RUN-006 when the chunk took longer than the gate's time: it is committed, and legal holds placed
                meanwhile are told the later time.
        """
        turn = self._enter()
        try:
            yield turn
        except BaseException:
            self._leave(turn)
            raise
        if not self._leave(turn):
            raise _late("the chunk is committed; legal holds placed meanwhile are in force from now")

    def _enter(self) -> Turn:
        now, ticket = self._clock(), self._ticket
        with self._database.writing() as connection:
            ticket.require(connection, now)
            others = inside(connection, self._system, now)
            if bar := next((one for one in others if _excludes(one, ticket)), None):
                raise fault(
                    retention_faults.RUNNING,
                    at=f"system {self._system}",
                    wanted="a gate without a chunk inside",
                    found=f"a chunk since {bar.entered_at.isoformat(timespec='seconds')}",
                    fix="wait for it",
                )
            self._sweep_out(connection, others)
            run, job = ticket.job or (None, None)
            fence = self._fence if run else _nobody_else
            turn = Turn(secrets.token_hex(16), now + self._ttl, self._clock, fence)
            connection.execute(
                insert(tables.turn).values(
                    token=turn.token,
                    system=self._system,
                    owner=ticket.owner,
                    run=run,
                    job=job,
                    entered_at=now,
                    expires_at=turn.expires_at,
                )
            )
        return turn

    def _sweep_out(self, connection: Connection, living: Sequence[Inside]) -> None:
        """Forget turns of dead processes, and those that are over; who comes out of such a one comes out late."""
        table = tables.turn
        still = [one.token for one in living]
        connection.execute(delete(table).where(table.c.system == self._system, table.c.token.not_in(still)))

    def _fence(self) -> None:
        with self._database.reading() as connection:
            self._ticket.still_holds(connection)

    def _leave(self, turn: Turn) -> bool:
        now = self._clock()
        with self._database.writing() as connection:
            left = connection.execute(delete(tables.turn).where(tables.turn.c.token == turn.token)).rowcount
            in_time = left == 1 and now < turn.expires_at
            if not in_time:
                _tell_later(connection, self._system, turn, now)
        return in_time


def _nobody_else() -> None:
    """Who is inside alone needs no fence: the gate keeps everybody else out while the turn lasts."""


def _excludes(one: Inside, ticket: Ticket) -> bool:
    """Whether a chunk inside keeps another out: any but another job of the same run."""
    if one.job is None or ticket.job is None:
        return True
    return one.job[0] != ticket.job[0] or one.job == ticket.job


def inside(connection: Connection, system: str, now: datetime) -> tuple[Inside, ...]:
    """The chunks that are inside the gate now, if their processes still can be."""
    rows = connection.execute(select(tables.turn).where(tables.turn.c.system == system)).all()
    return tuple(
        Inside(row.token, row.owner, None if row.run is None else (row.run, row.job), row.entered_at)
        for row in rows
        if now < row.expires_at and not gone(row.owner)
    )


def _tell_later(connection: Connection, system: str, turn: Turn, now: datetime) -> None:
    """A chunk that came out late may have cut what a hold placed meanwhile was told to be safe: correct its time."""
    entered = turn.expires_at - timedelta(days=1)
    table = tables.keeping
    connection.execute(
        update(table)
        .where(
            table.c.system == system,
            table.c.placed_at >= entered,
            table.c.in_force_from >= turn.expires_at,
            table.c.in_force_from < now,
        )
        .values(in_force_from=now),
    )


def _late(changed: str) -> CarrelError:
    return fault(
        retention_faults.GATE_LATE,
        wanted="a chunk that ends within the gate's time",
        found="one that took longer",
        because="a legal hold waits for the chunk in flight, but not for ever",
        changed=changed,
        fix="make chunks smaller, or look for what blocks the database",
    )
