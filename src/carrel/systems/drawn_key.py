"""A random key in a file of its own: drawn once for all processes that race for it, and destroyed for all of them."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from carrel.systems.durable_file import settle

_MOST_BYTES = 1 << 20


def draw(place: Path, length: int) -> None:
    """Write a new key to its file, mode 0600; of processes that race, one draws it for all.

    Args:
        place: of the file.
        length: of the key, in bytes.

    Raises:
        OSError: the folder cannot be written.
    """
    other = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    handle = os.open(other, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, secrets.token_bytes(length))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        with suppress(FileExistsError):
            os.link(other, place)
    finally:
        other.unlink()
    settle(place.parent)


def read(place: Path, length: int) -> bytes:
    """What its file holds, and one byte more where there is more than a key; no link is followed.

    Raises:
        OSError: it cannot be read.
    """
    with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(length + 1)


def shred(place: Path, length: int) -> None:
    """Overwrite a key and delete its file; nothing where it is gone.

    Args:
        place: of the file; a link is not followed, and what is no file is left alone.
        length: of the key, in bytes.

    Raises:
        OSError: it is no file, or it cannot be written or deleted.
    """
    with suppress(FileNotFoundError):
        # Not to wait for whoever would read from a pipe of that name.
        handle = os.open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            known = os.fstat(handle)
            if not stat.S_ISREG(known.st_mode):
                raise OSError(errno.EINVAL, "")
            os.write(handle, secrets.token_bytes(max(length, min(known.st_size, _MOST_BYTES))))
            os.fsync(handle)
        finally:
            os.close(handle)
        place.unlink()
