"""Real databases with the sample library in them, fresh for every test.

`koha` runs a test on SQLite and on a private MariaDB; `koha_sqlite`, `koha_mariadb` and `koha_postgresql` give just one.
On PostgreSQL Koha never runs: its library there tries the engine, above all by the fixture `small` of the runs.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carrel.systems.sample import Sample, SampleSize, build, facts
from carrel.systems.secret import Secret
from carrel.systems.sql.database import Access, connect
from tests.conftest import unavailable
from tests.integration.servers import mailman, mariadb, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEED = 20261122
TEMPLATE = "sample_template"
# Names with large letters, which PostgreSQL makes small where they stand without quotes.
_LARGE = re.compile(
    r"(?<![\"'\w])("
    + "|".join(sorted({c.name for one in facts.koha().tables for c in one.columns if c.name != c.name.lower()}))
    + r")(?![\"'\w])"
)


@dataclass
class Koha:
    """One fresh database with the tiny sample library.

    Args:
        url: SQLAlchemy URL with all rights.
        dialect: ``sqlite``, ``mariadb`` or ``postgresql``.
        sample: what is in it.
    """

    url: str
    dialect: str
    sample: Sample
    server: mariadb.MariaDBServer | postgresql.PostgreSQLServer | None = None
    database: str = ""
    _engines: list[sa.Engine] = field(default_factory=list)
    _reading: sa.Engine | None = None

    def engine(self, url: str | None = None) -> sa.Engine:
        """A new engine, disposed of when the test ends."""
        # A library on PostgreSQL is read with the product's sessions: times are local, texts are texts.
        access = Access("koha", Secret(url or self.url, "a test"))
        here = self.dialect == "postgresql"
        # Without TLS, for which the driver of MariaDB would read every certificate of this host each time.
        more = {"ssl_disabled": True} if self.dialect == "mariadb" else {}
        engine = connect(access, read_only=False) if here else sa.create_engine(url or self.url, connect_args=more)
        self._engines.append(engine)
        return engine

    def limited_user(self, grants: list[str]) -> str:
        """The URL of a fresh account with just these grants (see `limited_user` of the server)."""
        assert self.server is not None, "only a server has accounts"
        return self.server.limited_user(self.database, grants)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query answers; a ``%`` in it is just that."""
        text = self.spelled(query)
        if self._reading is None:
            self._reading = self.engine()
        with self._reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(text)]

    def spelled(self, statement: str) -> str:
        """A statement as the driver takes it: a ``%`` in it is just that, and large letters of a name are kept."""
        if self.dialect == "postgresql":
            statement = _LARGE.sub(r'"\1"', statement)
            if "action_logs" in statement:  # elsewhere it is whoever is signed in
                statement = re.sub(r"(?<![\"\w])user(?![\"\w])", '"user"', statement)
        return statement if self.dialect == "sqlite" else statement.replace("%", "%%")

    def dispose(self) -> None:
        """Close every engine that was made here."""
        self._reading = None
        while self._engines:
            self._engines.pop().dispose()


@contextmanager
def _only_one_worker(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all xdist workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "carrel-shared"


@pytest.fixture(scope="session")
def mailman_server() -> Iterator[mailman.Mailman]:
    """A private GNU Mailman."""
    if why := mailman.missing():
        unavailable(why)
    with mailman.running() as server:
        yield server


@pytest.fixture(scope="session")
def _sqlite_template(shared_folder: Path) -> tuple[Path, Sample]:
    path, known = shared_folder / "template.db", shared_folder / "template.db.sample"
    with _only_one_worker(shared_folder / "sqlite"):
        if not known.exists():
            engine = sa.create_engine(f"sqlite:///{path}")
            sample = build(engine, SampleSize.named("tiny"), SEED, AS_OF)
            engine.dispose()
            known.write_bytes(pickle.dumps(sample))
    return path, pickle.loads(known.read_bytes())


@pytest.fixture
def koha_sqlite(_sqlite_template: tuple[Path, Sample], tmp_path: Path) -> Iterator[Koha]:
    """The tiny sample in a SQLite file of its own."""
    template, sample = _sqlite_template
    path = tmp_path / "koha.db"
    shutil.copyfile(template, path)
    koha = Koha(f"sqlite:///{path}", "sqlite", sample)
    yield koha
    koha.dispose()


def _prepare_datadir(folder: Path) -> Sample:
    """A data folder with the template database, stopped cleanly, made once per run and copied by every worker."""
    with mariadb.running(folder / "work") as server:
        server.sql(f"CREATE DATABASE {TEMPLATE}")
        engine = sa.create_engine(server.url(TEMPLATE))
        sample = build(engine, SampleSize.named("tiny"), SEED, AS_OF)
        engine.dispose()
        mariadb.fresh_copy(server, TEMPLATE)
        server.shut_down()
        shutil.copytree(folder / "work", folder / "datadir")
    return sample


@pytest.fixture(scope="session")
def mariadb_template(shared_folder: Path) -> tuple[Path, Sample]:
    """The prepared data folder and what its template database holds; copy the folder, never use it."""
    if reason := mariadb.missing():
        unavailable(reason)
    folder = shared_folder / "mariadb"
    known = folder / "sample"
    with _only_one_worker(folder):
        if not known.exists():
            known.write_bytes(pickle.dumps(_prepare_datadir(folder)))
    return folder / "datadir", pickle.loads(known.read_bytes())


@pytest.fixture(scope="session")
def mariadb_server(
    mariadb_template: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[mariadb.MariaDBServer]:
    """This worker's own MariaDB, without binary log; holds the template database."""
    datadir = tmp_path_factory.mktemp("mariadb") / "datadir"
    shutil.copytree(mariadb_template[0], datadir)
    with mariadb.running(datadir) as server:
        yield server


@pytest.fixture
def mariadb_with(
    mariadb_template: tuple[Path, Sample], tmp_path: Path
) -> Iterator[Callable[..., mariadb.MariaDBServer]]:
    """Starts another server for this test only: ``mariadb_with(binlog=True, options=("--read-only",))``."""
    started: list[mariadb.MariaDBServer] = []

    def start(*, binlog: bool = False, options: tuple[str, ...] = ()) -> mariadb.MariaDBServer:
        datadir = tmp_path / f"datadir{len(started)}"
        shutil.copytree(mariadb_template[0], datadir)
        server = mariadb.MariaDBServer(datadir, binlog=binlog, options=options)
        started.append(server)
        server.start()
        return server

    try:
        yield start
    finally:
        for server in started:
            server.remove()


@contextmanager
def on_mariadb(server: mariadb.MariaDBServer, template: str, sample: Sample) -> Iterator[Koha]:
    """A copy of a database with a sample library, for one test."""
    database = mariadb.fresh_copy(server, template)
    koha = Koha(server.url(database), "mariadb", sample, server, database)
    try:
        yield koha
    finally:
        koha.dispose()
        server.drop_limited_users()


@pytest.fixture
def koha_mariadb(mariadb_server: mariadb.MariaDBServer, mariadb_template: tuple[Path, Sample]) -> Iterator[Koha]:
    """The tiny sample in a MariaDB database of this worker, put back as it was for every test."""
    with on_mariadb(mariadb_server, TEMPLATE, mariadb_template[1]) as koha:
        yield koha


ON_EACH = (
    "sqlite",
    pytest.param("mariadb", marks=pytest.mark.mariadb),
    pytest.param("postgresql", marks=pytest.mark.postgresql),
)


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def koha(request: pytest.FixtureRequest) -> Koha:
    """The tiny sample, on each database in turn."""
    made: Koha = request.getfixturevalue(f"koha_{request.param}")
    return made


def postgresql_template(server: postgresql.PostgreSQLServer, name: str, size: SampleSize, seed: int) -> Sample:
    """A database with a sample library, to which nobody is connected."""
    server.sql(f"CREATE DATABASE {name}")
    engine = sa.create_engine(server.url(name))
    sample = build(engine, size, seed, AS_OF)
    engine.dispose()
    return sample


@contextmanager
def on_postgresql(server: postgresql.PostgreSQLServer, template: str, sample: Sample) -> Iterator[Koha]:
    """A copy of such a database, for one test."""
    database = postgresql.fresh_copy(server, template)
    koha = Koha(server.url(database), "postgresql", sample, server, database)
    try:
        yield koha
    finally:
        koha.dispose()
        server.drop_limited_users()


@pytest.fixture(scope="session")
def _tiny_on_postgresql(postgresql_server: postgresql.PostgreSQLServer) -> Sample:
    return postgresql_template(postgresql_server, TEMPLATE, SampleSize.named("tiny"), SEED)


@pytest.fixture
def koha_postgresql(postgresql_server: postgresql.PostgreSQLServer, _tiny_on_postgresql: Sample) -> Iterator[Koha]:
    """The tiny sample in a PostgreSQL database of this worker, made anew for every test."""
    with on_postgresql(postgresql_server, TEMPLATE, _tiny_on_postgresql) as koha:
        yield koha
