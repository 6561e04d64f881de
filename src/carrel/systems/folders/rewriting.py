"""A file written anew beside itself without some of its content, and put in place at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from carrel.retention.clearing import Piece, tag_of
from carrel.systems.durable_file import as_before
from carrel.systems.folders.file_lock import is_locked
from carrel.systems.folders.walk import Spot, files
from carrel.systems.logs.open_files import OpenFiles

OWN = ".carrel"
LEFT_OVER = "a copy that a killed run has left; the next apply deletes it"


def is_own(name: str) -> bool:
    """Whether a file is what a try that was killed has left."""
    return name.startswith(".") and name.endswith(OWN)


def rewrite(spot: Spot, copy: Callable[[IO[bytes]], int]) -> None:
    """Write a file anew, and put it in place unless somebody has changed it or writes it meanwhile.

    Args:
        spot: the file as it was looked at.
        copy: writes what stays, packed if the file is; tells how much that is. Where nothing stays the file goes.

    Raises:
        OSError: it cannot be written, or not be put in place; the file is as it was.

    Guarantees:
        Whoever opens the name finds the old file or the new one, whole. Owner, mode and times stay.
    """
    beside = f".{spot.name}{OWN}"
    with suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=spot.folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(beside, flags, 0o600, dir_fd=spot.folder), "wb") as new:
            with suppress(OSError):  # a copy that nobody holds is one of a run that was killed
                fcntl.flock(new, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = copy(new)
            new.flush()
            as_before(new.fileno(), spot.known)
            os.fsync(new.fileno())
        if not is_same(spot) or OpenFiles().written((spot.known.st_dev, spot.known.st_ino)):
            return  # somebody writes it by now: what is read back tells
        if left:
            os.replace(beside, spot.name, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)
        else:
            os.unlink(spot.name, dir_fd=spot.folder)
        os.fsync(spot.folder)
    finally:
        with suppress(OSError):
            os.unlink(beside, dir_fd=spot.folder)


def is_same(spot: Spot) -> bool:
    """Whether the name still leads to the file that was looked at, unchanged."""
    now, then = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False), spot.known
    return all(
        getattr(now, one) == getattr(then, one) for one in ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_nlink")
    )


def left_over(root: Path, patterns: Sequence[str]) -> Iterator[Piece]:
    """What tries that were killed have left of files that patterns name, also of such as are not there any more."""
    for spot in _abandoned(root, patterns):
        yield Piece(tag_of("left over", spot.path), None, kept=LEFT_OVER)


def delete_left_over(root: Path, patterns: Sequence[str]) -> None:
    """Delete it; what this account may not delete, the next look tells."""
    for spot in _abandoned(root, patterns):
        with suppress(OSError):
            os.unlink(spot.name, dir_fd=spot.folder)


def _abandoned(root: Path, patterns: Sequence[str]) -> Iterator[Spot]:
    """Copies that no run holds. A folder that cannot be read gives none: whoever reads the files tells of it."""
    split = [one.rpartition("/") for one in patterns]
    with suppress(OSError):
        for spot in files(root, [f"{folder}{slash}.{name}{OWN}" for folder, slash, name in split]):
            if not _is_held(spot):
                yield spot


def _is_held(spot: Spot) -> bool:
    """Whether a run is at work on a copy; one that cannot be opened is nobody's to delete."""
    try:
        descriptor = spot.open()
    except OSError:
        return True
    try:
        return is_locked(descriptor)
    finally:
        os.close(descriptor)
