"""The connection to the store, a file or one schema of a PostgreSQL database: reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from carrel.errors import fault
from carrel.store import faults
from carrel.store.file_home import FileHome
from carrel.store.server_home import SCHEMA, ServerHome

PATIENCE = timedelta(seconds=30)
CLOCKS = timedelta(seconds=10)
ZERO = timedelta()


class Database:
    """One open store. Every write is durable when its `writing` block ends.

    Args:
        url: of an SQLite file, or of a PostgreSQL database.
        patience: how long to wait for another writer.
        schema: of the PostgreSQL database in which this store lies.
    """

    def __init__(self, url: URL, patience: timedelta = PATIENCE, schema: str = SCHEMA) -> None:
        self.url = url
        self.home: FileHome | ServerHome = (
            FileHome(url, patience) if self.is_file else ServerHome(url, patience, schema)
        )

    @property
    def is_file(self) -> bool:
        """Whether the store is an SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that other writers wait for; committed at the end, or undone altogether.

        Raises:
            CarrelError: STO-003 when another writer keeps it too long, STO-001 when the store is unusable, STO-007 when
                its server went away (then the transaction may have been committed or not), STO-008 when it takes no
                writes.

        Guarantees:
            On every database: nothing that is read inside can be changed by another writer before it ends.
        """
        yield from self._transaction(self.home.writers)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store and changes nothing.

        Raises:
            CarrelError: as `writing`.
        """
        yield from self._transaction(self.home.readers)

    def prepare(self, now: Callable[[], datetime] | None = None) -> None:
        """Make the place for the tables, where it is not there yet.

        Args:
            now: this machine's clock, to be compared with that of a server. Other machines work on the same store, and
                leases, holds and the gate for chunks are judged by the clock of whoever looks.

        Raises:
            CarrelError: STO-001, STO-008; STO-010 when the clocks differ by more than ten seconds.
        """
        try:
            theirs = self.home.prepare()
        except DBAPIError as wrong:
            raise self.home.said(wrong) from None
        if now is not None and theirs is not None and abs(ahead := now() - theirs) > CLOCKS:
            raise fault(
                faults.TWO_CLOCKS,
                at=self.home.place,
                wanted="less than ten seconds",
                found=f"this machine is {abs(ahead).total_seconds():.0f} s {'ahead' if ahead > ZERO else 'behind'}",
                because="of machines that share a store, one would take over what another still holds",
                fix="have both set their clocks by the same time server",
            )

    def tidy(self) -> None:
        """Have the database forget what was deleted, as far as it can; `carrel doctor` tells how far that is."""
        self.home.tidy()

    def close(self) -> None:
        """Close every connection."""
        self.home.writers.dispose()

    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError as wrong:
            raise self.home.race(wrong) from None  # a lost race; the caller knows what it means
        except DBAPIError as wrong:
            raise self.home.said(wrong) from None


def url_of(place: str | Path) -> URL:
    """The URL of a store: a URL as it stands, anything else is the path of an SQLite file.

    Raises:
        CarrelError: STO-001, it looks like a URL and is none. Nothing of it is told: it can hold a password.
    """
    text = str(place)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise fault(
            faults.UNREADABLE,
            wanted="postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE",
            found="text that is no address",
            fix="write the address in this form; signs such as @ or / in a password are written as %40, %2F",
        ) from None
