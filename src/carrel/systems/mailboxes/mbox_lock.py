"""The locks of an mbox file: the file beside it, and both kinds of lock on it, as mail programs take them."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from carrel.errors import fault
from carrel.systems import faults

PATIENCE_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_OWNER = re.compile(r"(\d{1,10}):(\S+)\s*")


@contextmanager
def locked(place: Path, at: str, patience: float = PATIENCE_SECONDS) -> Iterator[BinaryIO]:
    """The file, open for reading and locked against every mail program that keeps to any of the three customs.

    Args:
        place: of the file; a link is none.
        at: its name, for the error.
        patience: seconds to wait for whoever holds it.

    Raises:
        CarrelError: MBX-004.
        OSError: it cannot be opened, or no file can be made beside it.
    """
    until = time.monotonic() + patience
    beside = place.with_name(f"{place.name}.lock")
    while not _made(beside):
        _wait(at, until)
    try:
        # Opened behind the file beside it: whoever keeps to that custom has put no other file in its place meanwhile.
        with opened(place, os.O_RDWR) as file:
            while not _taken(file):
                _wait(at, until)
            yield file
    finally:
        beside.unlink(missing_ok=True)


def opened(place: Path, how: int) -> BinaryIO:
    """A file; a link is none, and a pipe or a device in its place is not waited for.

    Args:
        place: of the file.
        how: ``os.O_RDONLY`` or ``os.O_RDWR``.

    Raises:
        OSError: it cannot be opened, or is none.
    """
    descriptor = os.open(place, how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no file")
    return os.fdopen(descriptor, "rb")


def _made(beside: Path) -> bool:
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w") as file:
            file.write(f"{os.getpid()}:{socket.gethostname()}\n")
    except FileExistsError:
        _drop_dead(beside)
        return False
    return True


def _drop_dead(beside: Path) -> None:
    """Take away the lock of a process of this machine that is no more."""
    with suppress(OSError, UnicodeDecodeError):
        owner = _OWNER.fullmatch(beside.read_text(encoding="ascii"))
        if owner and owner[2] == socket.gethostname():
            try:
                os.kill(int(owner[1]), 0)
            except ProcessLookupError:
                beside.unlink(missing_ok=True)


def _taken(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait(at: str, until: float) -> None:
    if time.monotonic() >= until:
        raise fault(
            faults.MAIL_LOCKED,
            at=at,
            found="a lock that another program holds",
            fix="wait until it is done; a lock file that nobody holds is deleted by hand",
        )
    time.sleep(_PAUSE_SECONDS)
