"""Plain text, line by line or in parts of as much as is looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from carrel.deidentification.text.reader import PIECE
from carrel.systems.text.text_record import Record

_SHORT: Final = 1 << 16  # bytes read at once
_LONGEST_LINE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Plain text: one conversation, or one in each line."""

    by_line: bool

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Lines, or parts that end with a line where they can; of a longer line as much as is looked at together."""
        del at
        number, rest, ended = 0, b"", False
        while not ended:
            chunk = stream.read(_SHORT)
            ended = not chunk
            rest += chunk
            parts, rest = self._lines(rest, ended=ended) if self.by_line else self._pieces(rest, ended=ended)
            for part in parts:
                number += 1
                yield self._record(number, part)

    @staticmethod
    def _lines(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        end = len(text) if ended else text.rfind(b"\n") + 1
        if not end and len(text) > _LONGEST_LINE:
            end = text.rfind(b" ") + 1 or len(text)
        whole, rest = text[:end], text[end:]
        lines = whole.split(b"\n")
        return [one + b"\n" for one in lines[:-1]] + ([lines[-1]] if lines[-1] else []), rest

    @staticmethod
    def _pieces(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        parts = []
        while len(text) > PIECE or (ended and text):
            end = len(text)
            if end > PIECE:
                end = text.rfind(b"\n", 0, PIECE) + 1 or text.rfind(b" ", PIECE // 2, PIECE) + 1 or PIECE
            parts.append(text[:end])
            text = text[end:]
        return parts, text

    def _record(self, number: int, text: bytes) -> Record:
        return Record(number, [text], ("text",), "" if self.by_line else "file", _put)


def _put(out: IO[bytes], cells: Sequence[bytes]) -> object:
    return out.write(cells[0])
