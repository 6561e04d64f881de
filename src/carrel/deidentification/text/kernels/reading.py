"""A block of texts looked through, each for itself."""

from __future__ import annotations

from typing import Any

from carrel.deidentification.text.kernels import bits
from carrel.deidentification.text.kernels.account_rules import login_rules
from carrel.deidentification.text.kernels.address_rules import address_rules
from carrel.deidentification.text.kernels.date_rules import birth_rules
from carrel.deidentification.text.kernels.identity_rules import identity_rules
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.name_rules import again, name_rules
from carrel.deidentification.text.kernels.network_rules import network_rules
from carrel.deidentification.text.kernels.number_rules import number_rules
from carrel.deidentification.text.kernels.row_rules import row_rules
from carrel.deidentification.text.kernels.spans import BIRTH, DOCUMENT, FOUND_ROW, FROM
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    COVER,
    END,
    KEPT,
    NUMBER,
    ROW,
    SHAPE,
    START,
    UPPERCASE,
    read_tokens,
)  # fmt: skip


@kernel
def read_block(
    buf: Any, places: Any, first: Any, texts: Any, fold: Any, tok: Any, most_tokens: Any, letters: Any, keys: Any, values: Any, room: Any, edits: Any,
    words: Any, edit_room: Any, masks: Any, mask_count: Any, said: Any, roles: Any, said_room: Any, talks: Any, out: Any, most: Any,
) -> Any:  # fmt: skip
    """Look through texts until the room for what is found runs low.

    Args:
        buf: bytes of all of them.
        places: where each begins and ends.
        first, texts: the first of them that is to be looked at, and how many there are.
        fold, tok, most_tokens, letters: as elsewhere.
        keys, values, room, edits, words, edit_room: what is known.
        masks, mask_count: declared formats.
        said, roles, said_room: words of names that were found in conversations.
        talks: the conversation of each text; 0 for none.
        out, most: takes what is found, by text and place; and how many rows there is room for.

    Returns:
        How many rows were written, and above 32 bits the text to go on with.
    """
    count, text = 0, first
    while text < texts and count + most_of(places, text) <= most:
        start, end = places[2 * text] + 0, places[2 * text + 1] + 0
        many = read_tokens(buf, start, end, fold, tok, most_tokens, keys, values, room)
        before = count
        pass_surrogates(buf, tok, many)
        count = network_rules(buf, start, end, tok, many, out, count, most)
        count = birth_rules(buf, tok, many, out, count, most)
        count = identity_rules(buf, tok, many, out, count, most)
        count = number_rules(buf, tok, many, keys, values, room, masks, mask_count, out, count, most)
        count = address_rules(tok, many, out, count, most)
        count = row_rules(tok, many, keys, values, room, out, count, most)
        own = count
        count = name_rules(buf, tok, many, fold, letters, keys, values, room, edits, words, edit_room, out, count, most)
        count = again(tok, many, said, roles, said_room, talks[text] + 0, out, own, count, most)
        count = login_rules(tok, many, out, count, most)
        for row in range(before, count):
            out[row * FOUND_ROW + DOCUMENT] = text
        sort_rows(out, before, count)
        text += 1
    return text << 32 | count


@kernel
def pass_surrogates(buf: Any, tok: Any, many: Any) -> Any:
    """Leave out what stands for somebody already, such as *[BIRTH DATE 1]*: its words say nothing of what is around it."""
    for at in range(many - 1):
        row = (AROUND + at) * ROW
        if tok[row + START] == 0 or buf[tok[row + START] - 1] != 91 or not tok[row + SHAPE] & UPPERCASE:
            continue
        last = at + 1
        if last + 1 < many and tok[(AROUND + last) * ROW + SHAPE] & UPPERCASE:
            last += 1
        base = (AROUND + last) * ROW
        if tok[base + SHAPE] & NUMBER and buf[tok[base + END]] == 93:
            kind = BIRTH if tok[row + BITS] & bits.BIRTH else KEPT
            for one in range(at, last + 1):
                tok[(AROUND + one) * ROW + BITS] = 0
                tok[(AROUND + one) * ROW + COVER] = kind
    return 0


@kernel
def most_of(places: Any, text: Any) -> Any:
    """How much can be found in a text at most: something in each three bytes of it."""
    return (places[2 * text + 1] - places[2 * text]) // 3 + 1


@kernel
def sort_rows(out: Any, first: Any, end: Any) -> Any:
    """Bring what was found in one text into its order."""
    for row in range(first + 1, end):
        at = row
        while at > first and out[at * FOUND_ROW + FROM] < out[(at - 1) * FOUND_ROW + FROM]:
            for one in range(FOUND_ROW):
                held = out[at * FOUND_ROW + one]
                out[at * FOUND_ROW + one] = out[(at - 1) * FOUND_ROW + one]
                out[(at - 1) * FOUND_ROW + one] = held
            at -= 1
    return 0
