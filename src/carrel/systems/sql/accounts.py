"""The two accounts of a system, one that reads and one that carries out: both must lead to one and the same database.

Else a plan would be counted in one database and cut in another, and what was verified would not be what was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from carrel.errors import CarrelError, fault
from carrel.inventory.site import System
from carrel.systems import faults
from carrel.systems.check import Check, ok
from carrel.systems.site_check import said
from carrel.systems.sql import database, replica
from carrel.systems.sql.failure import told
from carrel.systems.sql.session_limits import SILENCE_SECONDS
from carrel.systems.sql.whereabouts import Whereabouts, is_same, of

# What an address says that cannot lead to where the other account already is.
_ELSEWHERE = {faults.NO_DATABASE.code, faults.READ_ONLY_SERVER.code}


def open_compared(system: System, *, read_only: bool, silence: int = SILENCE_SECONDS) -> Engine:
    """`database.open_system`, once its database was seen to be the one that the system's other account leads to.

    Args:
        system: of the site file.
        read_only: the account that reads, else the one that carries out.
        silence: seconds for which the server may say nothing.

    Raises:
        CarrelError: what `database.connect` raises; SQL-022, the two do not lead to one database. Before anything is
            carried out, also whatever keeps the account that reads from being opened. Who only reads goes on where
            the account that carries out cannot be reached: it does so from another host, or not now.
    """
    engine = database.open_system(system, read_only=read_only, silence=silence)
    try:
        require_one(system, engine, read_only=read_only)
    except BaseException:
        engine.dispose()
        raise
    return engine


def require_one(system: System, engine: Engine, *, read_only: bool) -> None:
    """Refuse a system whose two accounts lead to two databases, or to two servers. Both are only read.

    Args:
        system: of the site file.
        engine: connections by one of its accounts.
        read_only: that one is the account that reads.

    Raises:
        CarrelError: as for `open_compared`.
    """
    if not system.has_two_accounts:
        return
    which = "the account that carries out" if read_only else "the account that reads"
    try:
        way = replace(database.access(system, apply=read_only), name=f"{system.name} ({which})", declared_zone=None)
        other = database.connect(way, read_only=True)
    except CarrelError as wrong:
        if wrong.code in _ELSEWHERE:
            condition = wrong.faults[0].condition
            raise _not_one(system, f"of {which}: {condition.title} ({condition.code})") from None
        if read_only:
            return
        raise
    try:
        with told(system.name), engine.connect() as connection:
            here = of(connection)
        with told(system.name), other.connect() as theirs:
            if differ := _differ(engine, here, system.name, theirs):
                raise _not_one(system, differ)
    finally:
        other.dispose()


def accounts_check(system: System, applying: Engine) -> Check:
    """What `carrel doctor` says of the two accounts of a system."""
    try:
        require_one(system, applying, read_only=False)
    except CarrelError as error:
        return said(error, "accounts")
    return ok("accounts", "the one that reads and the one that carries out lead to one database")


def addresses(system: System) -> Iterator[URL]:
    """Every address under which a site reaches a system: of both accounts and of its replica.

    One that cannot be read is left out: what is wrong with it, whoever needs it tells.
    """
    for apply in (False, True) if system.has_two_accounts else (False,):
        with suppress(CarrelError):
            yield database.access(system, apply=apply).url
    if system.replica is not None:
        with suppress(CarrelError):
            yield replica.access(system).url


def _differ(engine: Engine, here: Whereabouts, at: str, theirs: Connection) -> str:
    """What two accounts lead to that is not one database; empty where it is one."""
    there = of(theirs)
    try:
        same = is_same(engine, here, at, theirs)
    except OSError:
        return "a file that is not there any more"
    if same:
        return ""
    if same is None:
        return "a server that does not keep a named lock, so nobody can tell"
    if here.dialect != there.dialect:
        return "databases of two products"
    if here.dialect == "sqlite":
        return "two files"
    return "two servers" if here.same_name(there) else "two names of a database"


def _not_one(system: System, found: str) -> CarrelError:
    reads, carries_out = (
        str(file.name if file is not None else variable)
        for file, variable in ((system.dsn_file, system.dsn_env), (system.apply_dsn_file, system.apply_dsn_env))
    )
    return fault(
        faults.TWO_DATABASES,
        at=f"system {system.name}",
        wanted="one database on one server, by the account that reads and by the one that carries out",
        found=found,
        because="what is planned and verified in one would be cut in another",
        fix=f"write the same server and database into {reads} and {carries_out}",
    )
