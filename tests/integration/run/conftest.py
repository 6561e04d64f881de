"""A library for each database, fresh for every test.

Which databases a test of a small library runs on: SQLite and MariaDB; those marked ``everywhere`` (the main law of a
file) on PostgreSQL too. A test that is marked ``one_database`` asks what is decided in Python, in the policy or in the map,
and not how a dialect spells it: it runs on Koha's own database alone. Whatever is about locks, transactions, kills or the
types of a dialect stays on each. Of those, ``make test`` asks one, and ``make test-all`` each: ``tests/breadth.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import Sample, SampleSize, build
from tests.integration.conftest import AS_OF, ON_EACH, Koha, on_mariadb, on_postgresql, postgresql_template
from tests.integration.run import disposed as disposed_library
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
from tests.integration.run.disposed import Disposed
from tests.integration.run.list_site import listed  # noqa: F401  (fixture)
from tests.integration.run.log_site import pair, vendor  # noqa: F401  (fixtures)
from tests.integration.run.mail_site import dovecot_server, mail  # noqa: F401  (fixtures)
from tests.integration.servers import mariadb, postgresql
from tests.store_place import on_server


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


def pytest_itemcollected(item: pytest.Item) -> None:
    """All of this folder, see ``tests/breadth.py``."""
    item.add_marker("whole_run")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which databases, see above."""
    for name in ("small_koha", "disposed"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, _databases(metafunc.definition), indirect=True)


def _databases(test: pytest.Item) -> tuple[object, ...]:
    if test.get_closest_marker("everywhere") is not None:
        return ON_EACH
    return ON_EACH[1:2] if test.get_closest_marker("one_database") is not None else ON_EACH[:2]


@pytest.fixture
def small_koha(request: pytest.FixtureRequest) -> Koha:
    """A library of a hundred loans on each database in turn."""
    made: Koha = request.getfixturevalue(f"small_{request.param}")
    return made


@pytest.fixture
def small(small_koha: Koha, tmp_path: Path) -> library.Library:
    """A small library with its site; its first run has one stage."""
    return library.make(tmp_path / "site", small_koha)


@pytest.fixture(scope="session")
def _disposed_sqlite(_small_sqlite: tuple[Path, Sample], tmp_path_factory: pytest.TempPathFactory) -> Disposed:
    template, sample = _small_sqlite
    folder = tmp_path_factory.mktemp("disposed")
    shutil.copyfile(template, folder / "koha.db")
    return disposed_library.once(folder / "site", Koha(f"sqlite:///{folder / 'koha.db'}", "sqlite", sample))


@pytest.fixture(scope="session")
def _disposed_mariadb(
    mariadb_server: mariadb.MariaDBServer, _small_mariadb: Sample, tmp_path_factory: pytest.TempPathFactory
) -> Disposed:
    database = mariadb.fresh_copy(mariadb_server, _TEMPLATE, disposed_library.TEMPLATE)
    koha = Koha(mariadb_server.url(database), "mariadb", _small_mariadb, mariadb_server, database)
    return disposed_library.once(tmp_path_factory.mktemp("disposed") / "site", koha)


@pytest.fixture(scope="session")
def _disposed_postgresql(
    postgresql_server: postgresql.PostgreSQLServer,
    _small_on_postgresql: Sample,
    tmp_path_factory: pytest.TempPathFactory,
) -> Disposed:
    database = disposed_library.TEMPLATE
    postgresql_server.sql(f"CREATE DATABASE {database} TEMPLATE {_TEMPLATE}")
    koha = Koha(postgresql_server.url(database), "postgresql", _small_on_postgresql, postgresql_server, database)
    return disposed_library.once(tmp_path_factory.mktemp("disposed") / "site", koha)


@pytest.fixture
def disposed_sqlite(_disposed_sqlite: Disposed, tmp_path: Path) -> Iterator[library.Library]:
    """A small library in a SQLite file after its first run, so that it has nothing to do."""
    shutil.copyfile(str(sa.make_url(_disposed_sqlite.koha.url).database), tmp_path / "koha.db")
    koha = Koha(f"sqlite:///{tmp_path / 'koha.db'}", "sqlite", _disposed_sqlite.sample)
    yield _disposed_sqlite.copied(tmp_path / "site", koha)
    koha.dispose()


@pytest.fixture
def disposed_mariadb(
    mariadb_server: mariadb.MariaDBServer, _disposed_mariadb: Disposed, tmp_path: Path
) -> Iterator[library.Library]:
    """The same on MariaDB."""
    with on_mariadb(mariadb_server, disposed_library.TEMPLATE, _disposed_mariadb.sample) as koha:
        yield _disposed_mariadb.copied(tmp_path / "site", koha)


@pytest.fixture
def disposed_postgresql(
    postgresql_server: postgresql.PostgreSQLServer, _disposed_postgresql: Disposed, tmp_path: Path
) -> Iterator[library.Library]:
    """The same on PostgreSQL."""
    with on_postgresql(postgresql_server, disposed_library.TEMPLATE, _disposed_postgresql.sample) as koha:
        yield _disposed_postgresql.copied(tmp_path / "site", koha)


@pytest.fixture
def disposed(request: pytest.FixtureRequest) -> library.Library:
    """A small library after its first run, on each database in turn."""
    made: library.Library = request.getfixturevalue(f"disposed_{request.param}")
    return made


@pytest.fixture(params=ON_EACH[1:])
def small_server(request: pytest.FixtureRequest, tmp_path: Path) -> library.Library:
    """A small library with its site, on each database that lets several writers in."""
    return library.make(tmp_path / "site", request.getfixturevalue(f"small_{request.param}"))


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("mariadb", marks=[pytest.mark.mariadb, pytest.mark.postgresql]),
        pytest.param("postgresql", marks=pytest.mark.postgresql),
    ]
)
def small_stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[library.Library]:
    """A small library on each database in turn; beside a server's its store is on a server too."""
    elm = library.make(tmp_path / "site", request.getfixturevalue(f"small_{request.param}"))
    if request.param == "sqlite":
        yield elm
        return
    with on_server(request.getfixturevalue("postgresql_server"), elm.folder, fresh=False) as place:
        elm.keep_store_in(place)
        yield elm
