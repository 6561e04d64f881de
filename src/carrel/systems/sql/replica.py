"""A replica of a system: whether it is one of that very system, how far it is behind, and which server is read.

Nothing is verified by what a replica shows, and nothing is carried out by it. What is read there was true of the system
no longer ago than the lag says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType

from sqlalchemy import Connection, Engine

from carrel.errors import CarrelError, fault
from carrel.inventory.replica import Use
from carrel.inventory.site import SessionZone, System
from carrel.systems import faults, secret
from carrel.systems.check import Check, finding, ok, refused
from carrel.systems.sql import replica_mariadb, replica_postgresql
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.failure import told
from carrel.systems.sql.replica_lag import Lag

PRIMARY, REPLICA = "primary", "replica"


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """Which server was read.

    Attributes:
        server: ``primary`` or ``replica``.
        lag: how far the replica was behind, at most; None where the primary was read.
        because: why the primary was read although there is a replica.
    """

    server: str
    lag: timedelta | None = None
    because: str = ""

    def as_dict(self) -> dict[str, object]:
        """For ``--json``."""
        lag = None if self.lag is None else round(self.lag.total_seconds(), 1)
        return {"server": self.server, "lag_seconds": lag, "because": self.because}

    def line(self) -> str:
        """As a person reads it."""
        if self.lag is not None:
            return f"Read from the replica, at most {self.lag.total_seconds():.0f} s behind. It verifies nothing."
        return f"Read from the primary: {self.because}."


@contextmanager
def reading(
    system: System,
    primary: Engine,
    use: Use,
    environment: Mapping[str, str] | None = None,
    *,
    by_unit: bool = False,
) -> Iterator[tuple[Engine, ReadFrom | None]]:
    """The engine to read a system by: of its replica where it has one that will do, else of the primary.

    Args:
        system: of the site file.
        primary: connections to it, which see that it is no replica.
        use: what is to be read.
        environment: for tests; the process's own unless given.
        by_unit: several policies are in force in the system.

    Yields:
        The engine, and which server it leads to; None of a system without a replica.

    Raises:
        CarrelError: SQL-021, what is named as a replica is none of this system.
    """
    if system.replica is None:
        yield primary, None
        return
    if primary.dialect.name == "postgresql" and (what := use.takes_tables(by_unit=by_unit)):
        why = f"{what} takes temporary tables, which a standby of PostgreSQL does not allow"
        yield primary, ReadFrom(PRIMARY, because=why)
        return
    try:
        engine = connect(access(system, environment), read_only=True)
    except CarrelError as wrong:
        first = wrong.faults[0].condition
        yield primary, ReadFrom(PRIMARY, because=f"the replica cannot be used ({first.code}, {first.title})")
        return
    try:
        lag = measured(system, primary, engine)
        if lag.known is not None and lag.known <= system.replica.max_lag:
            yield engine, ReadFrom(REPLICA, lag.known)
        else:
            yield primary, ReadFrom(PRIMARY, because=too_far(lag))
    finally:
        engine.dispose()


def replica_check(system: System, primary: Engine) -> Check:
    """What `carrel doctor` says of a system's replica."""
    if (own := system.replica) is None:
        raise ValueError("a system without a replica")
    try:
        engine = connect(access(system), read_only=True)
        try:
            lag = measured(system, primary, engine)
        finally:
            engine.dispose()
    except CarrelError as wrong:
        first = wrong.faults[0]
        detail = ": ".join(part for part in (first.condition.code, first.condition.title, first.found) if part)
        return (refused if first.condition is faults.NO_REPLICA else finding)("replica", detail, first.fix)
    if lag.known is None or lag.known > own.max_lag:
        return finding("replica", too_far(lag), "look at the replica; until then the primary is read")
    return ok("replica", f"follows this system, at most {lag.known.total_seconds():.0f} s behind")


def access(system: System, environment: Mapping[str, str] | None = None) -> Access:
    """The access to a system's replica.

    Raises:
        CarrelError: SIT-004 or SIT-005, the secret cannot be read or others can read it.
    """
    if (one := system.replica) is None:
        raise ValueError("a system without a replica")
    by_name = environment or os.environ
    dsn = secret.from_file(one.dsn_file) if one.dsn_file else secret.from_environment(one.dsn_env or "", by_name)
    zone = system.time_zone if system.session_zone is SessionZone.DECLARED else None
    return Access(f"{system.name} (replica)", dsn, zone, system.time_zone, replica=True)


def measured(system: System, primary: Engine, replica: Engine) -> Lag:
    """How far a replica is behind its primary.

    Raises:
        CarrelError: SQL-021, it is none of that primary.
    """
    at = f"{system.name} (replica)"
    if primary.dialect.name != replica.dialect.name:
        raise no_replica(at, f"{replica.dialect.name}, and the system is {primary.dialect.name}")
    product: ModuleType | None = {"postgresql": replica_postgresql, "mariadb": replica_mariadb}.get(
        "mariadb" if primary.dialect.name == "mysql" else primary.dialect.name
    )
    if product is None:
        raise no_replica(at, "a file, of which there are no replicas")
    measure: Callable[[Connection, Connection], Lag | str] = product.measure
    with told(system.name), primary.connect() as theirs, told(at), replica.connect() as own:
        found = measure(theirs, own)
    if isinstance(found, str):
        raise no_replica(at, found)
    return found


def too_far(lag: Lag) -> str:
    """Why a replica is not read."""
    if lag.known is None:
        return f"nobody can tell how far the replica is behind ({lag.because})"
    return f"the replica may be {lag.known.total_seconds():.0f} s behind"


def no_replica(at: str, found: str) -> CarrelError:
    """The error of an address that leads to something else than a replica of the system."""
    return fault(
        faults.NO_REPLICA,
        at=at,
        wanted="a server that takes over every change of this system, under the same name of the database",
        found=found,
        because="what another database shows says nothing of this one",
        fix="correct the address under 'replica:', or take it out",
    )
