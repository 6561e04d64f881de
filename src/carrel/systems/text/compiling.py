"""The process that compiles the kernels of free text: run with the file to write, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    from carrel.deidentification.text.compiled.machine_code import compile_code
    from carrel.systems.durable_file import replace_file
    from carrel.systems.logs.code_folder import text_of

    replace_file(Path(sys.argv[1]), text_of(compile_code()))
