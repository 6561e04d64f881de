"""Files that a run writes itself: read as logs, they would grow as they are read, or go with what was kept in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from io import UnsupportedOperation
from typing import IO

from carrel.errors import fault
from carrel.systems.logs import faults
from carrel.systems.logs.open_files import Identity


def own_files(files: Iterable[IO[bytes] | None]) -> frozenset[Identity]:
    """Those of some open files that are files on a disk, and not a pipe or a terminal."""
    return frozenset(
        (found.st_dev, found.st_ino)
        for one in files
        if (found := state_of(one)) is not None and stat.S_ISREG(found.st_mode)
    )


def state_of(file: IO[bytes] | None) -> os.stat_result | None:
    """What the file system says of an open file; None of what is none."""
    with suppress(OSError, ValueError, AttributeError, UnsupportedOperation):
        return None if file is None else os.fstat(file.fileno())
    return None


def refuse_own(log: os.stat_result | None, at: str, own: frozenset[Identity]) -> None:
    """Refuse a log that this run writes.

    Raises:
        CarrelError: LOG-016.
    """
    if log is not None and (log.st_dev, log.st_ino) in own:
        raise fault(
            faults.NOT_ALONE,
            at=at,
            wanted="a log that this call does not write",
            found="the file into which its lines go",
            because="it would grow while it is read, or be replaced with what was kept in it",
            fix="let them go to another file, outside of what is scrubbed",
        )
