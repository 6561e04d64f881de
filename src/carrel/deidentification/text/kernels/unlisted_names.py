"""Names that no list has: by how they are introduced, and by a known name beside a word that is no other."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.context import (
    ADDRESSED,
    CALLED,
    INTRODUCED,
    NAMED,
    introduced,
    is_capital,
    is_person,
    is_work,
)  # fmt: skip
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.pair_rules import joins, with_neighbours
from carrel.deidentification.text.kernels.spans import (
    FAMILY_NAME,
    FOUND_ROW,
    GIVEN_NAME,
    HARDLY,
    PROBABLY,
    SURELY,
    cover,
    found,
)  # fmt: skip
from carrel.deidentification.text.kernels.tokens import (
    APOSTROPHE,
    AROUND,
    BITS,
    CAPITAL,
    COLON,
    COMMA,
    COVER,
    END,
    GAP,
    HASH,
    KEPT,
    LENGTH,
    LINE,
    ROW,
    SHAPE,
    SPACE,
    START,
    TITLED,
    UPPERCASE,
    WORD,
)  # fmt: skip

_LONGEST_RUN: Final = 4


@kernel
def taken(
    tok: Any, many: Any, first: Any, last: Any, told: Any, sure: Any, rule: Any, out: Any, count: Any, most: Any
) -> Any:
    """Write a name with all that belongs to it.

    Returns:
        How many rows there are, and the next token.
    """
    given, family = (first, last) if told & 3 else (last, first)
    both = with_neighbours(tok, many, first, last)
    first, last = both >> 20, both & 0xFFFFF
    before = count
    count = found(
        out, count, most, tok[(AROUND + first) * ROW + START], tok[(AROUND + last) * ROW + END], spans.NAME, sure, rule
    )
    if count > before:
        named = (AROUND + given) * ROW
        out[before * FOUND_ROW + GIVEN_NAME] = 0 if tok[named + LENGTH] == 1 else tok[named + HASH]
        out[before * FOUND_ROW + FAMILY_NAME] = tok[(AROUND + family) * ROW + HASH]
    cover(tok, first, last, spans.NAME if sure != HARDLY else KEPT)
    return count, last + 1


@kernel
def run_end(tok: Any, many: Any, at: Any, small: Any) -> Any:
    """The last token of words that can be one name; before `at` where there is none.

    Args:
        tok, many: the tokens.
        at: the first of them.
        small: whether words without a capital count, unless they are ordinary.
    """
    last, place = at - 1, at
    while place < many and place - at < _LONGEST_RUN:
        row = (AROUND + place) * ROW
        told = tok[row + BITS]
        if tok[row + COVER] != 0 or not tok[row + SHAPE] & WORD or (place > at and not joins(tok[row + GAP])):
            break
        if place > at and tok[row + GAP] in (4, 5) and tok[row - ROW + LENGTH] > 1:
            break  # the end of a sentence
        if place > at and tok[row + GAP] == 3 and tok[row + LENGTH] == 1:
            break  # whose it is
        if tok[row + LENGTH] == 1 and tok[row + ROW + GAP] == APOSTROPHE and tok[row + ROW + LENGTH] > 2:
            last = place  # O'Dowd
        elif tok[row + SHAPE] & CAPITAL and not told & bits.FUNCTION:
            if place > at and told & bits.COMMON and not told & (bits.R_NAME | bits.L_GIVEN | bits.C_NAME):
                break
            last = place
        elif small and not told & bits.PLAIN and place - at < 3:
            last = place
        elif not (told & bits.PARTICLE and place > at):
            break
        place += 1
    return last


@kernel
def unlisted(buf: Any, tok: Any, many: Any, at: Any, out: Any, count: Any, most: Any) -> Any:
    """A name by the words around it.

    Returns:
        How many rows there are, and the next token.
    """
    row = (AROUND + at) * ROW
    told, shape = tok[row + BITS], tok[row + SHAPE]
    how = introduced(tok, at)
    given = told & bits.GIVEN != 0
    ordinary = told & bits.COMMON != 0
    begins = at == 0 or tok[row + GAP] == LINE or buf[max(tok[row + START] - 2, 0)] == 93  # behind [10:15]
    if told & (bits.FUNCTION | bits.HONORIFIC) or (
        how == 0 and not shape & CAPITAL and not begins and (not given or ordinary)
    ):
        return count, at
    capital = shape & CAPITAL != 0
    last, sure, rule = -1, SURELY, 0
    if how in (INTRODUCED, NAMED):
        if capital and (not ordinary or given) or not capital and (not ordinary or (told & bits.L_GIVEN != 0)):
            last, rule = run_end(tok, many, at, True), 43
    elif (
        how
        and (capital or tok[row - ROW + BITS] & bits.HONORIFIC)
        and (not ordinary or (given or (told & bits.R_FAMILY and tok[row - ROW + BITS] & bits.HONORIFIC)) and capital)
    ):
        last, rule = run_end(tok, many, at, not capital), 44
    elif capital:
        end = run_end(tok, many, at, False)
        if end >= at:
            after = (AROUND + end + 1) * ROW
            alone = begins and (end + 1 >= many or tok[after + GAP] in (LINE, COLON, COMMA))
            length = end - at + 1
            second = tok[row + ROW + BITS] if length > 1 else 0
            ending = tok[(AROUND + end) * ROW + BITS]
            if (
                length > 1
                and tok[after + BITS] & bits.INSTITUTION
                and tok[after + GAP] == SPACE
                and tok[after + SHAPE] & CAPITAL
            ):
                return count, at
            if (
                length > 1
                and given
                and (not ending & bits.COMMON or ending & bits.R_FAMILY)
                and not (ordinary and second & bits.COMMON)
            ):
                last, sure, rule = end, PROBABLY, 45
            elif (
                length > 1
                and not ordinary
                and ending & bits.R_FAMILY
                and not ending & bits.COMMON
                and tok[after + GAP] != COMMA
            ):
                last, sure, rule = end, PROBABLY, 46
            elif (
                length > 1
                and not ordinary
                and not ending & bits.COMMON
                and (alone or is_person(tok, many, at, end))
                and not shape & UPPERCASE
            ):
                last, sure, rule = end, PROBABLY, 47
            elif alone and given and not ordinary and tok[after + GAP] != COMMA:
                last, sure, rule = end, PROBABLY, 48
    if (
        last < 0
        and begins
        and given
        and (not ordinary or capital and tok[row + ROW + GAP] == COLON and tok[row + GAP] != LINE and at > 0)
    ):
        end = run_end(tok, many, at, True)
        if tok[(AROUND + end + 1) * ROW + GAP] == COLON:
            last, sure, rule = end, PROBABLY, 48
    if last < 0 and given and not ordinary and not capital:
        end = run_end(tok, many, at, True)
        if how in (ADDRESSED, CALLED):
            last, rule = end, 44
        elif (
            end == at + 1
            and tok[row + ROW + GAP] == SPACE
            and tok[row + ROW + BITS] & bits.R_FAMILY
            and not is_capital(tok, end)
        ):
            last, sure, rule = end, PROBABLY, 49
    if last < at:
        return count, at
    if rule >= 45:
        person = is_person(tok, many, at, last)
        work = is_work(buf, tok, many, at, last)
        if tok[row + TITLED] == last - at + 1 and not person:
            work = 3
        if not person and work == 3:
            count = found(
                out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.NAME, HARDLY, rule
            )
            cover(tok, at, last, KEPT)
            return count, last + 1
    before = count
    count, following = taken(tok, many, at, last, 1, sure, rule, out, count, most)
    if last == at and count > before and not given:
        out[before * FOUND_ROW + GIVEN_NAME] = 0
    return count, following
