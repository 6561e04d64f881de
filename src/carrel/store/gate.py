"""The gate that every chunk goes through, so that a legal hold knows from which chunk on it is honoured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.leases import lost
from carrel.store.owner import gone

GATE_TTL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Turn:
    """One chunk's time inside the gate."""

    generation: int
    expires_at: datetime
    clock: Callable[[], datetime]

    def check(self) -> None:
        """To be called right before a commit: nothing may be committed after the gate has expired.

        Raises:
            CarrelError: RUN-006.
        """
        if self.clock() >= self.expires_at:
            raise _late("nothing")


class ChunkGate:
    """Opens for one chunk at a time, and only to the owner of the system's lease.

    Inside it the legal holds and exceptions are read anew. Whoever places one writes it first and then waits until the
    chunk that was inside is out; every later chunk reads it. So neither can overtake the other, and a process that died
    inside keeps nobody waiting longer than the gate's time.
    """

    def __init__(
        self,
        database: Database,
        system: str,
        owner: str,
        clock: Callable[[], datetime],
        ttl: timedelta = GATE_TTL,
    ) -> None:
        self._database = database
        self._system = system
        self._owner = owner
        self._clock = clock
        self._ttl = ttl

    @contextmanager
    def chunk(self) -> Iterator[Turn]:
        """Hold the gate for one chunk.

        Raises:
            CarrelError: RUN-002 when the lease is another's, RUN-001 when another chunk is inside, RUN-006 when the
                chunk took longer than the gate's time: it is committed, and legal holds placed meanwhile are told the
                later time.
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
        now = self._clock()
        with self._database.writing() as connection:
            owner = connection.execute(
                select(tables.lease.c.owner).where(tables.lease.c.name == self._system).with_for_update(),
            ).scalar()
            if owner != self._owner:
                raise lost(self._system)
            row = connection.execute(select(tables.gate).where(tables.gate.c.system == self._system)).one_or_none()
            if row is not None and row.owner is not None and now < row.expires_at and not gone(row.owner):
                raise fault(
                    retention_faults.RUNNING,
                    at=f"system {self._system}",
                    wanted="a gate without a chunk inside",
                    found=f"a chunk since {row.entered_at.isoformat(timespec='seconds')}",
                    fix="wait for it",
                )
            turn = Turn(1 if row is None else row.generation + 1, now + self._ttl, self._clock)
            values = {
                "owner": self._owner,
                "generation": turn.generation,
                "entered_at": now,
                "expires_at": turn.expires_at,
            }
            if row is None:
                connection.execute(insert(tables.gate).values(system=self._system, **values))
            else:
                connection.execute(update(tables.gate).where(tables.gate.c.system == self._system).values(**values))
        return turn

    def _leave(self, turn: Turn) -> bool:
        now = self._clock()
        with self._database.writing() as connection:
            left = connection.execute(
                update(tables.gate)
                .where(
                    tables.gate.c.system == self._system,
                    tables.gate.c.generation == turn.generation,
                    tables.gate.c.owner == self._owner,
                )
                .values(owner=None),
            ).rowcount
            in_time = left == 1 and now < turn.expires_at
            if not in_time:
                _tell_later(connection, self._system, turn, now)
        return in_time


@dataclass(frozen=True, slots=True)
class Inside:
    """A chunk that is inside the gate: of which generation, and until when it may be."""

    generation: int
    expires_at: datetime


def inside(connection: Connection, system: str, now: datetime) -> Inside | None:
    """The chunk that is inside the gate now, if its process still can be."""
    row = connection.execute(select(tables.gate).where(tables.gate.c.system == system)).one_or_none()
    if row is None or row.owner is None or now >= row.expires_at or gone(row.owner):
        return None
    return Inside(row.generation, row.expires_at)


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
