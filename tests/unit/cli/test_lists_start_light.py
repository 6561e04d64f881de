"""Lists of cases read the store alone: what opens a system is not imported for them, and nobody waits for it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("screen", ["request_screen", "disclose_screen"])
def test_a_list_of_cases_imports_nothing_that_opens_a_system(screen: str) -> None:
    asked = f"import sys, carrel.cli.{screen}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert f"carrel.cli.{screen}" in loaded
    assert not {one for one in loaded if one == "carrel.cli.premises" or one.startswith("carrel.systems.sql")}
    assert not loaded & {"sqlalchemy", "ruamel.yaml", "carrel.store.store"}
