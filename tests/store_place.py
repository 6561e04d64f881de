"""Where a store of a test lies: a file of the site's folder, or a schema of its own on the private PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.store.store import FILE, Store

if TYPE_CHECKING:
    from tests.integration.servers.postgresql import PostgreSQLServer

DATABASE = "stores"


@dataclass(frozen=True)
class StorePlace:
    """One site's place for its store.

    Args:
        folder: of the site.
        url: of a database; empty for a file in the folder.
        schema: of the store in that database.
        server: that the database is on.
    """

    folder: Path
    url: str = ""
    schema: str = ""
    server: PostgreSQLServer | None = None

    @property
    def is_file(self) -> bool:
        return not self.url

    def open(self, **more: Any) -> Store:
        """The store, as a process opens it."""
        if self.is_file:
            return Store.open(self.folder / FILE, **more)
        return Store.open(self.url, self.folder, schema=self.schema, **more)

    @property
    def words(self) -> list[str]:
        """What a program of a test takes to `opened` the same store in a process of its own."""
        return [str(self.folder), self.url, self.schema]

    @property
    def site_lines(self) -> str:
        """What the site file says of it; its address is written into the folder."""
        if self.is_file:
            return ""
        (self.folder / "store.dsn").write_text(self.url + "\n")
        (self.folder / "store.dsn").chmod(0o600)
        return f"store: {{dsn_file: store.dsn, schema: {self.schema}}}\n"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query of a test's answers, behind the store's back."""
        engine = self._raw()
        with engine.begin() as connection:
            found = connection.exec_driver_sql(query)
            rows = [tuple(row) for row in found] if found.returns_rows else []
        engine.dispose()
        return rows

    def _raw(self) -> sa.Engine:
        if self.is_file:
            return sa.create_engine(f"sqlite:///{self.folder / FILE}")
        return sa.create_engine(self.url, connect_args={"options": f"-c search_path={self.schema}"})


def opened(words: list[str]) -> Store:
    """The store of `StorePlace.words`."""
    folder, url, schema = words
    return StorePlace(Path(folder), url, schema).open()


@contextmanager
def in_file(folder: Path) -> Iterator[StorePlace]:
    """A store that is a file."""
    folder.mkdir(parents=True, exist_ok=True)
    yield StorePlace(folder)


@contextmanager
def on_server(server: PostgreSQLServer, folder: Path, *, fresh: bool = True) -> Iterator[StorePlace]:
    """A store on a server.

    Args:
        server: a private one.
        folder: of the site.
        fresh: nothing is made before it is opened, and it is gone afterwards; else it is one that others have used, with
            every table empty, which is made faster.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not server.sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
        server.sql(f"CREATE DATABASE {DATABASE}")
    if not fresh:
        yield _emptied(StorePlace(folder, server.url(DATABASE), "used", server))
        return
    place = StorePlace(folder, server.url(DATABASE), f"s{secrets.token_hex(6)}", server)
    try:
        yield place
    finally:
        server.sql(f"DROP SCHEMA IF EXISTS {place.schema} CASCADE", database=DATABASE)


def _emptied(place: StorePlace) -> StorePlace:
    assert place.server is not None
    tables = "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables "
    tables += f"WHERE schemaname = '{place.schema}' AND tablename <> 'alembic_version'"
    [(names,)] = place.server.sql(tables, database=DATABASE)
    if names:
        place.server.sql(f"TRUNCATE {names} RESTART IDENTITY", database=DATABASE)
    return place
