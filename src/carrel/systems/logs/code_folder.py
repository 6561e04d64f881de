"""Where machine code that was compiled on this machine is kept for the next run: a folder of this account alone.

What lies there is run, so it counts only where nobody else can have written it: file and folder belong to this account,
and no other may write them. Anything else is compiled anew, or lines go the plain way.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from carrel.deidentification.logs.compiled.machine_code import NAMES, MachineCode, load_code, name_of_code
from carrel.systems.logs.compiling import compile_into
from carrel.systems.logs.executable_memory import may_run_memory

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MOST = 1 << 23  # bytes of such a file


def cache_folder() -> Path | None:
    """The folder of this account for what can be made again; None for an account without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    with suppress(RuntimeError):
        return (Path(named) if named.startswith("/") else Path.home() / ".cache") / "carrel"
    return None


def machine_code(folder: Path | None) -> MachineCode | None:
    """The code from the folder, compiled into it first where it is not there.

    Args:
        folder: of this account; None where there is none.

    Returns:
        The code; None where it cannot be kept, because then each run would take some seconds to compile it, where
        the compiler that is installed does not compile it, and where this process may not run it. Lines go the plain
        way then.
    """
    try:
        objects = kept_objects(folder, f"scrub-{name_of_code()}.json", NAMES, compile_into)
        return None if objects is None else load_code(objects)
    except Exception:  # noqa: BLE001  (the compiler is no part of Carrel, and has errors of its own)
        return None


def kept_objects(
    folder: Path | None, name: str, names: Sequence[str], compiling: Callable[[Path], bool]
) -> dict[str, bytes] | None:
    """Object files from the folder, compiled into it first where they are not there.

    Args:
        folder: of this account; None where there is none.
        name: of the file in it, which changes with all that the code depends on.
        names: of the object files.
        compiling: writes such a file; whether that could be done.

    Returns:
        The object files by name; None where the folder is not this account's alone, nothing was compiled, or this
        process may not run it.
    """
    if folder is None or not may_run_memory():
        return None
    path = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(os.lstat(folder)):
        return None
    objects = _read(path, names)
    if objects is None and compiling(path):
        objects = _read(path, names)
    return objects


def _read(path: Path, names: Sequence[str]) -> dict[str, bytes] | None:
    """What was kept, whole and ours; None where it is not."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not _is_ours(os.fstat(handle)):
            return None
        digest, _, body = file.read(_MOST).partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    return {name: b64decode(json.loads(body)[name]) for name in names}


def text_of(objects: dict[str, bytes]) -> str:
    """What such a file holds: a digest of the rest, and the object files by name."""
    body = json.dumps({name: b64encode(one).decode() for name, one in objects.items()})
    return f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE
