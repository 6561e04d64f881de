"""Dates, and which of them are somebody's birth."""

from __future__ import annotations

from typing import Any

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.digit_rules import bits_before, value_of
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    COVER,
    DOT,
    END,
    GAP,
    HYPHEN,
    KEPT,
    LENGTH,
    LINE,
    MIXED,
    NUMBER,
    ROW,
    SHAPE,
    SLASH,
    START,
    WORD,
)  # fmt: skip


@kernel
def birth_rules(buf: Any, tok: Any, many: Any, out: Any, count: Any, most: Any) -> Any:
    """Dates that a word says to be somebody's birth: as numbers, or with the name of a month."""
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        last = -1
        if tok[row + COVER] == 0 and tok[row + SHAPE] & (NUMBER | WORD):
            last = date_end(buf, tok, many, at)
        if last >= 0:
            told = bits_before(tok, at, 8)
            for more in range(1, 4):
                if tok[(AROUND + min(last + more, many)) * ROW + GAP] == LINE:
                    break
                told |= tok[(AROUND + min(last + more, many)) * ROW + BITS] & bits.BIRTH
            if told & bits.BIRTH:
                count = found(
                    out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.BIRTH, SURELY, 4
                )
                cover(tok, at, last, spans.BIRTH)
            else:
                cover(tok, at, last, KEPT)
            at = last
        at += 1
    return count


@kernel
def date_end(buf: Any, tok: Any, many: Any, at: Any) -> Any:
    """The last token of a date that begins here; -1 where none does."""
    base = (AROUND + at) * ROW
    if at + 2 >= many or (at > 0 and tok[base + GAP] == DOT and tok[base - ROW + SHAPE] & NUMBER):
        return -1
    one, two = tok[base + LENGTH], tok[base + ROW + LENGTH]
    three = tok[base + 2 * ROW + LENGTH]
    if tok[base + SHAPE] & NUMBER:
        if tok[base + ROW + SHAPE] & NUMBER and tok[base + 2 * ROW + SHAPE] & NUMBER:
            gap = tok[base + ROW + GAP]
            if gap in (SLASH, HYPHEN, DOT) and tok[base + 2 * ROW + GAP] == gap:
                if at + 3 < many and tok[base + 3 * ROW + GAP] == DOT and tok[base + 3 * ROW + SHAPE] & NUMBER:
                    return -1
                if one <= 2 and two <= 2 and three in (2, 4) and value_of(buf, tok, at) <= 31:
                    return at + 2
                if one == 4 and two <= 2 and three <= 2:
                    return at + 2
        if one <= 2:
            month = at + 1
            if month + 1 < many and tok[(AROUND + month) * ROW + BITS] & bits.PARTICLE:
                month += 1
            if tok[(AROUND + month) * ROW + BITS] & bits.MONTH:
                year = month + 1
                if year + 1 < many and tok[(AROUND + year) * ROW + BITS] & bits.PARTICLE:
                    year += 1
                if (
                    year < many
                    and tok[(AROUND + year) * ROW + LENGTH] in (2, 4)
                    and tok[(AROUND + year) * ROW + SHAPE] & NUMBER
                ):
                    return year
    elif tok[base + BITS] & bits.MONTH:
        if (
            tok[base + ROW + SHAPE] & (NUMBER | MIXED)
            and two <= 4
            and tok[base + 2 * ROW + SHAPE] & NUMBER
            and three == 4
        ):
            return at + 2
    return -1
