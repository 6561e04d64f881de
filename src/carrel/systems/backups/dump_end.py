"""Whether a dump was written to its end: by the last line that the tool writes, and by unpacking what is packed."""

from __future__ import annotations

import bz2
import enum
import gzip
import lzma
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

_CHUNK = 1 << 20
_ENDS = 1 << 12
_BEAT_SECONDS = 10
# What the tool writes at first, and at last; with --skip-comments or --compact neither is there.
_TOOLS = (
    ((b"-- MariaDB dump", b"-- MySQL dump"), b"-- Dump completed"),
    ((b"-- PostgreSQL database dump",), b"-- PostgreSQL database dump complete"),
)
_PACKED: tuple[tuple[bytes, Callable[[BinaryIO], object]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)


class End(enum.Enum):
    """What was found of a dump's end."""

    THERE = enum.auto()
    MISSING = enum.auto()
    NOT_SEEN = enum.auto()


def end_of(place: Path, beat: Callable[[], None], *, read: bool) -> End:
    """Look for the end of a dump.

    Args:
        place: of the file; a link is none.
        beat: done every few seconds.
        read: a packed one is unpacked to its last byte, in memory that stays the same, and nothing is written.

    Returns:
        `End.NOT_SEEN` of a packed one that was not to be read, and of what bears no known mark of its tool.

    Raises:
        OSError: it cannot be opened or read.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(_ENDS)
        file.seek(0)
        unpacked = next((how for mark, how in _PACKED if head.startswith(mark)), None)
        if unpacked is None:
            file.seek(max(0, os.fstat(descriptor).st_size - _ENDS))
            return _judged(head, file.read())
        if not read:
            return End.NOT_SEEN
        try:
            first, last = _through(cast("BinaryIO", unpacked(file)), beat)
        except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, OSError) as wrong:
            if isinstance(wrong, OSError) and wrong.errno is not None:
                raise
            return End.MISSING  # what unpacks says so without a number of the system's
        known = _judged(first, last)
        return End.THERE if known is End.NOT_SEEN else known


def _through(file: BinaryIO, beat: Callable[[], None]) -> tuple[bytes, bytes]:
    """The first bytes and the last of a packed text."""
    first = last = file.read(_CHUNK)
    since = time.monotonic()
    while part := file.read(_CHUNK):
        last = last[-_ENDS:] + part
        if time.monotonic() - since > _BEAT_SECONDS:
            beat()
            since = time.monotonic()
    return first[:_ENDS], last[-_ENDS:]


def _judged(head: bytes, tail: bytes) -> End:
    for marks, end in _TOOLS:
        if any(one in head for one in marks):
            return End.THERE if end in tail else End.MISSING
    return End.NOT_SEEN
