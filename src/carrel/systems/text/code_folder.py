"""What runs the kernels of free text here: machine code where the extra is installed, else this interpreter."""

from __future__ import annotations

from pathlib import Path

from carrel.deidentification.logs.line_scrubbing import is_compiler_here
from carrel.deidentification.text.running import Plain, Running
from carrel.systems.logs.code_folder import cache_folder, kept_objects
from carrel.systems.logs.compiling import compile_into


def running(folder: Path | None = None, *, compiling: bool = True) -> Running:
    """Machine code, compiled first where it is not kept yet, which takes a minute once; or the kernels as they stand.

    Args:
        folder: that keeps it; this account's own unless given.
        compiling: whether it may be compiled now; for a small text that would take longer than the text.
    """
    if not is_compiler_here():
        return Plain()
    try:
        from carrel.deidentification.text.compiled.machine_code import NAMES, Compiled, name_of_code

        objects = kept_objects(
            folder or cache_folder(), f"text-{name_of_code()}.json", NAMES,
            lambda path: compiling and compile_into(path, "carrel.systems.text.compiling"),
        )  # fmt: skip
        return Plain() if objects is None else Compiled(objects)
    except Exception:  # noqa: BLE001  (the compiler is no part of Carrel, and has errors of its own)
        return Plain()
