"""Which files other processes have open for writing: a log that is written to must not be replaced under its server."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

Identity = tuple[int, int]  # device and number of a file
_PROCESSES = Path("/proc")
_WRITING = os.O_WRONLY | os.O_RDWR
_FRESH: Final = 1.0  # seconds: of a folder with many logs the processes are not looked through for each
_SHARE: Final = 10  # and longer where looking takes longer, so that it takes a tenth of the time


class OpenFiles:
    """What other processes write to, looked up anew every second, or less often where that takes long.

    Only on Linux, and only of processes that this account may look into; of the others nothing is known.
    """

    def __init__(self) -> None:
        self._seen: frozenset[Identity] = frozenset()
        self._until = float("-inf")

    def written(self, identity: Identity) -> bool:
        """Whether a process that can be looked into has a file open for writing."""
        began = time.monotonic()
        if began > self._until:
            self._seen = frozenset(_written())
            ended = time.monotonic()
            self._until = ended + max(_FRESH, _SHARE * (ended - began))
        return identity in self._seen


def _written() -> Iterator[Identity]:
    if not (_PROCESSES / "self" / "fd").exists():
        return
    mine = str(os.getpid())
    for process in _PROCESSES.iterdir():
        if not process.name.isdigit() or process.name == mine:
            continue
        with suppress(OSError), os.scandir(process / "fd") as handles:  # it has ended, or is another account's
            for handle in handles:
                yield from _of_handle(process, handle)


def _of_handle(process: Path, handle: os.DirEntry[str]) -> Iterator[Identity]:
    with suppress(OSError, ValueError, StopIteration):
        found = handle.stat()
        if not stat.S_ISREG(found.st_mode):
            return
        told = (process / "fdinfo" / handle.name).read_text()
        flags = next(line for line in told.splitlines() if line.startswith("flags:")).split()[1]
        if int(flags, 8) & _WRITING:
            yield found.st_dev, found.st_ino
