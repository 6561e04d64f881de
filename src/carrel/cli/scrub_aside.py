"""Lines that fit no format, kept as they came in a file of the owner's."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from carrel.cli.option_values import writing
from carrel.errors import CarrelError, fault
from carrel.systems.logs import faults


@contextmanager
def aside_file(path: Path | None) -> Iterator[BinaryIO | None]:
    """A file of mode 0600 that takes lines as they came; what stood in it stays.

    Raises:
        CarrelError: CLI-003; LOG-015, it is there, and others can look into it.
    """
    if path is None:
        yield None
        return
    with writing(path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "ab") as file:
        mode = os.fstat(handle).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise fault(
                faults.UNWRITABLE,
                at="--aside",
                wanted="a file that only its owner can read (mode 0600)",
                found=f"mode {stat.S_IMODE(mode):04o}",
                because="lines go into it as they came",
                fix=f"chmod 600 {path}, or name another",
            )
        yield file


def keeping(kept: BinaryIO) -> Callable[[bytes | memoryview], None]:
    """Takes lines as they came into a file.

    Raises:
        CarrelError: LOG-015, as it takes them.
    """

    def keep(text: bytes | memoryview) -> None:
        try:
            kept.write(text)
        except OSError as wrong:
            raise unwritable("--aside", wrong) from None

    return keep


def unwritable(at: str, wrong: OSError) -> CarrelError:
    """The error of what cannot be written: LOG-015."""
    return fault(faults.UNWRITABLE, at=at, found=os.strerror(wrong.errno or 0), fix="make room, or name another place")
