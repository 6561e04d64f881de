"""The maps that ship are read by libyaml for its speed: it must read in them what YAML 1.2 says, and no more."""

from __future__ import annotations

import pytest

from carrel.systems import map_files


@pytest.mark.parametrize("name", map_files.names())
def test_both_readers_find_the_same_map(name: str) -> None:
    path = map_files._FOLDER / f"{name}.yaml"
    slow = map_files.parse(path.read_text(encoding="utf-8"), path.name)
    fast = map_files.load(name, unproved=True)
    assert fast == slow
    assert map_files.digest(fast) == map_files.digest(slow)
    assert fast.model_fields_set == slow.model_fields_set
