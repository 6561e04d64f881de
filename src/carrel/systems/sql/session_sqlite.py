"""Sessions on an SQLite file: what each promises before its first statement."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from carrel.systems.sql.session_limits import KINDS_OF_STATEMENTS

BUSY_SECONDS = 5


def check(connection: Connection, at: str, *, read_only: bool, replica: bool = False) -> None:
    """See that the file is a database."""
    del at, read_only, replica
    connection.execute(text("SELECT count(*) FROM sqlite_master"))


def engine(url: URL, zone: str | None, *, read_only: bool, silence: int = 0) -> Engine:
    """An engine on one file.

    Args:
        url: of the file.
        zone: nothing here keeps one.
        read_only: the file is opened for reading; otherwise a writer takes its lock at once.
        silence: no server answers here.
    """
    del zone, silence
    path = quote(str(Path(url.database or "").absolute()))
    mode = "ro" if read_only else "rw"

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{path}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    made = create_engine(
        "sqlite://",
        creator=opened,
        poolclass=NullPool,
        query_cache_size=KINDS_OF_STATEMENTS,
        hide_parameters=True,
    )

    @event.listens_for(made, "connect")
    def promise(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        # 64 MB instead of 2: a count goes through whole tables, again and again.
        connection.execute("PRAGMA cache_size = -65536")
        if read_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: it could not be given one later without a deadlock.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return made
