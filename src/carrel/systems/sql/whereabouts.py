"""Where a database really is, whatever its address says: a copy must not be one of the systems that it stands for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from carrel.errors import CarrelError, fault
from carrel.inventory.site import System
from carrel.systems import faults
from carrel.systems.sql.database import access, connect
from carrel.systems.sql.failure import told

_NO_CLUSTER = "00000000-0000-0000-0000-000000000000"
# Of PostgreSQL: a copy of the whole server has its mark as well, but not its name of the database or its port.
_MARKS_THERE = """
SELECT s.system_identifier, current_setting('port'), d.oid, d.datname
FROM pg_control_system() s, pg_catalog.pg_database d WHERE d.datname = current_database()"""
_TIMELINE = """
SELECT system_identifier::text, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) FROM pg_control_system()"""
_SERVER = "SELECT @@server_id, @@hostname, @@port"
_MARKS = "SELECT @@hostname, @@port, @@server_id, @@datadir, DATABASE()"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one connection has ended up.

    Attributes:
        dialect: of the server.
        place: the file that SQLite opened, or the name of the database on a server.
        folds: whether the server takes a name in capitals for the same name.
        cluster: the state of the Galera cluster that the server is a node of; empty where it is none.
    """

    dialect: str
    place: str
    folds: bool = False
    cluster: str = ""

    def same_name(self, other: Whereabouts) -> bool:
        """Whether two names on one server, or in one cluster, mean one database."""
        if self.folds or other.folds:
            return self.place.casefold() == other.place.casefold()
        return self.place == other.place

    def same_cluster(self, other: Whereabouts) -> bool:
        """Whether two servers hold the same rows, because each takes over what the other writes."""
        return bool(self.cluster) and self.cluster == other.cluster


def require_apart(copy: Engine, at: str, originals: Iterable[System]) -> None:
    """Refuse a copy that is one of the site's own databases under another address. Everything is only read.

    Args:
        copy: the very engine that the rehearsal will use.
        at: name of the copy.
        originals: the systems that are no copies, each with both its accounts.

    Raises:
        CarrelError: SQL-018, it is one of them; SQL-019, one of them cannot be reached, or the two cannot be compared.

    Guarantees:
        A later connection of this engine that leads elsewhere than the one that was compared is refused.
    """
    with told(at), copy.connect() as connection:
        here = of(connection)
        marks = _marks(connection.connection.dbapi_connection, here.dialect)
    for original in originals:
        for apply in (False, True) if original.has_two_accounts else (False,):
            _require_apart_from(copy, here, at, original, apply=apply)

    @event.listens_for(copy, "connect")
    def stays(connection: Any, _record: Any) -> None:
        found = _marks(connection, here.dialect)
        if here.dialect != "sqlite":
            connection.commit()
        if found != marks:
            raise _not_compared(at, "a connection that leads elsewhere than the one that was compared")


def server_mark(connection: Connection) -> str:
    """What tells a database from others, and its server from its replicas and from itself after it was put back.

    The database's name; and of PostgreSQL the cluster and its timeline, which changes with every failover; of MariaDB
    the server's number, host and port, of nodes of one Galera cluster what they have in common. Of a file nothing.
    """
    if connection.dialect.name == "sqlite":
        return "file"
    here = of(connection)
    name = here.place.casefold() if here.folds else here.place
    if here.cluster:
        return f"{here.cluster}/{name}"
    found = connection.execute(text(_TIMELINE if connection.dialect.name == "postgresql" else _SERVER)).one()
    return "/".join(str(one) for one in (*found, name))


def of(connection: Connection) -> Whereabouts:
    """Where a connection has ended up, by what the server or the file itself says."""
    if connection.dialect.name == "sqlite":
        files = {name: file for _, name, file in connection.execute(text("PRAGMA database_list"))}
        return Whereabouts("sqlite", str(files["main"]))
    if connection.dialect.name == "postgresql":
        return Whereabouts("postgresql", str(connection.execute(text("SELECT current_database()")).scalar_one()))
    name, folded = connection.execute(text("SELECT DATABASE(), @@lower_case_table_names")).one()
    status = connection.execute(text("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_state_uuid'")).all()
    cluster = next((str(value).lower() for _, value in status), "")
    return Whereabouts(
        connection.dialect.name, str(name), str(folded) != "0", "" if cluster == _NO_CLUSTER else cluster
    )


def _require_apart_from(copy: Engine, here: Whereabouts, at: str, original: System, *, apply: bool) -> None:
    try:
        engine = connect(access(original, apply=apply), read_only=True)
        try:
            with told(original.name), engine.connect() as theirs:
                same = is_same(copy, here, at, theirs)
        finally:
            engine.dispose()
    except CarrelError as wrong:
        first = wrong.faults[0]
        found = f"{first.at or original.name}: {first.condition.code}, {first.condition.title}"
        raise _not_compared(at, found, first.fix) from None
    except OSError as wrong:
        raise _not_compared(at, f"{original.name}: {os.strerror(wrong.errno or 0)}") from None
    if same is None:
        raise _not_compared(at, f"{original.name}: its server does not keep a named lock")
    if same:
        raise fault(
            faults.SAME_DATABASE,
            at=f"system {at}",
            wanted="a database of its own, to which the original was copied",
            found=f"the database of {original.name}",
            because="a rehearsal cuts without an approval, and what is cut there is gone",
            fix=f"copy the database of {original.name}, and write the address of the copy",
        )


def is_same(copy: Engine, here: Whereabouts, at: str, theirs: Connection) -> bool | None:
    """Whether two connections have ended up in one database of one server that runs, or in one file.

    Args:
        copy: connections to the one.
        here: where they lead.
        at: its name, for messages.
        theirs: a connection to the other.

    Returns:
        None where the server did not keep the lock that would have shown it.

    Guarantees:
        A standby, a server that was promoted and a copy of the whole server are others: each keeps its own locks.
    """
    there = of(theirs)
    if here.dialect != there.dialect:
        return False
    if here.dialect == "sqlite":
        return Path(here.place).samefile(there.place)
    if not here.same_name(there):
        return False
    if here.same_cluster(there):
        return True
    with told(at), copy.connect() as mine:
        return _sees_lock(mine, theirs)


def _sees_lock(mine: Connection, theirs: Connection) -> bool | None:
    """Whether both are sessions of one server: a lock that one holds, under a name just made up, is seen by the other.

    Returns:
        None where the server did not keep the lock, so that not seeing it says nothing.
    """
    if mine.dialect.name == "postgresql":
        return _sees_number(mine, theirs)
    name = {"name": f"carrel-{secrets.token_hex(16)}"}
    held = theirs.execute(text("SELECT GET_LOCK(:name, 0)"), name).scalar()
    try:
        seen = mine.execute(text("SELECT IS_USED_LOCK(:name)"), name).scalar()
        kept = theirs.execute(text("SELECT IS_USED_LOCK(:name) = CONNECTION_ID()"), name).scalar()
    finally:
        theirs.execute(text("SELECT RELEASE_LOCK(:name)"), name)
    if seen is not None:
        return True
    return False if held and kept else None


def _sees_number(mine: Connection, theirs: Connection) -> bool | None:
    """The same on PostgreSQL, where a lock's name is a number and belongs to one database of the server."""
    number = {"high": secrets.randbits(31), "low": secrets.randbits(31)}
    held = theirs.execute(text("SELECT pg_try_advisory_lock(:high, :low)"), number).scalar()
    try:
        seen = mine.execute(text(_HELD), number).scalar()
        kept = theirs.execute(text(_HELD), number).scalar()
    finally:
        theirs.execute(text("SELECT pg_advisory_unlock(:high, :low)"), number)
    if seen:
        return True
    return False if held and kept else None


_HELD = """
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.classid = :high AND l.objid = :low)"""


def _marks(connection: Any, dialect: str) -> tuple[object, ...]:
    """What tells one server, or one file, from others over the time of a run."""
    cursor = connection.cursor()
    try:
        if dialect != "sqlite":
            cursor.execute(_MARKS_THERE if dialect == "postgresql" else _MARKS)
            return tuple(cursor.fetchone())
        cursor.execute("PRAGMA database_list")
        found = os.stat(next(file for _, name, file in cursor.fetchall() if name == "main"))  # noqa: PTH116
        return found.st_dev, found.st_ino
    finally:
        cursor.close()


def _not_compared(at: str, found: str, fix: str = "") -> CarrelError:
    return fault(
        faults.NOT_COMPARED,
        at=f"system {at}",
        wanted="every system of the site within reach, to see that the copy is none of them",
        found=found,
        because="a copy that is a system of the site would be cut for good, and without any approval",
        fix=fix or "see that both databases can be read, then give the same command again",
    )
