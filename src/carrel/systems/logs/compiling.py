"""Compiling in a process of its own: what the compiler takes of memory goes back when that ends.

A scrub runs for hours in little memory; the compiler is needed once on a machine, and takes more than all the rest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def compile_into(path: Path, module: str = __name__) -> bool:
    """Compile the code and write it to its file; whether that could be done.

    Args:
        path: of the file, in a folder of this account.
        module: that does so when it is run.

    Raises:
        OSError: no process could be begun.
    """
    import subprocess  # most runs find the code where it is kept, and need none

    # Where a scrub happens to run, anybody may write: nothing is imported from there (-P).
    folders = os.pathsep.join(one for one in sys.path if Path(one).is_absolute())
    done = subprocess.run(  # noqa: S603  (this interpreter, without a shell)
        [sys.executable, "-P", "-m", module, str(path)],
        env={**os.environ, "PYTHONPATH": folders},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


if __name__ == "__main__":
    from carrel.deidentification.logs.compiled.machine_code import compile_code
    from carrel.systems.durable_file import replace_file
    from carrel.systems.logs.code_folder import text_of

    replace_file(Path(sys.argv[1]), text_of(compile_code()))
