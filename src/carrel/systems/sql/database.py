"""Connections to a library's database: what every session promises before its first statement."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions, convert_date, convert_datetime
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from carrel.errors import fault
from carrel.inventory.site import SessionZone, System
from carrel.systems import faults, secret
from carrel.systems.secret import Secret
from carrel.systems.sql import zone
from carrel.systems.sql.failure import told

DRIVERS = ("mariadb+pymysql", "sqlite")
CONNECT_SECONDS = 10
LOCK_SECONDS = 3  # a desk transaction that waits longer than this notices
METADATA_LOCK_SECONDS = 5
SILENCE_SECONDS = 3600
SQLITE_BUSY_SECONDS = 5
# Strict, so that nothing is cut to fit; without NO_ZERO_DATE, so that old rows with zero dates can be read and kept.
SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO"
# What a server's own defaults could quietly take away: rows of an answer, large joins, updates without a key, checks.
WHOLE_ANSWERS = (
    "sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_safe_updates = 0, "
    "foreign_key_checks = 1, unique_checks = 1, max_statement_time = 0, sql_auto_is_null = 0, "
    "default_regex_flags = ''"
)


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one system's database.

    Attributes:
        name: the system's name in the site file, for messages.
        dsn: the SQLAlchemy URL.
        session_zone: a zone to set for every session, as Koha's own ``<timezone>`` does; None leaves the server's.
        declared_zone: the zone in which the site says that the product writes; a session on another clock is refused.
    """

    name: str
    dsn: Secret
    session_zone: str | None = None
    declared_zone: str | None = None

    @property
    def url(self) -> URL:
        """The parsed address.

        Raises:
            CarrelError: SQL-001, it is none, or of a kind that Carrel does not know; SQL-010, it asks for a
                character set that cannot hold every text.
        """
        at = f"{self.name} ({self.dsn.source})"
        try:
            url = make_url(self.dsn.reveal())
        except (ArgumentError, ValueError):
            raise fault(faults.DSN, at=at, wanted=_EXAMPLE, found="text that is no address", fix=_WRITE) from None
        if url.drivername in {"mysql", "mariadb", "mysql+pymysql"}:
            url = url.set(drivername=DRIVERS[0])
        if url.drivername not in DRIVERS or not url.database or url.database == ":memory:":
            raise fault(
                faults.DSN, at=at, wanted=_EXAMPLE, found=f"an address of kind {url.drivername[:30]!r}", fix=_WRITE
            )
        if (charset := url.query.get("charset", "utf8mb4")) != "utf8mb4":
            raise fault(
                faults.CHARSET,
                at=at,
                wanted="charset=utf8mb4",
                found=f"charset={str(charset)[:20]}",
                because="names in other scripts would be read as question marks and not be found",
                fix="leave the charset out of the address",
            )
        return url


_WRITE = "write the address in this form; signs such as @ or / in a password are written as %40, %2F"
_EXAMPLE = "mariadb+pymysql://USER:PASSWORD@HOST:3306/DATABASE or sqlite:////PATH/TO/FILE"


def access(system: System, *, apply: bool = False, environment: Mapping[str, str] | None = None) -> Access:
    """The access that a site file describes by a file or by a variable of the environment.

    Args:
        system: of the site file.
        apply: the account that carries out, where the site has one of its own for that.
        environment: for tests; the process's own unless given.

    Raises:
        CarrelError: SIT-004 or SIT-005, the secret cannot be read or others can read it.
    """
    file, variable = system.dsn_file, system.dsn_env
    if apply and (system.apply_dsn_file or system.apply_dsn_env):
        file, variable = system.apply_dsn_file, system.apply_dsn_env
    dsn = (
        secret.from_file(file)
        if file is not None
        else secret.from_environment(variable or "", environment or os.environ)
    )
    session_zone = system.time_zone if system.session_zone is SessionZone.DECLARED else None
    return Access(system.name, dsn, session_zone, system.time_zone)


def open_system(system: System, *, read_only: bool, environment: Mapping[str, str] | None = None) -> Engine:
    """`connect` with what the site file says: the account for reading, or the one that carries out."""
    return connect(access(system, apply=not read_only, environment=environment), read_only=read_only)


def connect(system: Access, *, read_only: bool) -> Engine:
    """An engine whose every session keeps the promises below. It opens one connection to see that it can.

    Args:
        system: where.
        read_only: the server refuses every write of the session; otherwise transactions are READ COMMITTED.

    Returns:
        An engine; close its connections and ``dispose()`` it.

    Raises:
        CarrelError: SQL-001 to SQL-011, by what stands in the way. Nothing has been changed.

    Guarantees:
        No default of the server shortens an answer or takes a check away. Text is utf8mb4; zero dates are read as None;
        a lock is waited for a few seconds only; automatic timestamps keep the server's zone unless one was asked for.
    """
    url = system.url
    engine = _sqlite(url, read_only=read_only) if url.drivername == "sqlite" else _mariadb(url, system, read_only)
    try:
        with told(system.name), engine.connect() as connection:
            _check(connection, system.name, read_only=read_only)
            if system.declared_zone is not None:
                zone.require(connection, system.declared_zone, system.name)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _check(connection: Connection, at: str, *, read_only: bool) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("SELECT count(*) FROM sqlite_master"))
        return
    client, read_only_server = connection.execute(text("SELECT @@character_set_client, @@global.read_only")).one()
    if client != "utf8mb4":
        raise fault(
            faults.CHARSET,
            at=at,
            wanted="utf8mb4",
            found=str(client),
            fix="start the server without skip-character-set-client-handshake, and take SET NAMES out of init_connect",
        )
    if not read_only and str(read_only_server) not in {"0", "OFF"}:
        raise fault(
            faults.READ_ONLY_SERVER,
            at=at,
            found="@@read_only is on",
            because="a replica would change again with the next event of its primary",
            fix="point the DSN file at the primary server",
        )


def _mariadb(url: URL, system: Access, read_only: bool) -> Engine:
    engine = create_engine(
        url.set(query={}),
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": SILENCE_SECONDS,
            "write_timeout": SILENCE_SECONDS,
            "local_infile": False,
            "conv": _CONVERSIONS,
            **_extra(url),
        },
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
        pool_size=2,
        max_overflow=4,
        hide_parameters=True,
    )

    # Before the dialect looks: it would learn the server's way of quoting instead of this session's.
    @event.listens_for(engine, "connect", insert=True)
    def promise(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = %s", (SQL_MODE,))
            cursor.execute(f"SET SESSION {WHOLE_ANSWERS}")
            cursor.execute(
                "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s",
                (LOCK_SECONDS, METADATA_LOCK_SECONDS),
            )
            if system.session_zone is not None:
                cursor.execute("SET SESSION time_zone = %s", (system.session_zone,))
            if read_only:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
        connection.commit()

    return engine


def _extra(url: URL) -> dict[str, Any]:
    """What of an address's query the driver is given: a socket, or TLS files; nothing else."""
    known = {"unix_socket": "unix_socket", "ssl_ca": "ssl_ca", "ssl_cert": "ssl_cert", "ssl_key": "ssl_key"}
    return {known[name]: value for name, value in url.query.items() if name in known}


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    path = quote(str(Path(url.database or "").absolute()))
    mode = "ro" if read_only else "rw"

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{path}?mode={mode}",
            uri=True,
            timeout=SQLITE_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine("sqlite://", creator=opened, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def promise(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        # 64 MB instead of 2: a count goes through whole tables, again and again.
        connection.execute("PRAGMA cache_size = -65536")
        if read_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: it could not be given one later without a deadlock.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _or_none(convert: Any) -> Any:
    def converted(value: Any) -> Any:
        found = convert(value)
        return None if isinstance(found, str | bytes) else found  # the driver hands back what is no date

    return converted


_CONVERSIONS = {
    **conversions,
    FIELD_TYPE.DATETIME: _or_none(convert_datetime),
    FIELD_TYPE.TIMESTAMP: _or_none(convert_datetime),
    FIELD_TYPE.DATE: _or_none(convert_date),
}
