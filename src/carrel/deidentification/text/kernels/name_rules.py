"""Which words of a text are a person's name: by the roster, by what stands around them, and against the catalogue.

A name of the roster goes wherever it stands, unless an author or a title bears it too; then the words around it decide. A
name that no list has goes where it is introduced as one, or where a known given name stands before it.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.context import (
    INTRODUCED,
    NAMED,
    introduced,
    is_capital,
    is_person,
    is_work,
)
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.pair_rules import (
    SHORTEST,
    corrected,
    initial_end,
    joins,
    joins_at,
    pair_end,
)
from carrel.deidentification.text.kernels.spans import (
    FAMILY_NAME,
    FOUND_ROW,
    GIVEN_NAME,
    HARDLY,
    PROBABLY,
    SURELY,
    cover,
    found,
)
from carrel.deidentification.text.kernels.tokens import (
    ALONE,
    APOSTROPHE,
    AROUND,
    BEGINS,
    BITS,
    CAPITAL,
    COMMA,
    COVER,
    DOT,
    END,
    GAP,
    HASH,
    HYPHEN,
    KEPT,
    LENGTH,
    LINE,
    ROW,
    SHAPE,
    SLASH,
    SPACE,
    START,
    STOP,
    TITLED,
    UNDERSCORE,
    WORD,
)  # fmt: skip
from carrel.deidentification.text.kernels.unlisted_names import taken, unlisted
from carrel.deidentification.text.kernels.word_table import joined, known

_ROSTER: Final = 5  # bits of a pair in either order
_AUTHOR: Final = 10


@kernel
def name_rules(
    buf: Any, tok: Any, many: Any, fold: Any, letters: Any, keys: Any, values: Any, room: Any, edits: Any, words: Any, edit_room: Any, out: Any,
    count: Any, most: Any,
) -> Any:  # fmt: skip
    """Look for names at each word that nothing else has taken.

    Returns:
        How many rows of `out` are written now.
    """
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        if tok[row + COVER] != 0 or not tok[row + SHAPE] & WORD or tok[row + SHAPE] & ALONE:
            at += 1
            continue
        if tok[row + TITLED] == 2 and tok[row + BITS] & bits.HONORIFIC and not introduced(tok, at):
            cover(tok, at, at + 1, KEPT)  # Don Quixote
            at += 2
            continue
        pair, sure = pair_end(tok, many, at, keys, values, room), SURELY
        if pair < 0 or not pair >> 8 & _ROSTER:
            first = initial_end(tok, many, at, keys, values, room)
            if first >= 0 and is_initial_form(buf, tok, at, at + (first & 0xFF)):
                pair = first if pair < 0 or first >> 8 & _ROSTER else pair
        if pair < 0:
            pair = mistaken(buf, tok, many, at, fold, letters, keys, values, room, edits, words, edit_room)
        if pair >= 0:
            last, told = at + (pair & 0xFF), pair >> 8
            roster = told & _ROSTER != 0 and is_written_as_name(tok, at, last, told)
            title = tok[row + TITLED] == last - at + 1
            if roster and not told & _AUTHOR and not title:
                if (
                    tok[row + BITS] & tok[(AROUND + last) * ROW + BITS] & bits.COMMON
                    and tok[row - ROW + BITS] & bits.PLACE
                ):
                    sure = HARDLY  # in Rose Park
                count, at = taken(tok, many, at, last, told, sure, 40, out, count, most)
                continue
            if roster or told & _AUTHOR:
                person, work = is_person(tok, many, at, last), is_work(buf, tok, many, at, last)
                if roster and (person or work == 0):
                    count, at = taken(tok, many, at, last, told, PROBABLY, 41, out, count, most)
                    continue
                if not person:
                    if roster:
                        count = found(
                            out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.NAME, HARDLY, 42
                        )
                    cover(tok, at, last, KEPT)
                    at = last + 1
                    continue
        before = count
        count, at = unlisted(buf, tok, many, at, out, count, most)
        if count == before:
            at += 1
    return count


@kernel
def is_initial_form(buf: Any, tok: Any, first: Any, last: Any) -> Any:
    """Whether an initial and a word are written as a name: with capitals, and a dot where the word is an ordinary one."""
    one, two = (AROUND + first) * ROW, (AROUND + last) * ROW
    dotted = buf[tok[one + END]] == 46
    if tok[one + LENGTH] == 1 and tok[one + GAP] == APOSTROPHE:
        return False  # I'm V. Clark
    if not tok[one + SHAPE] & CAPITAL or not tok[two + SHAPE] & CAPITAL:  # j. amundsen, in a chat
        long = one if tok[two + LENGTH] == 1 else two
        return (dotted or buf[tok[two + END]] == 46) and tok[long + LENGTH] > 3 and not tok[long + BITS] & bits.COMMON
    if tok[two + LENGTH] == 1:  # Amundsen, J.
        return not tok[one + BITS] & bits.FUNCTION and (buf[tok[two + END]] == 46 or not tok[one + BITS] & bits.COMMON)
    if tok[one + BITS] & bits.FUNCTION and not dotted:
        return False  # a plain I or A
    return dotted or not tok[two + BITS] & bits.PLAIN


@kernel
def is_written_as_name(tok: Any, first: Any, last: Any, told: Any) -> Any:
    """Whether the first and the last word of a pair look like a name: two capitals, or words that are no others."""
    if is_capital(tok, first) and is_capital(tok, last):
        return True
    one, two = tok[(AROUND + first) * ROW + BITS], tok[(AROUND + last) * ROW + BITS]
    if (one | two) & bits.FUNCTION:
        how = introduced(tok, first)
        return how == NAMED or (how == INTRODUCED and not one & bits.FUNCTION)
    if is_capital(tok, first) != is_capital(tok, last):
        return not (two if is_capital(tok, first) else one) & bits.COMMON
    if tok[(AROUND + first) * ROW + LENGTH] == 1 or tok[(AROUND + last) * ROW + LENGTH] == 1:
        return not (one | two) & bits.COMMON
    if not (one | two) & bits.COMMON:
        return last - first > 1 or tok[(AROUND + last) * ROW + GAP] in (
            SPACE, COMMA, HYPHEN, UNDERSCORE, DOT, SLASH, LINE,
        )  # fmt: skip
    if not (one & two) & bits.COMMON and (told & 3 or tok[(AROUND + first + 1) * ROW + GAP] == COMMA):
        gap = tok[(AROUND + last) * ROW + GAP]
        return gap in (SPACE, COMMA, HYPHEN) or gap == STOP and tok[(AROUND + last - 1) * ROW + LENGTH] == 1
    return introduced(tok, first) != 0


@kernel
def mistaken(
    buf: Any,
    tok: Any,
    many: Any,
    at: Any,
    fold: Any,
    letters: Any,
    keys: Any,
    values: Any,
    room: Any,
    edits: Any,
    words: Any,
    edit_room: Any,
) -> Any:
    """A pair of the roster in one of whose words one letter is wrong; as `pair_end` does."""
    row = (AROUND + at) * ROW
    place = at + 1
    if place < many and (tok[row + ROW + LENGTH] == 1 or tok[row + ROW + BITS] & bits.PARTICLE) and place + 1 < many:
        if joins(tok[row + ROW + GAP]) and tok[row + 2 * ROW + GAP] not in (COMMA, LINE):
            place += 1
    base = (AROUND + place) * ROW
    if (
        place >= many
        or tok[base + COVER] != 0
        or not tok[base + SHAPE] & WORD
        or not (joins_at(tok, place) or tok[base + GAP] == COMMA)
    ):
        return -1
    one, two = tok[row + BITS], tok[base + BITS]
    if (one | two) & bits.FUNCTION:
        return -1
    capital = is_capital(tok, at) and is_capital(tok, place)
    told = 0
    if one & bits.R_NAME and tok[base + LENGTH] >= SHORTEST and not two & (bits.R_NAME | bits.C_NAME | bits.COMMON):
        if capital or not one & bits.COMMON:
            told = corrected(buf, tok, place, at, fold, letters, keys, values, room, edits, words, edit_room)
    elif two & bits.R_NAME and tok[row + LENGTH] >= SHORTEST and not one & (bits.R_NAME | bits.C_NAME | bits.COMMON):
        if capital or not two & bits.COMMON:
            told = corrected(buf, tok, at, place, fold, letters, keys, values, room, edits, words, edit_room)
    if told and tok[base + GAP] == COMMA:
        told &= ~3
    return told << 8 | (place - at) if told else -1


@kernel
def again(
    tok: Any, many: Any, said: Any, roles: Any, said_room: Any, talk: Any, out: Any, first: Any, count: Any, most: Any
) -> Any:
    """Words of names that were found go wherever else they stand in the text, but for ordinary words and kept ones.

    So do those that were found elsewhere in its conversation, which `talk` numbers; 0 where it has none.

    Returns:
        How many rows of `out` are written now.
    """
    total = count
    for at in range(many):
        row = (AROUND + at) * ROW
        if tok[row + COVER] != 0 or not tok[row + SHAPE] & WORD or tok[row + LENGTH] < 3:
            continue
        if tok[row + BITS] & bits.COMMON and not (
            tok[row + SHAPE] & CAPITAL and tok[row + BITS] & bits.GIVEN and not tok[row + SHAPE] & BEGINS
        ):
            continue
        number, role = tok[row + HASH], 0
        for one in range(first, min(total, first + 256)):
            base = one * FOUND_ROW
            if (
                out[base + spans.KIND] == spans.NAME
                and out[base + spans.SURE] != HARDLY
                and number in (out[base + GIVEN_NAME], out[base + FAMILY_NAME])
            ):
                role = bits.SAID_GIVEN if number == out[base + GIVEN_NAME] else bits.SAID_FAMILY
                break
        if role == 0 and talk != 0:
            role = known(said, roles, said_room, joined(number, talk, bits.S_SAID))
        if role != 0:
            before = count
            count = found(out, count, most, tok[row + START], tok[row + END], spans.NAME, SURELY, 50)
            if count > before:
                out[before * FOUND_ROW + GIVEN_NAME] = number if role & bits.SAID_GIVEN else 0
                out[before * FOUND_ROW + FAMILY_NAME] = 0 if role & bits.SAID_GIVEN else number
            cover(tok, at, at, spans.NAME)
    return count
