"""Machine code of the two entrances: compiled, kept as an object file's bytes, and called by address.

numba compiles what is written in the modules beside this one, once; its own way to keep what it compiled does not see
when another module has changed, and takes longer to read it back than some logs take. So the code is kept here, under a
name made of all that it depends on, and the next process needs no numba.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pkgutil import get_data
from typing import Any, Final

NAMES: Final = ("scrub_block", "take_texts")
_COUNT: Final = {"scrub_block": 6, "take_texts": 5}  # addresses and numbers that each takes
_SOURCES: Final = (
    "layout",
    "line_program",
    "byte_words",
    "text_lookup",
    "line_reading",
    "line_writing",
    "block_kernel",
)


@dataclass(frozen=True, slots=True)
class MachineCode:
    """The entrances. While one of them runs, other threads may.

    Attributes:
        scrub_block, take_texts: as the functions of these names.
    """

    scrub_block: Callable[[int, int, int, int, int, int], None]
    take_texts: Callable[[int, int, int, int, int], None]
    _engine: Any = field(repr=False)


@cache
def name_of_code() -> str:
    """A name that changes with the source, the compiler and the processor."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for one in (llvm.get_process_triple(), llvm.get_host_cpu_name()):
        digest.update(one.encode() + b"\0")
    digest.update(llvm.get_host_cpu_features().flatten().encode() + b"\0")
    sources = [get_data("carrel.deidentification.logs.compiled", f"{one}.py") or b"" for one in _SOURCES]
    for source in (_release("numba"), _release("llvmlite"), *sources):
        digest.update(source + b"\0")
    return digest.hexdigest()[:32]


def _release(package: str) -> bytes:
    """What changes with the release of a package, without the package itself, which takes half a second to import."""
    spec = find_spec(package)
    if spec is not None and spec.origin is not None and isinstance(spec.loader, SourceFileLoader):
        with suppress(OSError):
            return spec.loader.get_data(spec.origin.replace("__init__.py", "_version.py"))
    from importlib.metadata import version

    return version(package).encode()


def compile_code() -> dict[str, bytes]:
    """The object files of both entrances, by name; it takes some seconds."""
    from numba import cfunc, int64, void

    from carrel.deidentification.logs.compiled.block_kernel import scrub_block
    from carrel.deidentification.logs.compiled.text_lookup import take_texts

    made = {}
    for name, function in (("scrub_block", scrub_block), ("take_texts", take_texts)):
        entrance = cfunc(void(*[int64] * _COUNT[name]), nopython=True)(function.py_func)
        made[name] = object_of(name, entrance.native_name, entrance.inspect_llvm())
    return made


def load_code(objects: dict[str, bytes]) -> MachineCode:
    """Machine code from its object files, ready to be called."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine(llvm))
    for name in NAMES:
        engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(objects[name]))
    engine.finalize_object()
    scrub_block, take_texts = (
        ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * _COUNT[name])(engine.get_function_address(name)) for name in NAMES
    )
    return MachineCode(scrub_block, take_texts, engine)


def object_of(name: str, native: str, text: str) -> bytes:
    """The object file of a compiled function, under a name of ours.

    Args:
        name: that it gets.
        native: that the compiler gave it.
        text: its code, as the compiler tells it.
    """
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(re.sub(re.escape(native) + r"(?![\w.$])", name, text))
    module.verify()
    made: bytes = machine(llvm).emit_object(module)
    return made


def machine(llvm: Any) -> Any:
    """What this machine's processor can do, for the compiler.

    Args:
        llvm: llvmlite's binding.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)
