"""What every test may ask for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from tests import breadth
from tests import store_place as places
from tests.integration.run.warm_start import freeze

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.machine_code import MachineCode
    from carrel.deidentification.text.running import Running
    from tests.integration.servers.postgresql import PostgreSQLServer

# Some thousand commands are started as processes. Where no compiled code may be written, each compiles five hundred files
# anew, for two thirds of a second; nobody's installed Carrel does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A law says what is true, not how fast: on a busy machine the first example of a test takes what it takes.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Who names a test gets it; otherwise see ``breadth``."""
    if breadth.ALL or any("::" in asked for asked in config.args):
        return
    if out := set(breadth.left_out(items)):
        config.hook.pytest_deselected(items=[item for item in items if item in out])
        items[:] = [item for item in items if item not in out]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """gzip writes the time into what it packs: each process of a run would call such a test otherwise."""
    return f"packed_{argname}" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules are there by now."""
    freeze()


def unavailable(reason: str) -> NoReturn:
    """Skip because something outside the checkout is missing; under CI=true that is a failure."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"needed under CI=true: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """This worker's own PostgreSQL; its databases are made by who needs them."""
    from tests.integration.servers import postgresql

    if reason := postgresql.missing():
        unavailable(reason)
    with postgresql.running() as server:
        yield server


@pytest.fixture(scope="session")
def code_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the code that scrubs logs, compiled once; it comes with the extra ``analytics``."""
    from carrel.deidentification.logs.line_scrubbing import is_compiler_here
    from carrel.systems.logs.code_folder import machine_code

    if not is_compiler_here():
        unavailable("numba, of the extra analytics")
    folder, bait = tmp_path_factory.mktemp("code"), tmp_path_factory.mktemp("bait")
    (bait / "numba.py").write_text("raise SystemExit('nothing is imported from where a scrub happens to run')\n")
    with contextlib.chdir(bait):
        assert machine_code(folder) is not None
    return folder


@pytest.fixture(scope="session")
def machine_code(code_place: Path) -> MachineCode:
    """That code, read back."""
    from carrel.systems.logs.code_folder import machine_code

    code = machine_code(code_place)
    assert code is not None
    return code


@pytest.fixture(scope="session")
def text_code() -> Running:
    """The code that looks through texts, compiled once for each state of its source: it takes a minute."""
    from carrel.deidentification.logs.line_scrubbing import is_compiler_here
    from carrel.deidentification.text.running import Plain
    from carrel.systems.text.code_folder import running

    if not is_compiler_here():
        unavailable("numba, of the extra analytics")
    code = running()
    assert not isinstance(code, Plain)
    return code


ON_EACH_STORE = ("file", pytest.param("server", marks=pytest.mark.postgresql))


@pytest.fixture(params=ON_EACH_STORE)
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[places.StorePlace]:
    """An empty store of a site in the test's own folder, on each kind of database in turn."""
    yield from _place(request, tmp_path, fresh=False)


@pytest.fixture(params=ON_EACH_STORE)
def no_store_yet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[places.StorePlace]:
    """The same where nothing was made yet."""
    yield from _place(request, tmp_path, fresh=True)


def _place(request: pytest.FixtureRequest, folder: Path, *, fresh: bool) -> Iterator[places.StorePlace]:
    if request.param == "file":
        with places.in_file(folder) as place:
            yield place
        return
    with places.on_server(request.getfixturevalue("postgresql_server"), folder, fresh=fresh) as place:
        yield place
