"""Connections to a library's database: what every session promises before its first statement."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from carrel.errors import fault
from carrel.inventory.site import SessionZone, System
from carrel.systems import faults, secret
from carrel.systems.secret import Secret
from carrel.systems.sql import session_mariadb, session_postgresql, session_sqlite, zone
from carrel.systems.sql.failure import told
from carrel.systems.sql.session_limits import SILENCE_SECONDS

DRIVERS = ("mariadb+pymysql", "sqlite", session_postgresql.DRIVER)
_ALSO = {
    "mysql": DRIVERS[0],
    "mariadb": DRIVERS[0],
    "mysql+pymysql": DRIVERS[0],
    "postgresql": session_postgresql.DRIVER,
    "postgres": session_postgresql.DRIVER,
}


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one system's database.

    Attributes:
        name: the system's name in the site file, for messages.
        dsn: the SQLAlchemy URL.
        session_zone: a zone to set for every session, as Koha's own ``<timezone>`` does; None leaves the server's.
        declared_zone: the zone in which the site says that the product writes; a session on another clock is refused.
        replica: it is meant for a replica; every other session is refused where the server is one.
        silence: seconds for which the server may say nothing.
    """

    name: str
    dsn: Secret
    session_zone: str | None = None
    declared_zone: str | None = None
    replica: bool = False
    silence: int = SILENCE_SECONDS

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
        url = url.set(drivername=_ALSO.get(url.drivername, url.drivername))
        if url.drivername not in DRIVERS or not url.database or url.database == ":memory:":
            kind = url.drivername[:30]
            raise fault(faults.DSN, at=at, wanted=_EXAMPLE, found=f"an address of kind {kind!r}", fix=_WRITE)
        if url.drivername == DRIVERS[0]:
            session_mariadb.require_charset(url, at)
        return url


_WRITE = "write the address in this form; signs such as @ or / in a password are written as %40, %2F"
_EXAMPLE = (
    "mariadb+pymysql://USER:PASSWORD@HOST:3306/DATABASE, postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE "
    "or sqlite:////PATH/TO/FILE"
)


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


def open_system(
    system: System, *, read_only: bool, environment: Mapping[str, str] | None = None, silence: int = SILENCE_SECONDS
) -> Engine:
    """`connect` with what the site file says: the account for reading, or the one that carries out."""
    way = access(system, apply=not read_only, environment=environment)
    return connect(replace(way, silence=silence), read_only=read_only)


def connect(system: Access, *, read_only: bool) -> Engine:
    """An engine whose every session keeps the promises below. It opens one connection to see that it can.

    Args:
        system: where.
        read_only: the server refuses every write of the session; otherwise transactions are READ COMMITTED.

    Returns:
        An engine; close its connections and ``dispose()`` it.

    Raises:
        CarrelError: SQL-001 to SQL-011 and SQL-016, by what stands in the way. Nothing has been changed.

    Guarantees:
        No default of the server shortens an answer or takes a check away. Text is Unicode; what is no date (a zero
        date, an infinite one) is read as None; a lock is waited for a few seconds only; automatic timestamps keep the
        server's zone unless one was asked for, as it was when the engine was made.
    """
    url = system.url
    session = _session(url)
    engine: Engine = session.engine(url, system.session_zone, read_only=read_only, silence=system.silence)
    try:
        with told(system.name), engine.connect() as connection:
            session.check(connection, system.name, read_only=read_only, replica=system.replica)
            if system.declared_zone is not None:
                zone.require(connection, system.declared_zone, system.name)
                zone.hold(engine, connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _session(url: URL) -> ModuleType:
    """What makes and checks the sessions of one product; each has an `engine` and a `check`."""
    by_driver = dict(zip(DRIVERS, (session_mariadb, session_sqlite, session_postgresql), strict=True))
    return by_driver[url.drivername]
