"""Texts looked through for what names a person, block by block."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from carrel.deidentification.text.coded_signs import Decoded, decoded
from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.pair_rules import LONGEST
from carrel.deidentification.text.kernels.row_rules import row_rules
from carrel.deidentification.text.kernels.spans import FOUND_ROW
from carrel.deidentification.text.kernels.tokens import AROUND, BITS, COVER, KEPT, ROW, TITLED, read_tokens
from carrel.deidentification.text.kernels.word_table import WordTable
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.running import Running

PIECE: Final = 1 << 15  # bytes of a text that are looked at together; longer texts come in pieces
BLOCK: Final = 1 << 18
_BORNE: Final = bits.PLAIN | bits.C_NAME | bits.L_GIVEN | bits.PARTICLE | bits.TITLE


class Finding(NamedTuple):
    """A stretch of a text that names a person, or could.

    Attributes:
        start, end: bytes of the text.
        kind: of `spans`.
        sure: SURELY, PROBABLY, HARDLY.
        rule: that found it.
        given, family: numbers of the words of a name; 0 where it has none.
    """

    start: int
    end: int
    kind: int
    sure: int
    rule: int
    given: int = 0
    family: int = 0


def united(one: Sequence[Finding], other: Sequence[Finding]) -> list[Finding]:
    """What was found in two ways, in order and without overlaps: every byte that goes by one of them goes.

    Args:
        one: goes before the other where both found the same.
        other: likewise in any order.
    """
    found: list[Finding] = []
    for few in (
        [each for each in (*one, *other) if each.sure != spans.HARDLY],
        [each for each in (*one, *other) if each.sure == spans.HARDLY],
    ):
        kept: list[Finding] = []
        for each in sorted(few, key=lambda each: (each.start, -each.end)):
            start = max(each.start, kept[-1].end) if kept else each.start
            if start < each.end and not any(start < clear.end and clear.start < each.end for clear in found):
                kept.append(each._replace(start=start))
        found += kept
    return sorted(found)


def _placed(found: Finding, text: Decoded) -> Finding:
    start, end = text.source_of(found.start, found.end)
    return found._replace(start=start, end=end)


class TextReader:
    """Looks through texts; of one thread, because its rows change.

    Args:
        knowledge: what is known.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = knowledge
        self._none_said = WordTable(room=1 << 10)
        self._most_tokens = PIECE + 2
        self._tok = array("q", bytes(8 * ROW * (2 * AROUND + self._most_tokens)))
        self._letters = array("q", bytes(8 * (LONGEST + 1)))
        self._most = PIECE
        self._out = array("q", bytes(8 * FOUND_ROW * self._most))

    @property
    def running(self) -> Running:
        """What runs the kernels."""
        return self._known.running

    def read(
        self, texts: Sequence[bytes], talks: Sequence[int] = (), said: WordTable | None = None
    ) -> list[list[Finding]]:
        """What stands in each of the texts, in order; what overlaps is told once.

        A text with coded signs, such as ``%40``, is read as it stands and without them.

        Args:
            texts: of at most `PIECE` bytes each.
            talks: number of the conversation of each, 0 for none; none where it is left out.
            said: words of names that were found in conversations.
        """
        known, of = said or self._none_said, talks or [0] * len(texts)
        found = self._read(texts, of, known)
        plain = [(at, one) for at, text in enumerate(texts) if (one := decoded(text)) is not None]
        if plain:
            again = self._read([one.text for _, one in plain], [of[at] for at, _ in plain], known)
            for (at, one), more in zip(plain, again, strict=True):
                found[at] = united(found[at], [_placed(other, one) for other in more])
        return found

    def _read(self, texts: Sequence[bytes], talks: Sequence[int], said: WordTable) -> list[list[Finding]]:
        found: list[list[Finding]] = [[] for _ in texts]
        for text, row in self._rows(texts, talks, said):
            mine = found[text]
            if mine and row[0] < mine[-1].end:
                if row[1] <= mine[-1].end:
                    continue
                row[0] = mine[-1].end
            mine.append(Finding._make(row))
        return found

    def bears_rare_name(self, text: bytes) -> bool:
        """Whether a word is a name of the roster that is no ordinary word, no given name widely known, and in the name
        of no author and in no title that the text holds. A word alone names few people where the name is rare.

        Args:
            text: of at most `PIECE` bytes.
        """
        known, tok = self._known, self._tok
        table, buf = known.table, b"\n" + text + b"\n\n"
        many = read_tokens(
            buf, 1, 1 + len(text), known.fold, tok, self._most_tokens, table.keys, table.values, table.room
        )
        row_rules(tok, many, table.keys, table.values, table.room, self._out, 0, self._most)
        for row in range(AROUND * ROW, (AROUND + many) * ROW, ROW):
            told = tok[row + BITS]
            if told & bits.R_NAME and not told & _BORNE and tok[row + COVER] != KEPT and not tok[row + TITLED]:
                return True
        return False

    def _rows(self, texts: Sequence[bytes], talks: Sequence[int], said: WordTable) -> Iterator[tuple[int, list[int]]]:
        known = self._known
        table, edits = known.table, known.edits
        buf = b"\n".join((b"", *texts, b"\n"))
        places, at = array("q"), 1
        for one in texts:
            places.append(at)
            at += len(one)
            places.append(at)
            at += 1
        text, out, of = 0, self._out, array("q", talks)
        while text < len(texts):
            told = known.running.read_block(
                buf, places, text, len(texts), known.fold, self._tok, self._most_tokens, self._letters, table.keys,
                table.values, table.room, edits.keys, edits.values, edits.room, known.masks, known.mask_count,
                said.keys, said.values, said.room, of, out, self._most,
            )  # fmt: skip
            text, count = told >> 32, told & 0xFFFFFFFF
            for row in range(0, count * FOUND_ROW, FOUND_ROW):
                start, end, kind, sure, rule, given, family, which = out[row : row + FOUND_ROW]
                base = places[2 * which]
                yield which, [start - base, end - base, kind, sure, rule, given, family]
