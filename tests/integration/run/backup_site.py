"""A small library whose site file declares a backup, and whose policy has a period for backups."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import unavailable
from tests.integration.run import library
from tests.integration.servers import backup_tools
from tests.integration.servers.backup_tools import PASSWORD, TOOLS, Repo

NOW = datetime.now(UTC).replace(microsecond=0)
DATASET = """
records:
  backups:
    says: Copies of the library system.
    source: library
    custodian: the desk
    class: medium
    fields:
      all: {category: other linkable information, purpose: provide}
    retention:
      - {id: copies, active until: made, keep: 30 days, then: delete}
"""


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def declare(elm: library.Library, repo: Repo) -> None:
    """Have the site's policy rule backups, and its site file name this one."""
    elm.edit("\nrecords:\n", DATASET, "policy.yaml")
    elm.edit("policy: mit-libraries", "policy: with-backups", "policy.yaml")
    elm.edit("people:\n", f"{repo.site_lines}people:\n")
    secret = elm.folder / "repo.dsn"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    elm.needles.add(PASSWORD)


@pytest.fixture(scope="session")
def _fresh() -> dict[str, Path]:
    return {}


@pytest.fixture
def bare(_fresh: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Repo]:
    """Makes an empty repository of a tool."""
    return lambda tool: empty(tool, _fresh, tmp_path_factory)


@pytest.fixture(params=TOOLS)
def repo(request: pytest.FixtureRequest, _fresh: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """An empty repository of each tool in turn."""
    return empty(request.param, _fresh, tmp_path_factory)


@pytest.fixture(params=TOOLS[:2])
def locking_repo(
    request: pytest.FixtureRequest, _fresh: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Repo:
    """The same of the tools that lock and encrypt."""
    return empty(request.param, _fresh, tmp_path_factory)


def empty(tool: str, fresh: dict[str, Path], folders: pytest.TempPathFactory) -> Repo:
    if reason := backup_tools.missing(tool):
        unavailable(reason)
    if tool not in fresh:
        fresh[tool] = folders.mktemp("repo")
        Repo(tool, fresh[tool]).create()
    folder = folders.mktemp("copy") / "folder"
    shutil.copytree(fresh[tool], folder)
    return Repo(tool, folder)


@pytest.fixture
def shelf(small_sqlite, tmp_path: Path, repo: Repo) -> tuple[library.Library, Repo]:
    """A small library on SQLite with a backup of each tool in turn."""
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    return elm, repo
