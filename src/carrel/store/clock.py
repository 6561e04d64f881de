"""The newest time that the store has seen: a clock that goes backwards ends leases and legal holds at wrong moments."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from carrel.errors import fault
from carrel.store import faults, tables

TOLERANCE = timedelta(minutes=5)


def observe(connection: Connection, now: datetime) -> None:
    """Note the time, inside a transaction that writes.

    Raises:
        CarrelError: STO-004 when ``now`` lies more than five minutes before the newest time seen.
    """
    newest = connection.execute(select(tables.clock.c.newest).with_for_update()).scalar()
    if newest is None:
        connection.execute(insert(tables.clock).values(id=1, newest=now))
    elif now > newest:
        connection.execute(update(tables.clock).values(newest=now))
    elif newest - now > TOLERANCE:
        raise fault(
            faults.CLOCK,
            wanted=f"a time after {newest.isoformat(timespec='seconds')}, give or take five minutes",
            found=now.isoformat(timespec="seconds"),
            because="periods, leases and legal holds are judged by this clock",
            fix="set the clock; if the store saw a wrong future, `carrel stop --clear --accept-clock --as NAME`",
        )


def accept(connection: Connection, now: datetime) -> None:
    """Take ``now`` for the newest time seen: a person has looked and says that the clock is right."""
    connection.execute(update(tables.clock).values(newest=now))
