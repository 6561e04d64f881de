"""The copy beside a log, which takes its name when it is whole; and what is said of a log that stays as it is."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from carrel.errors import CarrelError, fault
from carrel.systems.logs import faults

BESIDE: Final = ".carrel-scrub"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def beside(folder: int, name: str, at: str) -> Iterator[tuple[BinaryIO, str]]:
    """A file beside the log that is gone afterwards unless it took the log's name; a dead run's is cleared away."""
    temporary = f".{name}{BESIDE}"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(temporary, flags, 0o600, dir_fd=folder)
    except OSError as wrong:
        raise unwritable(at, wrong) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_place(at, temporary)
    raw = os.fdopen(handle, "r+b")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine, there = os.fstat(handle), os.stat(temporary, dir_fd=folder, follow_symlinks=False)
        except OSError:
            raise _at_work(at) from None
        # Between the two steps above the other run may have given the file the log's name.
        if (mine.st_dev, mine.st_ino, mine.st_nlink) != (there.st_dev, there.st_ino, 1):
            raise _at_work(at)
        os.ftruncate(handle, 0)
        try:
            yield raw, temporary
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise
    finally:
        with suppress(OSError):
            raw.close()


def _at_work(at: str) -> CarrelError:
    return fault(faults.IN_USE, at=at, found="another run that scrubs it", fix="wait until that run has ended")


def _no_place(at: str, name: str) -> CarrelError:
    return fault(
        faults.UNWRITABLE,
        at=at,
        wanted="a place beside the log",
        found=f"a pipe or a device with the name of the copy, {name}",
        because="the scrubbed log is written there before it takes the old one's place",
        fix="see what put it there, and delete it",
    )


def unreadable(at: str, wrong: OSError) -> CarrelError:
    """LOG-010, with the system's own word."""
    return fault(
        faults.UNREADABLE, at=at, found=os.strerror(wrong.errno or 0), fix="check the name and who may read it"
    )


def unwritable(at: str, wrong: OSError) -> CarrelError:
    """LOG-015, with the system's own word."""
    full = wrong.errno in _FULL
    return fault(
        faults.UNWRITABLE,
        at=at,
        found=os.strerror(wrong.errno or 0),
        because="the scrubbed log is written beside the old one before it takes its place",
        fix="make room for the largest log once more" if full else "let this account write into the folder",
    )


def not_alone(at: str, found: str) -> CarrelError:
    """LOG-016."""
    return fault(
        faults.NOT_ALONE,
        at=at,
        wanted="a file of one name",
        found=found,
        because="the lines would stay readable under the other name, or another file would be replaced",
        fix="name the file itself",
    )
