"""The lines of one file with their times: read from the end where that tells enough, else once from end to end."""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from carrel.systems.folders.line_time import LONGEST, LineTime

_MAGIC = b"\x1f\x8b"
Stream = IO[bytes] | gzip.GzipFile
BROKEN = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or a piece of one that is very long.

    Attributes:
        text: its bytes.
        at: time of the event that it belongs to: its own, or of the line before; None before the first one.
        own: whether it is the line's own.
    """

    text: bytes
    at: datetime | None
    own: bool


@contextmanager
def reading(descriptor: int) -> Iterator[tuple[Stream, bool]]:
    """A file from its beginning, unpacked where it is packed, and whether it is; the descriptor is closed after it."""
    with os.fdopen(descriptor, "rb") as file:
        packed = file.peek(2)[:2] == _MAGIC
        if packed:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked, True
        else:
            yield file, False


def lines(file: Stream, times: LineTime, *, skip_holes: bool = False) -> Iterator[Line]:
    """Every line with the time of its event.

    Args:
        file: from `reading`.
        times: how times are read.
        skip_holes: whether the holes of a sparse file are left out; they hold nothing, and can be huge.

    Raises:
        OSError, EOFError, zlib.error: it cannot be unpacked or read to its end.

    Guarantees:
        Memory does not grow with the file, nor with a line.
    """
    at: datetime | None = None
    fresh = True
    while text := file.readline(LONGEST):
        own = times.of(text) if fresh else None
        at = own or at
        yield Line(text, at, own is not None)
        fresh = text.endswith(b"\n")
        if skip_holes and not fresh and not text.strip(b"\0"):
            _to_data(file)


def newest(descriptor: int, times: LineTime, enough: datetime | None) -> datetime | None:
    """The time of the newest event in a file; None where no line tells one.

    Args:
        descriptor: of the file; it is closed.
        times: how times are read.
        enough: an aware time; once an event after it is found, it is told without reading on.
    """
    with reading(descriptor) as (file, packed):
        if not packed and enough is not None and (last := _last(file, times)) is not None and last > enough:
            return last
        found: datetime | None = None
        for one in lines(file, times, skip_holes=not packed):
            if one.own and one.at is not None and (found is None or one.at > found):
                found = one.at
                if enough is not None and found > enough:
                    break
        return found


def oldest(descriptor: int, times: LineTime) -> datetime | None:
    """The time of the oldest event in a file; None where no line tells one."""
    with reading(descriptor) as (file, packed):
        read = lines(file, times, skip_holes=not packed)
        return min((one.at for one in read if one.own and one.at is not None), default=None)


def _last(file: Stream, times: LineTime) -> datetime | None:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - LONGEST))
    found = times.latest(file.read(LONGEST).split(b"\n")[1:])
    file.seek(0)
    return found


def _to_data(file: Stream) -> None:
    descriptor, here = file.fileno(), file.tell()
    ahead = os.lseek(descriptor, 0, os.SEEK_CUR)  # of what was read into memory already
    try:
        data = os.lseek(descriptor, here, os.SEEK_DATA)
    except OSError as wrong:
        data = os.fstat(descriptor).st_size if wrong.errno == errno.ENXIO else here  # a hole up to the end
    os.lseek(descriptor, ahead, os.SEEK_SET)
    if data > here:
        file.seek(data)
