"""Where people live: a house number and a street as English writes it, a street and a number as Spanish does, boxes."""

from __future__ import annotations

from typing import Any

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.digit_rules import bits_before
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    CAPITAL,
    COMMA,
    COVER,
    END,
    GAP,
    HASH,
    HYPHEN,
    LENGTH,
    LINE,
    MIXED,
    NONE,
    NUMBER,
    OTHER,
    ROW,
    SHAPE,
    SLASH,
    SPACE,
    START,
    STOP,
    WORD,
)  # fmt: skip
from carrel.deidentification.text.lexicon import word_number

_P = word_number("p")
_PO = word_number("po")
_O = word_number("o")
_BOX = word_number("box")
_SURE_STREETS = tuple(
    map(
        word_number,
        ("street", "avenue", "road", "lane", "boulevard", "ave", "rd", "ln", "blvd", "hwy", "pkwy", "st", "dr"),
    )
)
_C = word_number("c")
_S_NUMBER = tuple(map(word_number, ("n", "no", "num", "numero", "nro")))


@kernel
def address_rules(tok: Any, many: Any, out: Any, count: Any, most: Any) -> Any:
    """Look for streets with a number that nothing else has taken.

    Returns:
        How many rows of `out` are written now.
    """
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        last = -1
        if tok[row + COVER] == 0:
            if tok[row + SHAPE] & (NUMBER | MIXED) and tok[row + LENGTH] <= 6:
                last = english_end(tok, many, at)
            elif tok[row + BITS] & bits.STREET_ES:
                last = spanish_end(tok, many, at)
            elif tok[row + HASH] in (_P, _PO):
                last = box_end(tok, many, at)
        if last >= 0:
            last = with_unit(tok, many, last)
            count = found(
                out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.ADDRESS, SURELY, 20
            )
            cover(tok, at, last, spans.ADDRESS)
            at = last
        at += 1
    return count


@kernel
def english_end(tok: Any, many: Any, at: Any) -> Any:
    """The last token of *12 North Alder Way* that begins here; -1 where none does."""
    told = bits_before(tok, at, 6)
    capitals, place = True, at + 1
    while place < many and place - at <= 5:
        row = (AROUND + place) * ROW
        gap = tok[row + GAP]
        if tok[row + COVER] != 0 or gap not in (SPACE, STOP, HYPHEN, 3) or not tok[row + SHAPE] & (WORD | MIXED):
            return -1
        if place > at + 1 and tok[row + BITS] & bits.STREET:
            after = tok[row + ROW + BITS]
            if after & bits.STREET and tok[row + ROW + GAP] == SPACE and place + 1 < many:
                place += 1
            sure = tok[(AROUND + place) * ROW + HASH] in _SURE_STREETS
            if capitals or told & bits.DWELLING or sure and place - at <= 3:
                return place
            return -1
        if not tok[row + SHAPE] & (CAPITAL | MIXED):
            capitals = False
        if tok[row + BITS] & bits.FUNCTION and not told & bits.DWELLING:
            return -1
        place += 1
    return -1


@kernel
def spanish_end(tok: Any, many: Any, at: Any) -> Any:
    """The last token of *calle Mayor 12* that begins here; -1 where none does."""
    if tok[(AROUND + at) * ROW + HASH] == _C and tok[(AROUND + at + 1) * ROW + GAP] not in (SLASH, OTHER):
        return -1
    place, words = at + 1, 0
    while place < many and place - at <= 7:
        row = (AROUND + place) * ROW
        gap = tok[row + GAP]
        if tok[row + COVER] != 0 or gap == LINE:
            return -1
        if tok[row + SHAPE] & NUMBER and words:
            return place if tok[row + LENGTH] <= 5 else -1
        if tok[row + SHAPE] & MIXED and words and tok[row + LENGTH] <= 5:
            return place
        if gap == COMMA and tok[row + HASH] not in _S_NUMBER:
            return -1
        words += 1
        place += 1
    return -1


@kernel
def box_end(tok: Any, many: Any, at: Any) -> Any:
    """The last token of *P.O. Box 12* that begins here; -1 where none does."""
    place = at + 1
    if tok[(AROUND + at) * ROW + HASH] == _P:
        if tok[(AROUND + place) * ROW + HASH] != _O:
            return -1
        place += 1
    row = (AROUND + place) * ROW
    if place + 1 < many and tok[row + HASH] == _BOX and tok[row + ROW + SHAPE] & NUMBER:
        return place + 1
    return -1


@kernel
def with_unit(tok: Any, many: Any, last: Any) -> Any:
    """The last token of an address with the flat, the town and the postcode behind it."""
    row = (AROUND + last + 1) * ROW
    if last + 2 < many + 1 and tok[row + BITS] & bits.UNIT and tok[row + GAP] in (SPACE, COMMA, STOP):
        after = tok[row + ROW + SHAPE]
        if last + 2 < many and after & (NUMBER | MIXED) or tok[row + ROW + LENGTH] == 1:
            last += 2
            row += 2 * ROW
            if last + 1 < many and tok[row + LENGTH] == 1 and tok[row + GAP] in (NONE, HYPHEN):
                last += 1
                row += ROW
    place = last + 1
    while place < many and place - last <= 4:
        base = (AROUND + place) * ROW
        if tok[base + COVER] != 0 or tok[base + GAP] not in (SPACE, COMMA, STOP):
            break
        if place > last + 1 and tok[base + SHAPE] & NUMBER and tok[base + LENGTH] == 5:
            return place
        if not tok[base + SHAPE] & CAPITAL:
            break
        place += 1
    return last
