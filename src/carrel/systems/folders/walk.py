"""The files of a folder that patterns name, found without following a link, one by one."""

from __future__ import annotations

import errno
import fnmatch
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.retention.clearing import tag_of
from carrel.systems import faults

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Spot:
    """One regular file.

    Attributes:
        folder: descriptor of the folder in which it lies; good while the walk stands here.
        name: in that folder.
        path: below the root.
        known: what the file system says of it.
    """

    folder: int
    name: str
    path: str
    known: os.stat_result

    def open(self) -> int:
        """A descriptor for reading.

        Raises:
            OSError: it is a link by now, is gone, or this account may not read it.
        """
        return os.open(self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.folder)


def files(root: Path, patterns: Sequence[str], gone: list[str] | None = None) -> Iterator[Spot]:
    """Every regular file that a pattern names; links, sockets and the like are none.

    Args:
        root: of the walk.
        patterns: of paths below it.
        gone: takes the path of whatever was listed, and renamed or removed before it could be looked at. Whoever says
            that everything was read gives it; elsewhere what is gone holds nothing any more.

    Raises:
        OSError: a folder on the way cannot be read.

    Guarantees:
        Memory does not grow with the number of files. A folder that is changed into a link meanwhile is not followed.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield from _below(descriptor, "", [one.split("/") for one in patterns], [] if gone is None else gone)
    finally:
        os.close(descriptor)


def root_mark(root: Path, at: str) -> str:
    """What tells a root from another one that stands under its name: a link led elsewhere, a disk that is not mounted.

    Args:
        root: of an entry.
        at: what errors call it.

    Raises:
        CarrelError: FIL-001.
    """
    try:
        return tag_of(os.path.realpath(root), str(root.stat().st_ino))
    except OSError as wrong:
        raise not_read(wrong, at) from None


def not_read(wrong: OSError, at: str) -> CarrelError:
    """FIL-001, with the system's own word for what is wrong."""
    return fault(
        faults.NO_FILES,
        at=at,
        found=wrong.strerror or "an error of the file system",
        fix="let this account read the folder and those below it, or mend 'root' in the site file",
    )


def _below(folder: int, lead: str, patterns: list[list[str]], gone: list[str]) -> Iterator[Spot]:
    with os.scandir(folder) as found:
        for one in found:
            fitting = [rest for first, *rest in patterns if fnmatch.fnmatchcase(one.name, first)]
            if any(not rest for rest in fitting) and one.is_file(follow_symlinks=False):
                yield from _spot(folder, one.name, lead, gone)
            elif (deeper := [rest for rest in fitting if rest]) and one.is_dir(follow_symlinks=False):
                yield from _deeper(folder, one.name, lead, deeper, gone)


def _deeper(folder: int, name: str, lead: str, patterns: list[list[str]], gone: list[str]) -> Iterator[Spot]:
    try:
        below = os.open(name, _FOLDER, dir_fd=folder)
    except OSError as wrong:
        if wrong.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            gone.append(f"{lead}{name}")
            return  # gone, or a link by now
        raise
    try:
        yield from _below(below, f"{lead}{name}/", patterns, gone)
    finally:
        os.close(below)


def _spot(folder: int, name: str, lead: str, gone: list[str]) -> Iterator[Spot]:
    try:
        known = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        gone.append(f"{lead}{name}")
        return
    if stat.S_ISREG(known.st_mode) and known.st_size:  # an empty file holds nothing
        yield Spot(folder, name, f"{lead}{name}", known)


def open_below(root: Path, path: str) -> int:
    """A descriptor for reading a file of a walk later on, again without following a link below the root.

    Args:
        root: as the walk had it.
        path: below the root.

    Raises:
        OSError: it is gone, is a link by now, or this account may not read it.
    """
    *folders, name = path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for one in folders:
            below = os.open(one, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)
