"""The logs of a folder and of the folders below it; no link is followed, so no file outside the folder is reached."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.systems.logs import faults
from carrel.systems.logs.log_copy import BESIDE


def logs_of(path: Path, pattern: str, missed: Callable[[CarrelError], object]) -> Iterator[tuple[int, str, str]]:
    """Each log: a handle of its folder, its name there, and its path for people.

    Args:
        path: a file, or a folder of which every fitting file counts.
        pattern: of names that fit, for a folder; hidden files never do.
        missed: takes what is wrong with a folder that cannot be looked into; the others go on.

    Raises:
        CarrelError: LOG-010, the place is not there or cannot be read.
    """
    try:
        mode = os.lstat(path).st_mode
    except OSError as wrong:
        raise _unreadable(wrong) from None
    if not stat.S_ISDIR(mode):
        with folder_handle(path.parent) as handle:
            yield handle, path.name, str(path)
        return
    for folder, folders, names, handle in os.fwalk(
        path, onerror=lambda wrong: missed(_unreadable(wrong)), follow_symlinks=False
    ):
        folders.sort()
        for name in sorted(names):
            if fnmatch(name, pattern) and not name.startswith(".") and not name.endswith(BESIDE):
                yield handle, name, str(Path(folder) / name)


def _unreadable(wrong: OSError) -> CarrelError:
    return fault(
        faults.UNREADABLE,
        at=str(wrong.filename or ""),
        found=os.strerror(wrong.errno or 0),
        fix="check the name and who may read it",
    )


@contextmanager
def folder_handle(path: Path) -> Iterator[int]:
    """A handle of a folder.

    Raises:
        CarrelError: LOG-010.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as wrong:
        raise _unreadable(wrong) from None
    try:
        yield handle
    finally:
        os.close(handle)
