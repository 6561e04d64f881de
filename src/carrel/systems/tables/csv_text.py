"""The text of a CSV file: its bytes as letters and back, each as it was."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from carrel.inventory.csv_writing import LONGEST, CsvWriting, Record, encoding_of
from carrel.systems.folders import event_file
from carrel.systems.folders.walk import Spot

_WIDE = {"utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be"}
_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@contextmanager
def records(spot: Spot, writing: CsvWriting) -> Iterator[tuple[Iterator[Record], CsvWriting, bool]]:
    """The records of a file, how they are written to the byte, and whether it is packed.

    Raises:
        BrokenCsvError, OSError, EOFError, zlib.error, UnicodeError: it cannot be read to its end.
    """
    with event_file.reading(spot.open()) as (file, packed):
        codec = _codec(file, writing.encoding)
        text = io.TextIOWrapper(file, encoding=codec, errors=_errors(codec), newline="")
        exact = CsvWriting(writing.delimiter, codec, writing.header)
        try:
            yield exact.records(iter(lambda: text.readline(LONGEST + 1), "")), exact, packed
        finally:
            text.detach()


def as_bytes(text: str, codec: str) -> bytes:
    """The bytes of a text that `records` gave."""
    return text.encode(codec, _errors(codec))


@contextmanager
def packing(new: IO[bytes], name: str, made: int, *, packed: bool) -> Iterator[event_file.Stream]:
    """Where the new content goes: packed as the old one was, with the time that stood in it."""
    if not packed:
        yield new
        return
    with gzip.GzipFile(name, "wb", fileobj=new, mtime=made) as out:
        yield out


def _errors(codec: str) -> str:
    return "surrogatepass" if codec in _WIDE else "surrogateescape"


def _codec(file: event_file.Stream, encoding: str) -> str:
    codec = encoding_of(encoding) or "utf-8"
    if codec != "utf-16":
        return codec
    head = file.peek(2)[:2] if isinstance(file, gzip.GzipFile | io.BufferedReader) else b""
    return next((name for mark, name in _MARKS if head == mark), "utf-16-le")
