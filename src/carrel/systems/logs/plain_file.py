"""A log that is a file and not compressed: any part of it can be read by itself, by whoever does that part.

A part begins and ends where whoever reads the file from its beginning begins and ends a reading. So lines come in the
same blocks, wherever the parts are cut, and whatever hangs on a block (which lines do not fit, a header) is alike.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from carrel.systems.logs.log_stream import BLOCK, LONGEST, LineCutter, Lines


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file by its handle; reading a part moves nobody's place in it.

    Attributes:
        handle: of the file.
        size: bytes of one reading.
    """

    handle: int
    size: int

    @property
    def end(self) -> int:
        """Where it ends by now."""
        return os.fstat(self.handle).st_size

    def cutter(self, at: int) -> LineCutter:
        """What cuts lines from a place on, as one that came there from the beginning.

        Args:
            at: where a reading ends and the next begins.

        Raises:
            OSError: the file cannot be read.
        """
        reach, rest = min(at, BLOCK), b""
        while True:
            rest = os.pread(self.handle, reach, at - reach)
            begins = rest.rfind(b"\n") + 1
            if begins or reach == at or reach > LONGEST:
                break
            reach = min(at, 16 * reach, LONGEST + 1)
        if len(rest) - begins > LONGEST:
            return LineCutter(skipping=True)
        return LineCutter(rest[begins:])

    def lines(self, start: int, stop: int, cutter: LineCutter) -> Iterator[tuple[int, Lines]]:
        """The blocks of a part, each with the place of the reading that ended it.

        Args:
            start: where a reading begins.
            stop: where one ends.
            cutter: of that beginning.

        Raises:
            OSError: the file cannot be read, or is shorter by now.
        """
        for at in range(start, stop, self.size):
            wanted = min(self.size, stop - at)
            piece = os.pread(self.handle, wanted, at)
            if len(piece) < wanted:
                raise EOFError
            if (lines := cutter.take(piece)) is not None:
                yield at, lines


def plain_file(stream: IO[bytes], size: int) -> PlainFile | None:
    """The file that a stream reads as it is; None where it is a pipe, compressed or in another encoding.

    Args:
        stream: plain bytes.
        size: bytes of one reading.
    """
    raw = stream.raw if isinstance(stream, io.BufferedReader) else None
    if not isinstance(raw, io.FileIO) or not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        return None
    return PlainFile(raw.fileno(), size)
