"""The connection to the store: one file of mode 0600 (a server by URL is not supported yet); reading and writing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from carrel.errors import fault
from carrel.store import faults

PATIENCE = timedelta(seconds=30)


class Database:
    """One open store. Every write is durable when its `writing` block ends."""

    def __init__(self, url: URL, patience: timedelta = PATIENCE) -> None:
        self.url = url
        self._engine = _engine(url, patience)
        self._readers = self._engine.execution_options(carrel_reads=True)

    @property
    def is_file(self) -> bool:
        """Whether the store is an SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that other writers wait for; committed at the end, or undone altogether.

        Raises:
            CarrelError: STO-003 when another writer keeps it too long, STO-001 when the store is unusable.
        """
        yield from self._transaction(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store and changes nothing.

        Raises:
            CarrelError: as `writing`.
        """
        yield from self._transaction(self._readers)

    def tidy(self) -> None:
        """Have the file forget what was deleted: copy the write-ahead log back and empty it."""
        if self.is_file:
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise  # a lost race; the caller knows what it means
        except OperationalError as wrong:
            condition = faults.BUSY if "locked" in str(wrong.orig) else faults.UNREADABLE
            full = getattr(wrong.orig, "sqlite_errorname", "") == "SQLITE_FULL"
            raise fault(
                condition,
                at=self._place(),
                found="no space left on the disk" if full else type(wrong.orig).__name__,
                fix="make room, then give the same command again"
                if full
                else "try again, or look at the file's owner, mode and disk space",
            ) from None
        except DatabaseError as wrong:
            raise fault(
                faults.UNREADABLE,
                at=self._place(),
                found=type(wrong.orig).__name__,
                fix="look at the disk, and put the file back from a copy of the site's folder",
            ) from None

    def _place(self) -> str:
        return str(self.url.database) if self.is_file else self.url.render_as_string(hide_password=True)


def url_of(place: str | Path) -> URL:
    """The URL of a store: a URL as it stands, anything else is the path of an SQLite file."""
    text = str(place)
    return make_url(text) if "://" in text else URL.create("sqlite", database=text)


def _engine(url: URL, patience: timedelta) -> Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except ModuleNotFoundError as missing:
            raise fault(
                faults.UNREADABLE,
                at=url.render_as_string(hide_password=True),
                wanted=f"the Python package {missing.name}",
                found="none",
                because="a store on a server is not supported yet",
                fix="keep the store in the site's folder",
            ) from None
    _private_file(Path(str(url.database)))
    engine = create_engine(url, connect_args={"timeout": patience.total_seconds()})
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    return engine


def _private_file(path: Path) -> None:
    """Make the file before SQLite does, so that it is never readable by others; log and shared memory follow it.

    A file that is there is not opened: closing it would let go of every lock that this process holds on it through
    SQLite, another process would take itself for the last one, and what is committed here afterwards would be lost.

    Source:
        SQLite, "How To Corrupt An SQLite Database File", 2.2.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as wrong:
        raise fault(
            faults.UNREADABLE,
            at=str(path),
            wanted="a file that Carrel owns and may write",
            found=wrong.strerror or type(wrong).__name__,
            fix="run Carrel as the owner of the site's folder",
        ) from None


def _settings(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver's own BEGIN comes too late for a read that a write depends on
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an intent must survive a power cut, not only a crash
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # a released hold's patron numbers are overwritten, not only unlinked
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("carrel_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
