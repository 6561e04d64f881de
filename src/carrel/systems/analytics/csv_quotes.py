"""Whether every quote in a CSV file is closed: the engine drops what follows an open one, without a word."""

from __future__ import annotations

import csv
import gzip
from typing import IO

from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import faults

_BLOCK = 1 << 22
_LONGEST_FIELD = 1 << 24


def require_closed(source: NamedSource) -> None:
    """Read a CSV file once for its quotes; one without any is read at the speed of the disk.

    Raises:
        CarrelError: SRC-002, a quote is open at the end, or text follows a closing one.
        OSError, EOFError: it cannot be read.
    """
    if source.file is None or not _has_quotes(source):
        return
    longest = csv.field_size_limit(_LONGEST_FIELD)
    line = 0
    try:
        with text_of(source) as file:
            reader = csv.reader(file, delimiter=source.delimiter, strict=True)
            for _ in reader:
                line = reader.line_num  # the last line that was whole
    except (csv.Error, UnicodeError):
        raise fault(
            faults.UNREADABLE,
            at=f"{source.at}, after line {line}",
            wanted=f"CSV in {source.encoding}: quotes that are closed, and doubled where one is meant",
            found="a quote that is not so, or bytes of another encoding",
            because="nobody could tell where the next record begins",
            fix="look at the record that begins there",
        ) from None
    finally:
        csv.field_size_limit(longest)


def _has_quotes(source: NamedSource) -> bool:
    if source.encoding == "utf-16":
        return True
    with bytes_of(source) as file:
        return any(b'"' in block for block in iter(lambda: file.read(_BLOCK), b""))


def bytes_of(source: NamedSource) -> IO[bytes]:
    """The file, unpacked."""
    if source.file is None:
        raise ValueError("a source in a database is no file")
    return gzip.open(source.file) if source.file.suffix.lower() == ".gz" else source.file.open("rb")  # type: ignore[return-value]  # GzipFile reads bytes, and is not typed so


def text_of(source: NamedSource) -> IO[str]:
    """The same as text, with the ends of lines that it has."""
    if source.file is None:
        raise ValueError("a source in a database is no file")
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    if source.file.suffix.lower() == ".gz":
        return gzip.open(source.file, "rt", encoding=encoding, newline="")
    return source.file.open("r", encoding=encoding, newline="")
