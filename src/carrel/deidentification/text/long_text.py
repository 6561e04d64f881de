"""Texts of any length looked through in pieces that overlap, so that no name is cut in two and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carrel.deidentification.text.reader import PIECE, Finding, TextReader

_AROUND = 1 << 9  # bytes that a piece looks at before and after its own
_OWN = PIECE - 4 * _AROUND
_BLANKS = (b"\n\n", b"\n", b" ")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: what it looks at, and which part of that is its own."""

    start: int
    end: int
    own_start: int
    own_end: int


def pieces(text: bytes) -> Iterator[Piece]:
    """A text in pieces that each can be read at once; a short one is a piece of its own."""
    at, size = 0, len(text)
    while at < size or not size:
        end = size if size - at <= PIECE else _cut(text, at + _OWN // 2, at + _OWN)
        start = 0 if at == 0 else _cut(text, max(0, at - _AROUND), at - 1)
        stop = size if end == size else _cut(text, end, min(size, end + _AROUND))
        yield Piece(min(start, at), max(stop, end), at, end)
        at = end
        if not size:
            return


def _cut(text: bytes, low: int, high: int) -> int:
    """Where a text can be cut between two places: behind the last blank, or at the later one."""
    for blank in _BLANKS:
        if (found := text.rfind(blank, low, high)) >= 0:
            return found + len(blank)
    return high


def read_long(reader: TextReader, texts: Sequence[bytes]) -> list[list[Finding]]:
    """What stands in each text, whatever its length, as `TextReader.read`.

    Args:
        reader: with what is known.
        texts: in order.
    """
    if all(len(text) <= PIECE for text in texts):
        return reader.read(texts)
    found: list[list[Finding]] = []
    for text in texts:
        mine: list[Finding] = []
        for piece in pieces(text):
            for one in reader.read([text[piece.start : piece.end]])[0]:
                start, end = one.start + piece.start, one.end + piece.start
                if piece.own_start <= start < piece.own_end and (not mine or start >= mine[-1].end):
                    mine.append(one._replace(start=start, end=end))
        found.append(mine)
    return found
