"""Files that have no name until they are whole: whoever is killed while writing one leaves nothing behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from carrel.errors import fault
from carrel.rights import faults
from carrel.systems.durable_file import settle

NOT_OFFERED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})


@contextmanager
def nameless(place: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner can read, and that gets its name at the end, on the disk by then.

    Args:
        place: its name; nothing stands there, and its folder exists.

    Yields:
        The file, to be written.

    Raises:
        CarrelError: RGT-005, something stands there, or the folder, or its file system, takes no such file. Nothing
            was written that has a name.
    """
    if place.exists() or place.is_symlink():
        raise _not_written(place, "something stands there already", "name a file that is not there yet")
    try:
        descriptor = os.open(place.parent, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError as wrong:
        if wrong.errno in NOT_OFFERED and place.parent.is_dir():
            found = "a file system without nameless files"
            raise _not_written(place, found, "name a file on a local disk, such as in a home folder") from None
        raise _not_written(place, os.strerror(wrong.errno or 0), "name a file in a folder you may write to") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            give_name(file.fileno(), place)
        except OSError as wrong:
            raise _not_written(place, os.strerror(wrong.errno or 0), "make room, or name another place") from None
    settle(place.parent)


def give_name(descriptor: int, place: Path) -> None:
    """Give a file without a name the one that it shall have.

    Args:
        descriptor: of the file, opened with ``O_TMPFILE`` in the folder of the place.
        place: its name.

    Raises:
        OSError: it cannot be named; FileExistsError, something stands there.
    """
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Only with a folder's number does Python follow the link in /proc to the file itself.
        os.link(f"/proc/self/fd/{descriptor}", place.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _not_written(place: Path, found: str, fix: str) -> Exception:
    return fault(faults.NOT_WRITTEN, at=str(place), wanted="a new file", found=found, fix=fix)
