"""Logs that a pipe writes, tested for lines that went round it: no last line says of them that they were scrubbed."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date
from typing import BinaryIO, Final

from carrel.deidentification.logs.day_key import KEY_BYTES, DayKeys
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.scrub_rules import ScrubRules
from carrel.deidentification.logs.scrubbed_line import ScrubbedLines
from carrel.inventory.scrubbed_log import ScrubbedLog
from carrel.systems.logs.end_mark import is_end_line
from carrel.systems.logs.log_stream import blocks, kind_of, opened
from carrel.systems.logs.scrubbers_in_turn import LOOKED_AT
from carrel.systems.logs.words import vocabulary

_TAIL: Final = 1 << 16


class PipedLogs:
    """The logs of an entry that is written through a pipe.

    Args:
        entry: of the site file.
        log_format: that it declares.

    Raises:
        CarrelError: LOG-005, LOG-018, its lists of words or hosts.
    """

    def __init__(self, entry: ScrubbedLog, log_format: LogFormat) -> None:
        rules = ScrubRules(
            vocabulary(entry.words, entry.hosts), DayKeys(lambda _: secrets.token_bytes(KEY_BYTES)), date.min,
            os.urandom, address=entry.address, sessions=entry.sessions, people=entry.people, query=entry.query,
            precision=entry.time,
        )  # fmt: skip
        self._lines = ScrubbedLines(log_format, rules)

    def is_scrubbed(self, source: BinaryIO, at: str, *, whole: bool) -> bool:
        """Whether every line that is looked at went through the pipe.

        Args:
            source: at its beginning; a buffered file.
            at: what faults call it.
            whole: whether every line is looked at, or only the first and the last ones.

        Raises:
            CarrelError: LOG-011, LOG-012, it cannot be unpacked.
            OSError: it cannot be read.
        """
        packed = bool(kind_of(source.peek(6)[:6]))  # type: ignore[attr-defined]
        with opened(source, at) as (stream, _):
            found = blocks(stream)
            if whole:
                return all(self._hold(_lines(one.data, packed=packed)) and not one.too_long for one in found)
            if (first := next(found, None)) is None:
                return True
            if not self._hold(_lines(first.data, packed=packed)[:LOOKED_AT]):
                return False
            if packed:
                last = deque(found, maxlen=1)
                return all(self._hold(_lines(one.data, packed=True)[-LOOKED_AT:]) for one in last or (first,))
        return self._hold(list(self._end(source))[-LOOKED_AT:])

    @staticmethod
    def _end(source: BinaryIO) -> Iterator[bytes]:
        """The last lines of a plain log."""
        size = source.seek(0, os.SEEK_END)
        source.seek(max(size - _TAIL, 0))
        lines = _lines(source.read(_TAIL), packed=False)
        yield from lines[1:] if size > _TAIL else lines

    def _hold(self, lines: Iterable[bytes]) -> bool:
        """Whether lines are scrubbed."""
        return all(self._lines.holds(one) for one in lines if one.strip() and not is_end_line(one + b"\n"))


def _lines(data: bytes, *, packed: bool) -> list[bytes]:
    """The lines; of a log that is not packed those that have an end, as one that is being written has none yet."""
    lines = data.split(b"\n")
    return lines if packed else lines[:-1]
