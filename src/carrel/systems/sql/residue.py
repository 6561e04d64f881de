"""Where a cut leaves old values on its own server: logs, replicas, memory, pages that are not blank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from carrel.accountability.surroundings import Nothing, Place, Surroundings, Unseen
from carrel.systems.sql import statement_logs_postgresql, write_ahead_log
from carrel.systems.sql.binary_log import change_logs
from carrel.systems.sql.free_pages import innodb_pages, sqlite_pages
from carrel.systems.sql.server_settings import ServerSettings
from carrel.systems.sql.settings_postgresql import PostgresSettings
from carrel.systems.sql.statement_logs import statement_logs


def around(connection: Connection, now: datetime) -> Surroundings:
    """Everything on the database's own server that holds what a cut made now would take out of the tables.

    Args:
        connection: any session; nothing is changed, and nothing of a row, a line or a statement is read.
        now: aware time.

    Guarantees:
        What the account may not look at is among the unseen, never left out.
    """
    return _sorted(_readings(connection, now))


def _readings(connection: Connection, now: datetime) -> Iterator[Place | Unseen | Nothing]:
    if connection.dialect.name == "sqlite":
        yield from sqlite_pages(connection)
        return
    if connection.dialect.name == "postgresql":
        settings = PostgresSettings(connection)
        yield from write_ahead_log.change_logs(settings)
        yield from statement_logs_postgresql.statement_logs(settings)
        yield from write_ahead_log.dead_rows(settings)
        return
    server = ServerSettings(connection)
    yield from change_logs(server, now)
    yield from statement_logs(server)
    yield from innodb_pages(server)


def _sorted(readings: Iterable[Place | Unseen | Nothing]) -> Surroundings:
    found = list(readings)
    return Surroundings(
        places=tuple(one for one in found if isinstance(one, Place)),
        unseen=tuple(one for one in found if isinstance(one, Unseen)),
        looked_at=tuple(one for one in found if isinstance(one, Nothing)),
    )
