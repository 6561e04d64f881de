"""The kernels' machine code as bytes of object files, called by address: as that of logs, and for the same reasons."""

from __future__ import annotations

import ctypes
import hashlib
from array import array
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from carrel.deidentification.logs.compiled.machine_code import machine, object_of

NAMES: Final = ("take_list", "read_block", "moved_short", "moved_long", "cut_rows")
_COUNT: Final = {"take_list": 13, "read_block": 22, "moved_short": 6, "moved_long": 6, "cut_rows": 11}
_BESIDE: Final = ("letters", "lexicon", "common_words")  # what the kernels take their numbers from
_ROOM: Final = "carrel.deidentification.text"


@cache
def name_of_code() -> str:
    """A name that changes with the source, the compiler and the processor."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for one in (version("numba"), version("llvmlite"), llvm.get_process_triple(), llvm.get_host_cpu_name()):
        digest.update(one.encode() + b"\0")
    digest.update(llvm.get_host_cpu_features().flatten().encode() + b"\0")
    beside = [files(_ROOM) / f"{one}.py" for one in _BESIDE]
    kernels = [one for folder in ("kernels", "compiled") for one in files(f"{_ROOM}.{folder}").iterdir()]
    for one in sorted((*beside, *kernels), key=lambda path: path.name):
        if one.name.endswith(".py"):
            digest.update(one.name.encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def compile_code() -> dict[str, bytes]:
    """The object files of the entrances, by name; it takes some tens of seconds."""
    from carrel.deidentification.text.compiled.entrances import entrances

    return {name: object_of(name, one.native_name, one.inspect_llvm()) for name, one in entrances().items()}


class Compiled:
    """The entrances as machine code. While one of them runs, other threads may.

    Args:
        objects: the object files by name.
    """

    is_compiled = True

    def __init__(self, objects: dict[str, bytes]) -> None:
        import llvmlite.binding as llvm

        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine(llvm))
        for name in NAMES:
            self._engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(objects[name]))
        self._engine.finalize_object()
        self._by_name = {
            name: ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * _COUNT[name])(
                self._engine.get_function_address(name)
            )
            for name in NAMES
        }

    def take_list(self, *given: Any) -> int:
        """As the kernel does."""
        return self._call("take_list", given)

    def cut_rows(self, *given: Any) -> int:
        """As the kernel does."""
        return self._call("cut_rows", given)

    def read_block(self, *given: Any) -> int:
        """As the kernel does."""
        return self._call("read_block", given)

    def moved(self, *given: Any) -> int:
        """A table copied into a larger one; the last argument says whether its values have 64 bits."""
        return self._call("moved_long" if given[-1] else "moved_short", given[:-1])

    def _call(self, name: str, given: tuple[Any, ...]) -> int:
        done: int = self._by_name[name](*(one.buffer_info()[0] if isinstance(one, array) else one for one in given))
        return done
