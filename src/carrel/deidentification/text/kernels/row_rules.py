"""Rows of words that are known as a whole: titles of the catalogue, which stay, and addresses and names of the roster."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    COVER,
    END,
    GAP,
    HASH,
    KEPT,
    LINE,
    ROW,
    START,
    TITLED,
)
from carrel.deidentification.text.kernels.word_table import FULL, SEED, joined, known, mixed

MOST_WORDS: Final = 15


@kernel
def longer_row(number: Any, word: Any) -> Any:
    """The number of a row of words with one more word."""
    return mixed((number * 53 + word) & FULL)


@kernel
def row_rules(tok: Any, many: Any, keys: Any, values: Any, room: Any, out: Any, count: Any, most: Any) -> Any:
    """Look for rows that begin at each word.

    Returns:
        How many rows of `out` are written now.
    """
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        lengths = 0
        if at + 1 < many:
            lengths = known(keys, values, room, joined(tok[row + HASH], tok[row + ROW + HASH], bits.S_BEGIN))
        if lengths:
            number, size, best, what = SEED, 0, 0, 0
            while size < MOST_WORDS and at + size < many:
                number = longer_row(number, tok[row + size * ROW + HASH])
                size += 1
                if lengths & (1 << size):
                    told = known(keys, values, room, joined(number, size, bits.S_ROW))
                    if told:
                        best, what = size, told
            if best:
                last = at + best - 1
                end = tok[(AROUND + last) * ROW + END]
                if what & bits.W_NAME and tok[row + COVER] == 0:
                    count = found(out, count, most, tok[row + START], end, spans.NAME, SURELY, 30)
                    out[(count - 1) * spans.FOUND_ROW + spans.FAMILY_NAME] = joined(number, best, bits.S_ROW)
                    cover(tok, at, last, spans.NAME)
                elif what & bits.W_ADDRESS and tok[row + COVER] == 0:
                    count = found(out, count, most, tok[row + START], end, spans.ADDRESS, SURELY, 31)
                    cover(tok, at, last, spans.ADDRESS)
                elif what & bits.W_TITLE:
                    if best == 2 and looks_like_name(tok, at, keys, values, room):
                        tok[row + TITLED] = 2
                        tok[row + ROW + TITLED] = -1
                    else:
                        for one in range(at, last + 1):
                            if tok[(AROUND + one) * ROW + COVER] == 0:
                                tok[(AROUND + one) * ROW + COVER] = KEPT
                at += best
                continue
        if tok[row + BITS] & bits.TITLE and tok[row + TITLED] == 0:
            tok[row + TITLED] = 1
        at += 1
    return count


@kernel
def looks_like_name(tok: Any, at: Any, keys: Any, values: Any, room: Any) -> Any:
    """Whether two words could be a person's given name and family name, in either order."""
    row = (AROUND + at) * ROW
    one, two = tok[row + BITS], tok[row + ROW + BITS]
    if tok[row + ROW + GAP] == LINE:
        return False
    if known(keys, values, room, joined(tok[row + HASH], tok[row + ROW + HASH], bits.S_PAIR)) & bits.P_ROSTER:
        return True
    if known(keys, values, room, joined(tok[row + ROW + HASH], tok[row + HASH], bits.S_PAIR)) & bits.P_ROSTER:
        return True
    return (one & (bits.GIVEN | bits.HONORIFIC)) != 0 and (two & bits.R_FAMILY != 0 or not two & bits.COMMON)
