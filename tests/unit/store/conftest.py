from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from carrel.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "site" / "carrel.sqlite3") as opened:
        yield opened
