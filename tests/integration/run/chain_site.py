"""Copies that are built on each other, made once by the real tools, and taken anew for every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize, build
from tests.conftest import unavailable
from tests.integration.conftest import AS_OF, Koha, postgresql_template
from tests.integration.run.backup_site import ago, declare
from tests.integration.run.library import Library
from tests.integration.run.library import make as make_library
from tests.integration.servers import mariadb, mariadb_copies, pgbackrest
from tests.integration.servers.mariadb_copies import Copies
from tests.integration.servers.pgbackrest import Stanza

_SMALL = SampleSize("small", 40, 160), 6
CHAINED = ("pgbackrest", "mariadb-backup")
AGES = (40, 39, 5, 1)  # in days: a full copy and one built on it, and the same again


@dataclass
class Chain:
    """Two full copies with one that is built on each, the oldest first."""

    repo: Stanza | Copies
    old: str
    built: str
    full: str
    new: str

    @property
    def everything(self) -> set[str]:
        return {self.old, self.built, self.full, self.new}


@pytest.fixture(scope="session")
def archived_stanza() -> Iterator[Stanza]:
    """A server of this worker whose log is archived in two repositories, the second one encrypted."""
    if reason := pgbackrest.missing():
        unavailable(reason)
    with pgbackrest.archived(repositories=2) as stanza:
        yield stanza


@pytest.fixture(scope="session")
def _stanza_chain(archived_stanza: Stanza) -> tuple[str, ...]:
    one = archived_stanza
    made = (one.back_up(), one.back_up("incr"), one.back_up(), one.back_up("incr"))
    one.set_age({copy: ago(days) for copy, days in zip(made, AGES, strict=True)})
    return made


@pytest.fixture(scope="session")
def _folder_chain(
    mariadb_server: mariadb.MariaDBServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Copies, tuple[str, ...]]:
    if reason := mariadb_copies.missing():
        unavailable(reason)
    copies = Copies(tmp_path_factory.mktemp("chain") / "copies", mariadb_server)
    made: list[str] = []
    for base in (False, True, False, True):
        # What a copy is built on is told by the number of the last checkpoint, which stands still where nothing happens.
        mariadb_server.sql("CREATE DATABASE happens", "CREATE TABLE happens.it (a int) ENGINE=InnoDB",
                           "DROP DATABASE happens", "SET GLOBAL innodb_log_checkpoint_now = 1")  # fmt: skip
        made.append(copies.back_up(made[-1] if base else "", "--databases=mysql"))
    copies.set_age({copy: ago(days) for copy, days in zip(made, AGES, strict=True)})
    return copies, tuple(made)


def taken(tool: str, request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> Chain:
    """The chain of a tool, for one test."""
    if tool == "pgbackrest":
        made = request.getfixturevalue("_stanza_chain")
        stanza = stack.enter_context(pgbackrest.copied(request.getfixturevalue("archived_stanza")))
        return Chain(stanza, *made)
    copies, made = request.getfixturevalue("_folder_chain")
    shutil.copytree(copies.place, folder / "copies", symlinks=True)
    return Chain(Copies(folder / "copies", copies.server, _count=copies._count), *made)


@pytest.fixture
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    """The chain of the tool that the test names: pgBackRest, unless `indirect` says otherwise."""
    with ExitStack() as stack:
        yield taken(request.param, request, tmp_path, stack)


@pytest.fixture
def chained(chain: Chain, small_sqlite: Koha, tmp_path: Path) -> tuple[Library, Chain]:
    """A small library with such backups; what is in them is another database, which the tools and Carrel never open."""
    elm = make_library(tmp_path / "site", small_sqlite)
    declare(elm, chain.repo)
    return elm, chain


@pytest.fixture
def whole_server(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], tuple[Koha, Stanza | Copies]]]:
    """Makes a small library on a server of its own, which the tool of that name backs up and restores whole."""
    with ExitStack() as stack:

        def start(tool: str) -> tuple[Koha, Stanza | Copies]:
            made = _on_postgresql(stack) if tool == "pgbackrest" else _on_mariadb(request, tmp_path)
            stack.callback(made[0].dispose)
            return made

        yield start


def _on_postgresql(stack: ExitStack) -> tuple[Koha, Stanza]:
    if reason := pgbackrest.missing():
        unavailable(reason)
    stanza = stack.enter_context(pgbackrest.archived())
    sample = postgresql_template(stanza.server, "koha_elm", *_SMALL)
    return Koha(stanza.server.url("koha_elm"), "postgresql", sample, stanza.server, "koha_elm"), stanza


def _on_mariadb(request: pytest.FixtureRequest, folder: Path) -> tuple[Koha, Copies]:
    if reason := mariadb_copies.missing():
        unavailable(reason)
    server = request.getfixturevalue("mariadb_with")()
    server.sql("CREATE DATABASE koha_elm")
    engine = sa.create_engine(server.url("koha_elm"))
    sample = build(engine, *_SMALL, AS_OF)
    engine.dispose()
    return Koha(server.url("koha_elm"), "mariadb", sample, server, "koha_elm"), Copies(folder / "copies", server)
