"""A store in a file: mode 0600, one writer at a time, durable, and what was deleted is overwritten."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from carrel.errors import CarrelError, fault
from carrel.store import faults


class FileHome:
    """One SQLite file.

    Attributes:
        writers: connections whose transactions come one after another.
        readers: connections whose transactions see one state.
        place: where it is.
    """

    def __init__(self, url: URL, patience: timedelta) -> None:
        self.place = str(url.database)
        _private_file(Path(self.place))
        self.writers = create_engine(url, connect_args={"timeout": patience.total_seconds()})
        self.readers = self.writers.execution_options(carrel_reads=True)
        event.listen(self.writers, "connect", _settings)
        event.listen(self.writers, "begin", _begin)

    def prepare(self) -> None:
        """A file was made when it was opened, and has no clock of its own."""

    def tidy(self) -> None:
        """Copy the write-ahead log back and empty it."""
        raw = self.writers.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()

    def race(self, wrong: IntegrityError) -> IntegrityError:
        """As it was raised: it names columns only."""
        return wrong

    def said(self, wrong: DBAPIError) -> CarrelError:
        """What a driver's error means, without its text."""
        found = type(wrong.orig).__name__
        if not isinstance(wrong, OperationalError):
            fix = "look at the disk, and put the file back from a copy of the site's folder"
            return fault(faults.UNREADABLE, at=self.place, found=found, fix=fix)
        full = getattr(wrong.orig, "sqlite_errorname", "") == "SQLITE_FULL"
        return fault(
            faults.BUSY if "locked" in str(wrong.orig) else faults.UNREADABLE,
            at=self.place,
            found="no space left on the disk" if full else found,
            fix="make room, then give the same command again"
            if full
            else "try again, or look at the file's owner, mode and disk space",
        )


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
