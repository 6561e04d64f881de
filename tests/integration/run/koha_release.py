"""Small libraries of each version of Koha whose tables are known, on both databases, made once and copied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from carrel.systems.sample import Sample, SampleSize, build
from tests.integration.conftest import AS_OF, Koha
from tests.integration.servers import mariadb

if TYPE_CHECKING:
    import pytest

SMALL = SampleSize("small", 40, 160)
SEED = 6


@dataclass
class Releases:
    """Hands out fresh libraries; the first of its kind is built.

    Args:
        folder: for the SQLite templates.
    """

    folder: Path
    _made: dict[tuple[str, str], Sample] = field(default_factory=dict)

    def sqlite(self, version: str, place: Path) -> Koha:
        """A library of a version in a file of its own."""
        template = self.folder / f"{version}.db"
        sample = self._built("sqlite", version, f"sqlite:///{template}")
        shutil.copyfile(template, place)
        return Koha(f"sqlite:///{place}", "sqlite", sample)

    def mariadb(self, version: str, server: mariadb.MariaDBServer) -> Koha:
        """A library of a version in a database of this worker's server."""
        template = f"release_{version.replace('.', '_')}"
        if ("mariadb", version) not in self._made:
            server.sql(f"CREATE DATABASE {template}")
        sample = self._built("mariadb", version, server.url(template))
        database = mariadb.fresh_copy(server, template)
        return Koha(server.url(database), "mariadb", sample, server, database)

    def of(self, request: pytest.FixtureRequest, dialect: str, version: str, folder: Path) -> Koha:
        """A library of a version on a database."""
        if dialect == "sqlite":
            return self.sqlite(version, folder / "koha.db")
        return self.mariadb(version, request.getfixturevalue("mariadb_server"))

    def _built(self, dialect: str, version: str, url: str) -> Sample:
        known = self._made.get((dialect, version))
        if known is None:
            engine = sa.create_engine(url)
            known = self._made[dialect, version] = build(engine, SMALL, SEED, AS_OF, version=version)
            engine.dispose()
        return known
