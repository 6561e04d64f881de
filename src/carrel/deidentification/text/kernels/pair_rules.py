"""Names of the roster in a text: in either order, with initials, with words between, with one letter wrong.

A pair of words counts, never a word alone: in a roster of a million nearly each word is somebody's name.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits
from carrel.deidentification.text.kernels.context import is_capital
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.tokens import (
    APOSTROPHE,
    AROUND,
    BITS,
    CAPITAL,
    COMMA,
    COVER,
    DOT,
    END,
    GAP,
    HASH,
    HYPHEN,
    LENGTH,
    NONE,
    ROW,
    SHAPE,
    SLASH,
    SPACE,
    START,
    STOP,
    UNDERSCORE,
    WORD,
    WRAPPED,
)  # fmt: skip
from carrel.deidentification.text.kernels.word_table import FULL, SEED, STEP, joined, known, may_be_edit, mixed
from carrel.deidentification.text.letters import FOLDED, LETTER, SECOND

_REACH: Final = 4  # tokens from the first word of a name to the last that decides
SHORTEST: Final = 5  # letters of a word in which one may be wrong
LONGEST: Final = 24


@kernel
def letters_of(buf: Any, start: Any, end: Any, fold: Any, letters: Any) -> Any:
    """The letters of a word as they are compared.

    Returns:
        How many; at most `LONGEST`.
    """
    count, at = 0, start
    while at < end and count < LONGEST - 1:
        sign, size = buf[at] + 0, 1
        if 0xC2 <= sign < 0xE0 and at + 1 < end and (buf[at + 1] & 0xC0) == 0x80:
            sign, size = ((sign & 0x1F) << 6) | (buf[at + 1] & 0x3F), 2
        elif 0xE0 <= sign < 0xF0 and at + 2 < end and (buf[at + 1] & 0xC0) == 0x80:
            sign, size = ((sign & 0x0F) << 12) | ((buf[at + 1] & 0x3F) << 6) | (buf[at + 2] & 0x3F), 3
        what = fold[sign] if sign < FOLDED else 0
        if what > 0:
            letters[count] = what & LETTER
            count += 1
            if (what >> SECOND) & 0x7F:
                letters[count] = (what >> SECOND) & 0x7F
                count += 1
        at += size
    return count


@kernel
def without(letters: Any, count: Any, gone: Any) -> Any:
    """The number of a word without one of its letters; -1 for none of them."""
    number = SEED
    for at in range(count):
        if at != gone:
            number = (number * STEP + letters[at]) & FULL
    return number


@kernel
def pair_bits(first: Any, second: Any, keys: Any, values: Any, room: Any) -> Any:
    """What is known of two words as a name: in this order in two bits, in the other in the two above."""
    direct = known(keys, values, room, joined(first, second, bits.S_PAIR))
    turned = known(keys, values, room, joined(second, first, bits.S_PAIR))
    return direct | turned << 2


@kernel
def may_stand_between(tok: Any, at: Any) -> Any:
    """Whether a token can stand between a given name and a family name."""
    row = (AROUND + at) * ROW
    told = tok[row + BITS]
    if tok[row + LENGTH] == 1 and tok[row + SHAPE] & WORD:
        return True
    if told & bits.PARTICLE:
        return True
    return tok[row + SHAPE] & CAPITAL != 0 and told & (bits.R_NAME | bits.L_GIVEN) != 0


@kernel
def joins(gap: Any) -> Any:
    """Whether the words of one name can have this between them."""
    return gap in (SPACE, HYPHEN, APOSTROPHE, DOT, STOP, NONE)


@kernel
def joins_at(tok: Any, at: Any) -> Any:
    """Whether a word can belong to one name with the word before it, also over the end of a line or as an address has it."""
    base = (AROUND + at) * ROW
    return joins(tok[base + GAP]) or tok[base + GAP] in (UNDERSCORE, SLASH) or tok[base + SHAPE] & WRAPPED != 0


@kernel
def pair_end(tok: Any, many: Any, at: Any, keys: Any, values: Any, room: Any) -> Any:
    """A name that begins with this token, by its pair in the roster or among the authors.

    Returns:
        The token that ends it, and above eight bits what is known of the pair; -1 where there is none.
    """
    row = (AROUND + at) * ROW
    if not tok[row + BITS] & (bits.R_NAME | bits.C_NAME):
        return -1
    comma, best = False, -1
    for place in range(at + 1, min(at + _REACH + 1, many)):
        base = (AROUND + place) * ROW
        gap = tok[base + GAP]
        if gap == COMMA and not comma:
            comma = True
        elif not joins_at(tok, place) or (gap == STOP and tok[base - ROW + LENGTH] > 3):
            break  # the end of a sentence
        if not tok[base + SHAPE] & WORD or tok[base + COVER] != 0:
            break
        if tok[base + BITS] & (bits.R_NAME | bits.C_NAME):
            told = pair_bits(tok[row + HASH], tok[base + HASH], keys, values, room)
            if comma:
                told &= ~3
            elif place > at + 1:
                told &= 3  # a family name first has a comma behind it
            if told & 5 and (best < 0 or not best >> 8 & 5):
                best = told << 8 | (place - at)
            elif told and (best < 0 or told & 10):  # an author of three names, of which a reader bears two
                best = (told | (best >> 8 if best > 0 else 0)) << 8 | (place - at)
        if not may_stand_between(tok, place) or (comma and gap == COMMA and not is_capital(tok, place)):
            break
    return best


@kernel
def initial_end(tok: Any, many: Any, at: Any, keys: Any, values: Any, room: Any) -> Any:
    """A name with an initial that begins with this token: *J. Amundsen*, *J. K. Amundsen*, *Amundsen, J.*

    Returns:
        As `pair_end` does.
    """
    row = (AROUND + at) * ROW
    if tok[row + LENGTH] == 1 and tok[row + SHAPE] & WORD:
        place = at + 1
        while place < many and place - at < 4:
            base = (AROUND + place) * ROW
            if (
                (tok[base + GAP] not in (SPACE, STOP, DOT, APOSTROPHE, UNDERSCORE) and not tok[base + SHAPE] & WRAPPED)
                or not tok[base + SHAPE] & WORD
                or tok[base + COVER] != 0
            ):
                return -1
            if tok[base + LENGTH] > 1 and not tok[base + BITS] & bits.PARTICLE:
                told = known(keys, values, room, joined(tok[row + HASH], tok[base + HASH], bits.S_INITIAL))
                return told << 8 | (place - at) if told else -1
            place += 1
        return -1
    base = row + ROW
    if at + 1 < many and tok[base + LENGTH] == 1 and tok[base + SHAPE] & WORD and tok[base + GAP] == COMMA:
        told = known(keys, values, room, joined(tok[base + HASH], tok[row + HASH], bits.S_INITIAL))
        return told << 10 | 1 if told else -1
    return -1


@kernel
def corrected(
    buf: Any,
    tok: Any,
    at: Any,
    other: Any,
    fold: Any,
    letters: Any,
    keys: Any,
    values: Any,
    room: Any,
    edits: Any,
    words: Any,
    edit_room: Any,
) -> Any:
    """What a pair in the roster is if one letter of a token is wrong; as `pair_bits`, 0 where it is none."""
    row = (AROUND + at) * ROW
    count = letters_of(buf, tok[row + START], tok[row + END], fold, letters)
    mate = tok[(AROUND + other) * ROW + HASH]
    first = other > at
    for gone in range(-1, count):
        number = without(letters, count, gone)
        if gone >= 0 and known(keys, values, room, number) & bits.R_NAME:
            told = pair_bits(number, mate, keys, values, room) if first else pair_bits(mate, number, keys, values, room)
            if told & 5:
                return told & 5
        if not may_be_edit(words, edit_room, number):
            continue
        place = mixed(number) & (edit_room - 1)
        while edits[place] != 0:
            if edits[place] == number:
                told = (
                    pair_bits(words[place], mate, keys, values, room)
                    if first
                    else pair_bits(mate, words[place], keys, values, room)
                )
                if told & 5:
                    return told & 5
            place = (place + 1) & (edit_room - 1)
    return 0


@kernel
def with_neighbours(tok: Any, many: Any, first: Any, last: Any) -> Any:
    """A name with the words that belong to it at both ends: particles, a second family name, a hyphen.

    Returns:
        The first token in the upper bits, the last in the lower 20.
    """
    while last + 1 < many:
        row = (AROUND + last + 1) * ROW
        gap, told = tok[row + GAP], tok[row + BITS]
        if tok[row + COVER] != 0 or not tok[row + SHAPE] & WORD:
            break
        if (
            gap == HYPHEN
            and tok[row + LENGTH] > 1
            and tok[row + SHAPE] & CAPITAL
            or (
                gap == SPACE
                and tok[row + SHAPE] & CAPITAL
                and told & bits.R_FAMILY
                and not told & (bits.PLAIN | bits.INSTITUTION)
            )
        ):
            last += 1
        else:
            break
    while first > 0:
        row = (AROUND + first - 1) * ROW
        gap, told = tok[row + ROW + GAP], tok[row + BITS]
        if tok[row + COVER] != 0 or not tok[row + SHAPE] & WORD:
            break
        if (
            (
                gap == APOSTROPHE
                and tok[row + LENGTH] <= 2
                and tok[row + SHAPE] & CAPITAL
                or gap == HYPHEN
                and tok[row + SHAPE] & CAPITAL
            )
            or gap == SPACE
            and told & bits.PARTICLE
            and tok[row + SHAPE] & CAPITAL
            and not told & bits.FUNCTION
        ):
            first -= 1
        elif gap == SPACE and told & bits.PARTICLE and tok[(AROUND + first + 1) * ROW + GAP] == COMMA:
            first -= 1  # de la Cruz, Juan
        else:
            break
    return first << 20 | last
