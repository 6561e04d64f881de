"""Commands that tests start as processes find compiled code, as whoever installed Carrel does."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_of_a_test_keeps_what_it_compiled() -> None:
    asked = "import sys; print(sys.dont_write_bytecode)"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
