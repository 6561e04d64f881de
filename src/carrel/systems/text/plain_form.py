"""Plain text, line by line or in parts of as much as is looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from carrel.deidentification.text.long_text import AROUND
from carrel.deidentification.text.reader import PIECE
from carrel.systems.text.text_record import Record

_SHORT: Final = 1 << 16  # bytes read at once
_LONGEST_LINE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Plain text: one conversation, or one in each line."""

    by_line: bool

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Lines, or parts that end with a line where they can; of a longer line as much as is looked at together.

        A part that was cut off tells what stands around it, so that nothing is missed that the cut goes through.
        """
        del at
        number, rest, ended, before = 0, b"", False, b""
        while not ended:
            chunk = stream.read(_SHORT)
            ended = not chunk
            rest += chunk
            parts, rest = self._lines(rest, ended=ended) if self.by_line else self._pieces(rest, ended=ended)
            for place, part in enumerate(parts):
                number += 1
                after = parts[place + 1] if place + 1 < len(parts) else rest
                whole = self.by_line and part.endswith(b"\n")
                yield self._record(number, part, before, b"" if whole else after[:AROUND])
                before = b"" if whole else part[-AROUND:]

    @staticmethod
    def _lines(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        end = len(text) if ended else text.rfind(b"\n") + 1
        if not end and len(text) > _LONGEST_LINE:
            end = text.rfind(b" ", 0, len(text) - AROUND) + 1 or len(text) - AROUND
        whole, rest = text[:end], text[end:]
        lines = whole.split(b"\n")
        return [one + b"\n" for one in lines[:-1]] + ([lines[-1]] if lines[-1] else []), rest

    @staticmethod
    def _pieces(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        parts = []
        while len(text) > PIECE + AROUND or (ended and text):
            end = len(text)
            if end > PIECE:
                end = text.rfind(b"\n", 0, PIECE) + 1 or text.rfind(b" ", PIECE // 2, PIECE) + 1 or PIECE
            parts.append(text[:end])
            text = text[end:]
        return parts, text

    def _record(self, number: int, text: bytes, before: bytes, after: bytes) -> Record:
        conversation = "" if self.by_line else "file"
        return Record(number, [text], ("text",), conversation, _put, before=before, after=after)


def _put(out: IO[bytes], cells: Sequence[bytes]) -> object:
    return out.write(cells[0])
