"""The wish to stop: every worker halts after the chunk in flight until somebody clears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from carrel.store import clock, tables
from carrel.store.database import Database

STOP = "stop"


@dataclass(frozen=True, slots=True)
class Stop:
    """Who asked to stop, when and why."""

    by: str
    since: datetime
    reason: str


class Signals:
    """The signals of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stop(self, by: str, now: datetime, reason: str = "") -> Stop:
        """Ask every worker to stop. A stop that stands already keeps its first asker."""
        with self._database.writing() as connection:
            row = connection.execute(select(tables.signal).where(tables.signal.c.name == STOP)).one_or_none()
            if row is not None:
                return Stop(row.by_whom, row.since, row.reason)
            connection.execute(insert(tables.signal).values(name=STOP, by_whom=by, since=now, reason=reason))
        return Stop(by, now, reason)

    def clear(self) -> bool:
        """Let workers start again; whether there was a stop."""
        with self._database.writing() as connection:
            return connection.execute(delete(tables.signal).where(tables.signal.c.name == STOP)).rowcount == 1

    def stopped(self) -> Stop | None:
        """The stop that stands."""
        with self._database.reading() as connection:
            row = connection.execute(select(tables.signal).where(tables.signal.c.name == STOP)).one_or_none()
        return None if row is None else Stop(row.by_whom, row.since, row.reason)

    def accept_clock(self, now: datetime) -> None:
        """Take ``now`` for right although the store has seen a later time."""
        with self._database.writing() as connection:
            clock.accept(connection, now)
