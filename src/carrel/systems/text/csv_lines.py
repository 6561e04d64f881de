"""A list as CSV cut by machine code into the lines that are learnt: no row of it becomes an object of Python."""

from __future__ import annotations

import codecs
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from carrel.deidentification.text.kernels.list_rows import ROWS, TOLD, TOO_WIDE
from carrel.deidentification.text.running import Running
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics.csv_quotes import bytes_of
from carrel.systems.text.list_rows import too_wide, unusable

_BLOCK: Final = 1 << 18  # the table makes room for what so many rows could add
_MOST: Final = 1 << 26  # bytes of a row
_ASCII: Final = 0x80


def can_be_cut(source: NamedSource, running: Running) -> bool:
    """Whether a list can be read so: CSV in UTF-8, where machine code is there."""
    is_csv = source.file is not None and not source.is_parquet
    return running.is_compiled and is_csv and source.encoding == "utf-8" and ord(source.delimiter) < _ASCII


def lines_of(
    source: NamedSource, running: Running, width: int, lists: Sequence[Sequence[int]]
) -> Iterator[list[bytes]]:  # fmt: skip
    """The lines of some lists, many rows at a time.

    Args:
        source: that `can_be_cut`.
        running: cuts them.
        width: fields that the first line names.
        lists: for each the fields of a line, the last of several the family name; -1 is an empty one.

    Raises:
        CarrelError: TXT-015, a row has more fields, or the file cannot be read.
    """
    spec = array("q", [len(lists), *(one for fields in lists for one in (len(fields), *fields))])
    places, between = array("q", bytes(16 * width)), ord(source.delimiter)
    lines, stride = array("B"), 0
    most = 2 + max(map(len, lists))  # bytes of a line for each of a row that lacks fields
    rest, ended, rows, decoder = b"", False, 0, codecs.getincrementaldecoder("utf-8")()
    names = 1  # rows that name the columns
    try:
        with bytes_of(source) as file:
            while not ended:
                block = file.read(_BLOCK)
                ended = not block
                decoder.decode(block, ended)
                rest = (rest + block).removeprefix(codecs.BOM_UTF8) if names else rest + block
                if len(rest) > _MOST:
                    raise unusable(source.at, "rows that end", "one of many megabytes")
                if len(rest) * most >= stride:
                    stride = 2 * len(rest) * most + 1
                    lines = array("B", bytes(stride * len(lists)))
                counts = array("q", bytes(8 * (TOLD + len(lists))))
                cut = running.cut_rows(
                    rest, len(rest), int(ended), names, between, width, places, spec, lines, stride, counts
                )
                if counts[TOO_WIDE]:
                    raise too_wide(width, rows + counts[TOO_WIDE], source)
                rows, rest = rows + counts[ROWS], rest[cut:]
                names = 0 if cut else names
                view = memoryview(lines)
                yield [bytes(view[at * stride : at * stride + counts[TOLD + at]]) for at in range(len(lists))]
    except (OSError, EOFError, UnicodeError):
        raise unusable(source.at, f"CSV in {source.encoding}", "a line that cannot be read") from None
