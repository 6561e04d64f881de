"""Texts of any length looked through in pieces that overlap, so that nothing is cut in two and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.kernels.word_table import WordTable
from carrel.deidentification.text.reader import PIECE, Finding, TextReader, united
from carrel.deidentification.text.said_names import SaidNames

AROUND: Final = 1 << 9  # bytes that a piece looks at before and after its own; no identifier is as long
_OWN = PIECE - 4 * AROUND
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
        end = size if size - max(0, at - AROUND) <= PIECE else _cut(text, at + _OWN // 2, at + _OWN)
        yield Piece(max(0, at - AROUND), min(size, end + AROUND), at, end)
        at = end
        if not size:
            return


def _cut(text: bytes, low: int, high: int) -> int:
    """Where a text can be cut between two places: behind the last blank, or at the later one."""
    for blank in _BLANKS:
        if (found := text.rfind(blank, low, high)) >= 0:
            return found + len(blank)
    return high


def read_long(
    reader: TextReader, texts: Sequence[bytes], talks: Sequence[int] = (), said: SaidNames | None = None
) -> list[list[Finding]]:
    """What stands in each text, whatever its length, as `TextReader.read`.

    A long text of no conversation is read twice, so that a name that is found in any of its pieces goes in all.

    Args:
        reader: with what is known.
        texts: in order.
        talks: number of the conversation of each; 0 for none.
        said: names that were found in conversations.
    """
    table = said.table if said else None
    if all(len(text) <= PIECE for text in texts):
        return reader.read(texts, talks, table)
    found: list[list[Finding]] = []
    for text, talk in zip(texts, talks or [0] * len(texts), strict=True):
        if talk or len(text) <= PIECE:
            found.append(_read_pieces(reader, text, talk, table))
            continue
        own = SaidNames(reader.running)
        own.take(1, (one for one in _read_pieces(reader, text, 0, None) if one.sure != spans.HARDLY))
        found.append(_read_pieces(reader, text, 1, own.table))
    return found


def _read_pieces(reader: TextReader, text: bytes, talk: int, said: WordTable | None) -> list[Finding]:
    mine: list[Finding] = []
    for piece in pieces(text):
        more = [
            one._replace(start=one.start + piece.start, end=one.end + piece.start)
            for one in reader.read([text[piece.start : piece.end]], (talk,), said)[0]
            if one.start + piece.start < piece.own_end and one.end + piece.start > piece.own_start
        ]
        # What the piece before found at its end may go on in this one, and be another thing there.
        while mine and mine[-1].end > piece.own_start:
            more.append(mine.pop())
        mine += united(more, ())
    return mine


def read_cut(
    reader: TextReader, before: bytes, text: bytes, after: bytes, talk: int = 0, said: SaidNames | None = None
) -> list[Finding]:
    """What stands in a part of a text, and what of that is cut by its ends.

    Both parts that a cut makes find what it goes through, because both read the same bytes around it.

    Args:
        reader: with what is known.
        before: `AROUND` bytes of the text before the part, or as many as there are.
        text: the part; what is told is found in its own bytes.
        after: as many behind it.
        talk: number of the conversation that it belongs to; 0 for none.
        said: names that were found in conversations.
    """
    lead, size = len(before), len(text)
    joined = before + text + after
    found = read_long(reader, [joined], (talk,), said)[0]
    for cut in (lead, lead + size):
        if 0 < cut < len(joined):
            low = max(0, cut - AROUND)
            (there,) = reader.read([joined[low : cut + AROUND]], (talk,), said.table if said else None)
            crossing = [
                one._replace(start=one.start + low, end=one.end + low)
                for one in there
                if one.start + low < cut < one.end + low
            ]
            if crossing:
                found = united(found, crossing)
    own = ((max(one.start - lead, 0), min(one.end - lead, size), one) for one in found)
    return [one._replace(start=start, end=end) for start, end, one in own if start < end]
