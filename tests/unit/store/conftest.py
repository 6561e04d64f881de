from __future__ import annotations

from collections.abc import Iterator

import pytest

from carrel.store.store import Store
from tests.store_place import StorePlace


@pytest.fixture
def store(store_place: StorePlace) -> Iterator[Store]:
    with store_place.open() as opened:
        yield opened
