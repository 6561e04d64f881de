"""The sample of Evergreen on a private PostgreSQL, fresh for every test."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize
from carrel.systems.sample.evergreen import EvergreenSample, build, evergreen_size
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from tests.conftest import unavailable
from tests.integration.evergreen import person_site
from tests.integration.servers import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEED = 20261122
TEMPLATE = "evergreen_template"
SMALL = "evergreen_small"


@dataclass
class Evergreen:
    """One fresh database with the tiny sample of Evergreen.

    Args:
        server: this worker's own.
        database: its name there.
        sample: what is in it.
        options: what each session starts with.
    """

    server: postgresql.PostgreSQLServer
    database: str
    sample: EvergreenSample
    options: str = ""
    _engines: list[sa.Engine] = field(default_factory=list)
    _connection: sa.Connection | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy URL with all rights."""
        return self.server.url(self.database)

    def engine(self) -> sa.Engine:
        """A new engine, disposed of when the test ends."""
        self._engines.append(sa.create_engine(self.url, connect_args={"options": self.options}))
        return self._engines[-1]

    def lasts(self, engine: sa.Engine) -> sa.Engine:
        """An engine of somebody else's, disposed of when the test ends."""
        self._engines.append(engine)
        return engine

    @property
    def connection(self) -> sa.Connection:
        """One connection for the test."""
        if self._connection is None:
            self._connection = self.engine().connect()
        return self._connection

    def limited_user(self, grants: list[str]) -> str:
        """The URL of a fresh account with just these grants (see `PostgreSQLServer.limited_user`)."""
        return self.server.limited_user(self.database, grants)

    def do(self, statement: str, **values: object) -> int:
        """Run and commit one statement; rows touched."""
        done = self.connection.execute(sa.text(statement), values).rowcount
        self.connection.commit()
        return done

    def rows(self, query: str, **values: object) -> list[tuple]:
        """What a query answers."""
        found = [tuple(row) for row in self.connection.execute(sa.text(query), values)]
        self.connection.commit()
        return found

    def one(self, query: str, **values: object):
        """The single value that a query answers."""
        ((value,),) = self.rows(query, **values)
        return value

    def dispose(self) -> None:
        """Close everything that was opened here."""
        if self._connection is not None:
            self._connection.close()
        while self._engines:
            self._engines.pop().dispose()


@pytest.fixture(scope="session")
def evergreen_server() -> Iterator[postgresql.PostgreSQLServer]:
    """This worker's own PostgreSQL."""
    if reason := postgresql.missing():
        unavailable(reason)
    with postgresql.running() as server:
        yield server


@pytest.fixture(scope="session")
def evergreen_sample(evergreen_server: postgresql.PostgreSQLServer) -> EvergreenSample:
    """What the template database holds; nobody stays connected to it."""
    evergreen_server.sql(f"CREATE DATABASE {TEMPLATE}")
    engine = sa.create_engine(evergreen_server.url(TEMPLATE))
    sample = build(engine, evergreen_size("tiny"), SEED, AS_OF)
    engine.dispose()
    return sample


@pytest.fixture(scope="session")
def evergreen_unchanged(
    evergreen_server: postgresql.PostgreSQLServer, evergreen_sample: EvergreenSample
) -> Iterator[Evergreen]:
    """The tiny sample for every test that only reads; the server refuses to write."""
    database = "evergreen_unchanged"
    evergreen_server.sql(
        f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}", f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}"
    )
    made = Evergreen(evergreen_server, database, evergreen_sample, "-c default_transaction_read_only=on")
    try:
        yield made
    finally:
        made.dispose()


@contextmanager
def copy_of(server: postgresql.PostgreSQLServer, template: str, sample: EvergreenSample) -> Iterator[Evergreen]:
    """A copy of a sample for one test."""
    database = postgresql.fresh_copy(server, template)
    server.sql(f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}")  # which a copy does not inherit
    made = Evergreen(server, database, sample)
    try:
        yield made
    finally:
        made.dispose()
        server.drop_limited_users()


@pytest.fixture
def evergreen(evergreen_server: postgresql.PostgreSQLServer, evergreen_sample: EvergreenSample) -> Iterator[Evergreen]:
    """The tiny sample in a database of this test's own."""
    with copy_of(evergreen_server, TEMPLATE, evergreen_sample) as made:
        yield made


@pytest.fixture(scope="session")
def small_sample(evergreen_server: postgresql.PostgreSQLServer) -> EvergreenSample:
    """What a template of sixty patrons holds; nobody stays connected to it."""
    evergreen_server.sql(f"CREATE DATABASE {SMALL}")
    engine = sa.create_engine(evergreen_server.url(SMALL))
    sample = build(engine, SampleSize("small", 60, 300), 6, AS_OF)
    engine.dispose()
    return sample


@pytest.fixture
def small(evergreen_server: postgresql.PostgreSQLServer, small_sample: EvergreenSample) -> Iterator[Evergreen]:
    """A library of sixty patrons in a database of this test's own."""
    with copy_of(evergreen_server, SMALL, small_sample) as made:
        yield made


@pytest.fixture
def site(evergreen: Evergreen, tmp_path: Path) -> person_site.Branch:
    """A site on the tiny sample."""
    return person_site.make(tmp_path / "site", evergreen)
