"""A process of Carrel leaves nothing of its memory on a disk."""

from __future__ import annotations

import subprocess
import sys

CALL = """
import resource
from carrel.cli.main import main
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
try:
    main(["--version"])
finally:
    print(resource.getrlimit(resource.RLIMIT_CORE) == (0, most))
"""


def test_whoever_dies_leaves_no_core_dump() -> None:
    told = subprocess.run([sys.executable, "-c", CALL], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.splitlines()[-1]) == (0, "True"), told.stderr
