"""Two sites on the small library: at their beginning, and with one whole exchange behind them."""

from __future__ import annotations

import shutil

import pytest

from tests.integration.conftest import Koha
from tests.integration.custody import two_sites
from tests.integration.run.conftest import _small_sqlite

__all__ = ["_small_sqlite"]


@pytest.fixture
def sites(_small_sqlite, tmp_path):
    """A library and its custodian, who has a small library's database in SQLite."""
    template, sample = _small_sqlite
    shutil.copyfile(template, tmp_path / "koha.db")
    koha = Koha(f"sqlite:///{tmp_path / 'koha.db'}", "sqlite", sample)
    yield two_sites.make(tmp_path / "both", koha)
    koha.dispose()


@pytest.fixture(scope="session")
def exchanged(_small_sqlite, tmp_path_factory):
    """The same, after request, acceptance, the custodian's run and a bundle that nobody has checked yet."""
    folder = tmp_path_factory.mktemp("exchanged")
    template, sample = _small_sqlite
    shutil.copyfile(template, folder / "koha.db")
    koha = Koha(f"sqlite:///{folder / 'koha.db'}", "sqlite", sample)
    made = two_sites.make(folder / "both", koha)
    made.accept(made.request())
    made.host.dispose()
    made.bundle()
    yield made
    koha.dispose()


@pytest.fixture
def done(exchanged, tmp_path):
    """A copy of it for one test."""
    return two_sites.moved(exchanged, tmp_path / "copy")
