"""A library for each database, fresh for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import Sample, SampleSize, build
from tests.integration.conftest import AS_OF, ON_EACH, Koha, on_mariadb, on_postgresql, postgresql_template
from tests.integration.run import library
from tests.integration.run.backup_site import _fresh, bare, locking_repo, repo, shelf  # noqa: F401  (fixtures)
from tests.integration.run.booking_site import scratch, scratch_server  # noqa: F401  (fixtures)
from tests.integration.run.chain_site import (  # noqa: F401  (fixtures)
    _folder_chain,
    _stanza_chain,
    archived_stanza,
    chain,
    chained,
    whole_server,
)
from tests.integration.run.log_site import pair, vendor  # noqa: F401  (fixtures)
from tests.integration.run.mail_site import dovecot_server, mail  # noqa: F401  (fixtures)
from tests.integration.servers import mariadb, postgresql


@pytest.fixture
def elm(koha: Koha, tmp_path: Path) -> library.Library:
    """A library on each database in turn."""
    return library.make(tmp_path / "site", koha)


@pytest.fixture
def elm_mariadb(koha_mariadb: Koha, tmp_path: Path) -> library.Library:
    """A library on MariaDB."""
    return library.make(tmp_path / "site", koha_mariadb)


@pytest.fixture
def elm_sqlite(koha_sqlite: Koha, tmp_path: Path) -> library.Library:
    """A library on SQLite."""
    return library.make(tmp_path / "site", koha_sqlite)


SMALL = SampleSize("small", 40, 160)
SMALL_SEED = 6
_TEMPLATE = "small_template"


@pytest.fixture(scope="session")
def _small_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sample]:
    path = tmp_path_factory.mktemp("small") / "template.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    sample = build(engine, SMALL, SMALL_SEED, AS_OF)
    engine.dispose()
    return path, sample


@pytest.fixture(scope="session")
def _small_mariadb(mariadb_server: mariadb.MariaDBServer) -> Sample:
    mariadb_server.sql(f"CREATE DATABASE {_TEMPLATE}")
    engine = sa.create_engine(mariadb_server.url(_TEMPLATE))
    sample = build(engine, SMALL, SMALL_SEED, AS_OF)
    engine.dispose()
    return sample


@pytest.fixture
def small_sqlite(_small_sqlite: tuple[Path, Sample], tmp_path: Path) -> Iterator[Koha]:
    """A library of a hundred loans in a SQLite file of its own."""
    template, sample = _small_sqlite
    shutil.copyfile(template, tmp_path / "koha.db")
    koha = Koha(f"sqlite:///{tmp_path / 'koha.db'}", "sqlite", sample)
    yield koha
    koha.dispose()


@pytest.fixture
def small_mariadb(mariadb_server: mariadb.MariaDBServer, _small_mariadb: Sample) -> Iterator[Koha]:
    """A library of a hundred loans on MariaDB."""
    with on_mariadb(mariadb_server, _TEMPLATE, _small_mariadb) as koha:
        yield koha


@pytest.fixture(scope="session")
def _small_on_postgresql(postgresql_server: postgresql.PostgreSQLServer) -> Sample:
    return postgresql_template(postgresql_server, _TEMPLATE, SMALL, SMALL_SEED)


@pytest.fixture
def small_postgresql(postgresql_server: postgresql.PostgreSQLServer, _small_on_postgresql: Sample) -> Iterator[Koha]:
    """A library of a hundred loans on PostgreSQL."""
    with on_postgresql(postgresql_server, _TEMPLATE, _small_on_postgresql) as koha:
        yield koha


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a small library runs on SQLite and MariaDB.

    On PostgreSQL as well where it is marked ``everywhere``; on MariaDB alone, which is Koha's, where it is marked
    ``one_database``.
    """
    if "small_koha" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        here = ON_EACH if marked("everywhere") else ON_EACH[1:2] if marked("one_database") else ON_EACH[:2]
        metafunc.parametrize("small_koha", here, indirect=True)


@pytest.fixture
def small_koha(request: pytest.FixtureRequest) -> Koha:
    """A library of a hundred loans on each database in turn."""
    made: Koha = request.getfixturevalue(f"small_{request.param}")
    return made


@pytest.fixture
def small(small_koha: Koha, tmp_path: Path) -> library.Library:
    """A small library with its site; its first run has one stage."""
    return library.make(tmp_path / "site", small_koha)


@pytest.fixture(params=ON_EACH[1:])
def small_server(request: pytest.FixtureRequest, tmp_path: Path) -> library.Library:
    """A small library with its site, on each database that lets several writers in."""
    return library.make(tmp_path / "site", request.getfixturevalue(f"small_{request.param}"))
