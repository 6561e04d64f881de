"""Leases: one run per system, whoever asks and from whichever process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.owner import gone


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a name, until when; the generation counts every change of hands."""

    name: str
    owner: str
    acquired_at: datetime
    expires_at: datetime
    generation: int


class Leases:
    """The leases of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, owner: str, ttl: timedelta, now: datetime) -> Lease:
        """Take a lease that is free, expired, of a process of this host that is no more, or the caller's own already.

        Args:
            name: usually the system.
            owner: one running process; see `carrel.store.owner.new_owner`.
            ttl: how long it holds without `renew`.
            now: aware time.

        Raises:
            CarrelError: RUN-001 when another owner holds it; STO-004 when the clock went backwards.

        Guarantees:
            Of any number of processes that race, exactly one gets it.
        """
        try:
            with self._database.writing() as connection:
                clock.observe(connection, now)
                row = connection.execute(
                    select(tables.lease).where(tables.lease.c.name == name).with_for_update(),
                ).one_or_none()
                if row is not None and row.owner not in (owner, "") and now < row.expires_at and not gone(row.owner):
                    raise _taken(name, row.expires_at)
                lease = Lease(name, owner, now, now + ttl, 1 if row is None else row.generation + 1)
                values = {
                    "owner": owner,
                    "acquired_at": now,
                    "expires_at": lease.expires_at,
                    "generation": lease.generation,
                }
                if row is None:
                    connection.execute(insert(tables.lease).values(name=name, **values))
                else:
                    connection.execute(update(tables.lease).where(tables.lease.c.name == name).values(**values))
        except IntegrityError:  # a server without a table lock: the other insert came first
            raise _taken(name, None) from None
        return lease

    def renew(self, name: str, owner: str, ttl: timedelta, now: datetime) -> None:
        """Prolong one's own lease; an expired one may be prolonged while nobody else has taken it.

        Raises:
            CarrelError: RUN-002 when it is not the caller's any more; STO-004 when the clock went backwards.
        """
        with self._database.writing() as connection:
            clock.observe(connection, now)
            done = connection.execute(
                update(tables.lease)
                .where(tables.lease.c.name == name, tables.lease.c.owner == owner)
                .values(expires_at=now + ttl),
            )
            if done.rowcount != 1:
                raise lost(name)

    def release(self, name: str, owner: str, now: datetime) -> None:
        """Give one's own lease back; another's is left alone."""
        with self._database.writing() as connection:
            connection.execute(
                update(tables.lease)
                .where(tables.lease.c.name == name, tables.lease.c.owner == owner)
                .values(owner="", expires_at=now),
            )

    def holder(self, name: str, now: datetime) -> Lease | None:
        """Who holds it now."""
        with self._database.reading() as connection:
            row = connection.execute(select(tables.lease).where(tables.lease.c.name == name)).one_or_none()
        if row is None or row.owner == "" or now >= row.expires_at:
            return None
        return Lease(row.name, row.owner, row.acquired_at, row.expires_at, row.generation)

    def owned(self, name: str, owner: str) -> bool:
        """Whether the lease is still in this owner's name, expired or not."""
        with self._database.reading() as connection:
            return connection.execute(select(tables.lease.c.owner).where(tables.lease.c.name == name)).scalar() == owner


def lost(name: str) -> CarrelError:
    """The error of an owner whose lease another one took over."""
    return fault(
        retention_faults.LEASE_LOST,
        at=f"system {name}",
        because="the lease expired and another process took it over",
        fix="let the other run finish; nothing of this one is lost",
    )


def _taken(name: str, until: datetime | None) -> CarrelError:
    when = f"until {until.isoformat(timespec='seconds')}" if until else "a moment ago"
    return fault(
        retention_faults.RUNNING,
        at=f"system {name}",
        wanted="a free lease",
        found=f"taken {when}",
        because="two runs on one system would count and verify each other's rows",
        fix="wait, or `carrel stop` and wait for the chunk in flight",
    )
