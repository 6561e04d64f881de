"""The folders of a Maildir, reached without a link: whoever owns a mailbox can put one in the place of a folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LINK = {errno.ELOOP, errno.ENOTDIR}


@dataclass(frozen=True)
class Box:
    """``cur``, ``new`` or ``tmp`` of one folder, held open: what is named in it lies in it, whoever moves it meanwhile.

    Attributes:
        descriptor: of the folder.
    """

    descriptor: int

    def names(self) -> Iterator[str]:
        """Every file that is no link and no folder and has no dot before it."""
        with os.scandir(self.descriptor) as found:
            for one in found:
                if one.is_file(follow_symlinks=False) and not one.name.startswith("."):
                    yield one.name

    def reading(self, name: str) -> BinaryIO:
        """A file, open to be read; where a link or a pipe took its place, none is followed and none waited for."""
        how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.fdopen(os.open(name, how, dir_fd=self.descriptor), "rb")

    def making(self, name: str) -> BinaryIO:
        """A new file, open to be written, for its owner only."""
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.fdopen(os.open(name, how, 0o600, dir_fd=self.descriptor), "wb")

    def known(self, name: str) -> os.stat_result:
        """Mode, owner and times of a file."""
        return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def move(self, name: str, other: Box, new: str) -> None:
        """Give a file its place in another box, and wait until the disk has that."""
        os.replace(name, new, src_dir_fd=self.descriptor, dst_dir_fd=other.descriptor)
        os.fsync(other.descriptor)


@contextmanager
def opened(place: Path, *below: str) -> Iterator[Box]:
    """A folder below another one.

    Args:
        place: as the site file names it; it may be a link, which somebody of the library set.
        below: folders in it, one in the other; none of them may be one.

    Raises:
        OSError: one is not there, may not be opened, or is a link.
    """
    held = [os.open(place, _FOLDER)]
    try:
        for one in below:
            held.append(os.open(one, _FOLDER | os.O_NOFOLLOW, dir_fd=held[-1]))
        yield Box(held[-1])
    finally:
        for descriptor in held:
            os.close(descriptor)


def why(wrong: OSError) -> str:
    """What kept a folder from being opened, in words."""
    if wrong.errno in _LINK:
        return "a link, or a file, in place of a folder"
    return wrong.strerror or "an error of the file system"
