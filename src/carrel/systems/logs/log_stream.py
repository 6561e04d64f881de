"""A log as blocks of whole lines, whatever it is compressed with; memory stays bounded whatever the lines are.

A line longer than a mebibyte is none that any server writes: it is let go as it comes, and counted.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Final, cast

from carrel.errors import fault
from carrel.systems.logs import faults

BLOCK: Final = 1 << 16  # fields of so many lines lie in the processor's cache
LONGEST: Final = 1 << 20
_MAGIC = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}
_OTHERS = {"zstd": b"\x28\xb5\x2f\xfd", "zip": b"PK\x03\x04", "compress": b"\x1f\x9d", "lz4": b"\x04\x22\x4d\x18"}
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_PEEKED = 6


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines, and how many were too long before them."""

    data: bytes
    too_long: int = 0


def kind_of(head: bytes) -> str:
    """What a file is compressed with, by its first bytes; empty where it is plain."""
    return next((kind for kind, magic in (_MAGIC | _OTHERS).items() if head.startswith(magic)), "")


@contextmanager
def opened(raw: BinaryIO, at: str) -> Iterator[tuple[IO[bytes], str]]:
    """The plain bytes of a log, and what it is compressed with.

    Args:
        raw: the file or the pipe.
        at: what faults call it.

    Raises:
        CarrelError: LOG-011 damaged, LOG-012 compressed twice or otherwise, LOG-010 unreadable.
    """
    outer = raw if isinstance(raw, io.BufferedReader) else _buffered(raw)
    try:
        kind = kind_of(outer.peek(_PEEKED)[:_PEEKED])
        if kind in _OTHERS:
            raise _not_taken(at, kind)
        inner = _inner(outer, kind)
        if kind and (twice := kind_of(inner.peek(_PEEKED)[:_PEEKED])):
            raise _not_taken(at, f"{twice} inside {kind}")
        yield _narrow(inner), kind
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as wrong:
        raise _damaged(at, wrong) from None
    except OSError as wrong:
        if wrong.errno is None:  # bz2 tells damage so
            raise _damaged(at, wrong) from None
        raise


class LineCutter:
    """Cuts what comes in pieces into whole lines.

    Args:
        rest: the beginning of a line that came before the first piece.
        skipping: whether the first piece goes on with a line that is too long.

    Attributes:
        too_long: lines that were let go since the last whole ones.
    """

    def __init__(self, rest: bytes = b"", *, skipping: bool = False) -> None:
        self._rest, self._skipping, self.too_long = rest, skipping, 0

    def take(self, piece: bytes) -> Lines | None:
        """The whole lines that there are with this piece; None where it ends none."""
        start = 0
        if self._skipping:
            start = piece.find(b"\n") + 1
            if not start:
                return None
            self._skipping = False
        end = piece.rfind(b"\n", start) + 1
        if not end:
            self._rest += piece[start:]
            if len(self._rest) > LONGEST:
                self._rest, self.too_long, self._skipping = b"", self.too_long + 1, True
            return None
        data = b"".join((self._rest, memoryview(piece)[start:end]))
        self._rest = piece[end:]
        return self._with(data)

    def end(self) -> Lines | None:
        """What is left at the end: a line without its end, or the count of those that were too long."""
        if not self._rest and not self.too_long:
            return None
        rest, self._rest = self._rest, b""
        return self._with(rest)

    def _with(self, data: bytes) -> Lines:
        too_long, self.too_long = self.too_long, 0
        return Lines(data, too_long)


def blocks(stream: IO[bytes], size: int = BLOCK, cutter: LineCutter | None = None) -> Iterator[Lines]:
    """Whole lines, as many as come at once; the last may be without its end.

    Args:
        stream: plain bytes.
        size: the most bytes of one reading.
        cutter: that knows what came before; nothing did unless it is given.
    """
    cutter = LineCutter() if cutter is None else cutter
    while piece := stream.read1(size) if hasattr(stream, "read1") else stream.read(size):
        if (lines := cutter.take(piece)) is not None:
            yield lines
    if (lines := cutter.end()) is not None:
        yield lines


def compressed(raw: BinaryIO, kind: str) -> IO[bytes]:
    """A file to write into that compresses like the log it replaces; plain where that was plain."""
    match kind:
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0))
        case "bzip2":
            return bz2.BZ2File(raw, "wb")
        case "xz":
            return lzma.LZMAFile(raw, "wb")
        case _:
            return raw


def _buffered(raw: Any) -> io.BufferedReader[Any]:
    return io.BufferedReader(raw, BLOCK)


def _inner(outer: io.BufferedReader[Any], kind: str) -> io.BufferedReader[Any]:
    match kind:
        case "gzip":
            return _buffered(gzip.GzipFile(fileobj=outer, mode="rb"))
        case "bzip2":
            return _buffered(bz2.BZ2File(outer, "rb"))
        case "xz":
            return _buffered(lzma.LZMAFile(outer, "rb"))
        case _:
            return outer


def _narrow(inner: io.BufferedReader[Any]) -> IO[bytes]:
    """The same as UTF-8 where it is marked as UTF-16; a mark before UTF-8 is left out."""
    head = inner.peek(3)[:3]
    if head.startswith(codecs.BOM_UTF8):
        inner.read(3)
    for mark, encoding in _WIDE.items():
        if head.startswith(mark):
            inner.read(len(mark))
            reader = codecs.getreader(encoding)(inner, "replace")
            return _buffered(_Recoded(reader))
    return inner


class _Recoded(io.RawIOBase):
    """Bytes of another encoding as UTF-8."""

    def __init__(self, reader: codecs.StreamReader) -> None:
        self._reader, self._left = reader, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._left:
            text = self._reader.read(BLOCK)
            if not text:
                return 0
            self._left = text.encode("utf-8", errors="replace")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _damaged(at: str, wrong: Exception) -> Exception:
    return fault(
        faults.DAMAGED,
        at=at,
        wanted="a whole file",
        found="the end is missing" if isinstance(wrong, EOFError) else "bytes that do not unpack",
        because="what cannot be read cannot be scrubbed, and nobody knows what it holds",
        fix="take it from its source again, or delete it when its time is over",
    )


def _not_taken(at: str, found: str) -> Exception:
    return fault(
        faults.NESTED,
        at=at,
        wanted="plain text, gzip, bzip2 or xz, once",
        found=found,
        fix="unpack it first",
    )
