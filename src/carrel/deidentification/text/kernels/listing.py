"""What lists teach the table: the names of a roster or of authors, titles and addresses, numbers of cards and phones."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.pair_rules import SHORTEST, letters_of, without
from carrel.deidentification.text.kernels.row_rules import MOST_WORDS, longer_row
from carrel.deidentification.text.kernels.tokens import (
    ALONE,
    AROUND,
    BITS,
    COMMA,
    END,
    GAP,
    HASH,
    LENGTH,
    MIXED,
    ROW,
    SHAPE,
    START,
    WORD,
    read_tokens,
)  # fmt: skip
from carrel.deidentification.text.kernels.word_table import FULL, SEED, STEP, joined, learn, learn_edit
from carrel.deidentification.text.lexicon import word_number

FIELD: Final = 31  # parts given name and family name
MOST_TOKENS: Final = 40
_MOST_GIVEN: Final = 3
_MOST_FAMILY: Final = 3
_SUFFIXES: Final = tuple(map(word_number, ("jr", "sr", "ii", "iii", "iv", "esq", "phd", "md")))
_ARTICLES: Final = tuple(map(word_number, ("the", "a", "an", "el", "la", "los", "las", "un", "una")))

# What a list is.
PEOPLE: Final = 1
AUTHORS: Final = 2
TITLES: Final = 3
ADDRESSES: Final = 4
CARDS: Final = 5
PHONES: Final = 6


@kernel
def take_list(
    buf: Any, size: Any, what: Any, fold: Any, tok: Any, letters: Any, keys: Any, values: Any, room: Any, edits: Any, words: Any, edit_room: Any,
    told: Any,
) -> Any:  # fmt: skip
    """Learn the lines of a list.

    Args:
        buf, size: whole lines.
        what: they are; of people and authors ``given FIELD family``, ``family, given`` or ``given family``.
        fold, tok, letters: as elsewhere; room for `MOST_TOKENS`.
        keys, values, room: the table, with room for all.
        edits, words, edit_room: words of the roster with a letter less.
        told: three numbers, to which is added what is new in the table, in the edits, and how many lines there were, of people
            and authors those with a word.
    """
    start = 0
    while start < size:
        end = start
        while end < size and buf[end] != 10:
            end += 1
        if what in (CARDS, PHONES):
            told[0] += take_number(buf, start, end, what, fold, tok, keys, values, room)
            told[2] += 1
            start = end + 1
            continue
        many = read_tokens(buf, start, end, fold, tok, MOST_TOKENS, keys, values, room)
        if what in (PEOPLE, AUTHORS):
            told[0] += take_name(
                buf, start, end, what, fold, tok, many, letters, keys, values, room, edits, words, edit_room, told
            )
        else:
            told[0] += take_row(tok, many, what, keys, values, room)
        told[2] += has_word(tok, many) if what in (PEOPLE, AUTHORS) else 1
        start = end + 1
    return 0


@kernel
def has_word(tok: Any, many: Any) -> Any:
    """1 where one of some tokens is a word, 0 where none is."""
    for at in range(many):
        if tok[(AROUND + at) * ROW + SHAPE] & WORD:
            return 1
    return 0


@kernel
def take_name(
    buf: Any, start: Any, end: Any, what: Any, fold: Any, tok: Any, many: Any, letters: Any, keys: Any, values: Any, room: Any, edits: Any, words: Any,
    edit_room: Any, told: Any,
) -> Any:  # fmt: skip
    """Learn one name: each pair of its given and family names, their initials, and the words.

    Returns:
        How many numbers are new in the table.
    """
    field = -1
    for at in range(start, end):
        if buf[at] == FIELD:
            field = at
    split, turned = -1, False  # the token from which on it is a family name, or a given name where it is turned
    for at in range(many):
        row = (AROUND + at) * ROW
        if field >= 0:
            if split < 0 and tok[row + START] > field:
                split = at
        elif tok[row + GAP] == COMMA and not turned:
            split, turned = at, True
    if field < 0 and not turned:
        split = many - 1
        while (
            split > 1
            and tok[(AROUND + split - 1) * ROW + BITS] & bits.PARTICLE
            and tok[(AROUND + split - 1) * ROW + LENGTH] > 1
        ):
            split -= 1
    if split < 0:
        split = many
    pair_bit = bits.P_ROSTER if what == PEOPLE else bits.P_AUTHOR
    given_bit, family_bit = (bits.R_GIVEN, bits.R_FAMILY) if what == PEOPLE else (bits.C_NAME, bits.C_NAME)
    new, alone = 0, 0
    givens, families = (split, many) if turned else (0, split), (0, split) if turned else (split, many)
    seen = 0
    for at in range(givens[0], givens[1]):
        row = (AROUND + at) * ROW
        if turned and at > split and tok[row + GAP] == COMMA:
            break  # dates behind an author's name
        alone += 1 if tok[row + SHAPE] & ALONE else 0
        if not tok[row + SHAPE] & WORD or tok[row + HASH] in _SUFFIXES or seen >= _MOST_GIVEN:
            continue
        if tok[row + BITS] & bits.PARTICLE and tok[row + LENGTH] <= 3 and seen:
            continue
        seen += 1
        if tok[row + LENGTH] > 1 or seen == 1:
            new += learn_word(
                buf, tok, at, fold, letters, keys, values, room, given_bit, edits, words, edit_room, told, what
            )
        count = letters_of(buf, tok[row + START], tok[row + END], fold, letters)
        initial = ((SEED * STEP + letters[0]) & FULL) if count else 0
        of_families = 0
        for other in range(families[0], families[1]):
            base = (AROUND + other) * ROW
            if not tok[base + SHAPE] & WORD or tok[base + HASH] in _SUFFIXES or of_families >= _MOST_FAMILY:
                continue
            if tok[base + BITS] & bits.PARTICLE and (families[1] - families[0] > 1):
                continue
            of_families += 1
            new += learn(keys, values, room, joined(tok[row + HASH], tok[base + HASH], bits.S_PAIR), pair_bit)
            if initial and seen == 1:
                new += learn(keys, values, room, joined(initial, tok[base + HASH], bits.S_INITIAL), pair_bit)
    for other in range(families[0], families[1]):
        base = (AROUND + other) * ROW
        alone += 1 if tok[base + SHAPE] & ALONE else 0
        if (
            tok[base + SHAPE] & WORD
            and tok[base + HASH] not in _SUFFIXES
            and not (tok[base + BITS] & bits.PARTICLE and families[1] - families[0] > 1)
        ):
            new += learn_word(
                buf, tok, other, fold, letters, keys, values, room, family_bit, edits, words, edit_room, told, what
            )
    if alone and many > 1 and what == PEOPLE:
        new += learn_turned(tok, many, split, bits.W_NAME, keys, values, room)
        new += learn_row(tok, 0, many, bits.W_NAME, keys, values, room)
    return new


@kernel
def learn_word(
    buf: Any, tok: Any, at: Any, fold: Any, letters: Any, keys: Any, values: Any, room: Any, bit: Any, edits: Any, words: Any, edit_room: Any, told: Any,
    what: Any,
) -> Any:  # fmt: skip
    """Learn a word of a name, and of a roster what it becomes with one letter less.

    Returns:
        1 where it is new in the table.
    """
    row = (AROUND + at) * ROW
    fresh = tok[row + BITS] & bit == 0
    new = learn(keys, values, room, tok[row + HASH], bit)
    if what == PEOPLE and fresh and tok[row + LENGTH] >= SHORTEST and not tok[row + SHAPE] & ALONE:
        count = letters_of(buf, tok[row + START], tok[row + END], fold, letters)
        for gone in range(count):
            told[1] += learn_edit(edits, words, edit_room, without(letters, count, gone), tok[row + HASH])
    return new


@kernel
def learn_row(tok: Any, first: Any, many: Any, bit: Any, keys: Any, values: Any, room: Any) -> Any:
    """Learn a row of two to `MOST_WORDS` words.

    Returns:
        How many numbers are new in the table.
    """
    size = min(many - first, MOST_WORDS)
    number = SEED
    for at in range(first, first + size):
        number = longer_row(number, tok[(AROUND + at) * ROW + HASH])
    row = (AROUND + first) * ROW
    new = learn(keys, values, room, joined(tok[row + HASH], tok[row + ROW + HASH], bits.S_BEGIN), 1 << size)
    return new + learn(keys, values, room, joined(number, size, bits.S_ROW), bit)


@kernel
def learn_turned(tok: Any, many: Any, split: Any, bit: Any, keys: Any, values: Any, room: Any) -> Any:
    """Learn a row whose words from `split` on stand first.

    Returns:
        How many numbers are new in the table.
    """
    if split <= 0 or split >= many or many > MOST_WORDS:
        return 0
    number = SEED
    for step in range(many):
        number = longer_row(number, tok[(AROUND + (split + step) % many) * ROW + HASH])
    one, two = (AROUND + split) * ROW, (AROUND + (split + 1) % many) * ROW
    new = learn(keys, values, room, joined(tok[one + HASH], tok[two + HASH], bits.S_BEGIN), 1 << many)
    return new + learn(keys, values, room, joined(number, many, bits.S_ROW), bit)


@kernel
def take_row(tok: Any, many: Any, what: Any, keys: Any, values: Any, room: Any) -> Any:
    """Learn a title, without the article that begins it, or an address.

    Returns:
        How many numbers are new in the table.
    """
    first = 0
    if what == TITLES and many > 1 and tok[AROUND * ROW + HASH] in _ARTICLES:
        first = 1
    if many - first >= 2:
        return learn_row(tok, first, many, bits.W_TITLE if what == TITLES else bits.W_ADDRESS, keys, values, room)
    if many - first == 1 and what == TITLES and not tok[(AROUND + first) * ROW + BITS] & bits.FUNCTION:
        return learn(keys, values, room, tok[(AROUND + first) * ROW + HASH], bits.TITLE)
    return 0


@kernel
def take_number(
    buf: Any, start: Any, end: Any, what: Any, fold: Any, tok: Any, keys: Any, values: Any, room: Any
) -> Any:
    """Learn the digits of a card or a phone.

    Returns:
        How many numbers are new in the table.
    """
    number, count, digits, letters = SEED, 0, 0, 0
    for at in range(start, end):
        if 48 <= buf[at] < 58:
            digits += 1
        elif buf[at] >= 65:
            letters += 1
    if letters and digits and what == CARDS:
        many = read_tokens(buf, start, end, fold, tok, MOST_TOKENS, keys, values, room)
        if many == 1 and tok[AROUND * ROW + SHAPE] & MIXED:
            return learn(keys, values, room, joined(tok[AROUND * ROW + HASH], 2, bits.S_NUMBER), bits.N_CARD)
    for at in range(start, end):
        if 48 <= buf[at] < 58:
            if what == PHONES and digits == 11 and count == 0 and buf[at] == 49:
                digits = 10  # without the country
                continue
            number = (number * STEP + buf[at]) & FULL
            count += 1
    if count < 6:
        return 0
    return learn(keys, values, room, joined(number, 1, bits.S_NUMBER), bits.N_CARD if what == CARDS else bits.N_PHONE)
