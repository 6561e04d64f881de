"""Numbers that are a person's: cards by the library's own formats, payment cards, phones, social numbers, student ids.

Check digits and what stands around them decide; ISBN, ISSN, prices, years, times, pages and call numbers stay.

Source: ISO/IEC 7812-1 (check digit mod 10); the North American numbering plan; ITU-T E.164; ISO 2108, ISO 3297.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.digit_rules import (
    bits_before,
    digits_in,
    kind_of_digits,
    label_before,
    number_of,
    passes,
    value_of,
)  # fmt: skip
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    CLOSED,
    COLON,
    COMMA,
    COVER,
    DOT,
    END,
    GAP,
    HASH,
    HYPHEN,
    KEPT,
    LENGTH,
    MIXED,
    NONE,
    NUMBER,
    OPENED,
    ROW,
    SHAPE,
    SLASH,
    SPACE,
    START,
    UNDERSCORE,
    WRAPPED,
)  # fmt: skip
from carrel.deidentification.text.kernels.word_table import joined, known

# A declared format: kind, check digit, length, then what each sign must be.
MASK_ROW: Final = 36
M_KIND: Final = 0
M_CHECK: Final = 1
M_LENGTH: Final = 2
M_FIXED: Final = 3  # signs at its beginning that are given
M_SIGNS: Final = 4
ANY_DIGIT: Final = -1
ANY_LETTER: Final = -2
NO_CHECK: Final = 0
LUHN: Final = 1
LONGEST: Final = 32


@kernel
def number_rules(
    buf: Any,
    tok: Any,
    many: Any,
    keys: Any,
    values: Any,
    room: Any,
    masks: Any,
    mask_count: Any,
    out: Any,
    found_before: Any,
    most: Any,
) -> Any:
    """Look at each number, and each word with digits, that nothing else has taken.

    Returns:
        How many rows of `out` are written now.
    """
    count, at = found_before, 0
    while at < many:
        row = (AROUND + at) * ROW
        shape = tok[row + SHAPE]
        if tok[row + COVER] != 0 or not (
            shape & (NUMBER | MIXED) or (tok[row + LENGTH] <= 3 and at + 1 < many and tok[row + ROW + SHAPE] & NUMBER)
        ):
            at += 1
            continue
        last = masked(buf, tok, many, at, masks, mask_count)
        if last >= 0:
            kind = masks[(last & 0xFF) * MASK_ROW + M_KIND]
            last = at + (last >> 8)
            count = found(out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], kind, SURELY, 1)
            cover(tok, at, last, kind)
            at = last + 1
            continue
        if shape & NUMBER:
            before = count
            count = chain_rules(buf, tok, many, at, keys, values, room, out, count, most)
            if count > before or tok[row + COVER] != 0:
                while at < many and tok[(AROUND + at) * ROW + COVER] != 0:
                    at += 1
                continue
        elif shape & MIXED and known(keys, values, room, joined(tok[row + HASH], 2, bits.S_NUMBER)):
            count = found(out, count, most, tok[row + START], tok[row + END], spans.CARD, SURELY, 5)
            cover(tok, at, at, spans.CARD)
        elif shape & MIXED and tok[row + LENGTH] >= 5 and digits_in(buf, tok, at) >= 4:
            told = bits_before(tok, at, 5)
            if told & (bits.STUDENT | bits.CARD) and not told & bits.NUMBERED:
                kind = spans.STUDENT if told & bits.STUDENT else spans.CARD
                count = found(out, count, most, tok[row + START], tok[row + END], kind, SURELY, 2)
                cover(tok, at, at, kind)
        at += 1
    return count


@kernel
def masked(buf: Any, tok: Any, many: Any, at: Any, masks: Any, mask_count: Any) -> Any:
    """Whether a declared format begins with this token.

    Returns:
        The format in eight bits and above them how many further tokens it takes; -1 where none does.
    """
    best = -1
    for mask in range(mask_count):
        base = mask * MASK_ROW
        wanted = masks[base + M_LENGTH]
        place, token, right = 0, at, True
        while right and place < wanted and token < many:
            row = (AROUND + token) * ROW
            parted = token > at and tok[row + GAP] not in (SPACE, HYPHEN, NONE)
            if parted and (masks[base + M_FIXED] > 1 or masks[base + M_CHECK] == LUHN):  # its own signs tell enough
                parted = tok[row + GAP] not in (SLASH, UNDERSCORE, COMMA) and not tok[row + SHAPE] & WRAPPED
            if tok[row + COVER] != 0 or parted:
                right = False
            for byte in range(tok[row + START], tok[row + END]):
                sign = buf[byte] | 0x20 if buf[byte] >= 65 else buf[byte] + 0
                if place >= wanted or not right:
                    right = False
                    break
                need = masks[base + M_SIGNS + place]
                if need == ANY_DIGIT:
                    right = 48 <= sign < 58
                elif need == ANY_LETTER:
                    right = 97 <= sign < 123
                else:
                    right = sign == need
                place += 1
            token += 1
        if not right or place != wanted:
            continue
        if (
            token < many
            and tok[(AROUND + token) * ROW + GAP] in (NONE, HYPHEN)
            and tok[(AROUND + token) * ROW + SHAPE] & (NUMBER | MIXED)
        ):
            continue
        if (
            masks[base + M_CHECK] == LUHN
            and not passes(buf, tok, at, token - 1)
            and not bits_before(tok, at, 6) & bits.CARD
            and masks[base + M_FIXED] < 4
        ):
            continue
        best = max(best, (token - 1 - at) << 8 | mask)
    return best


@kernel
def is_isbn(buf: Any, tok: Any, first: Any, last: Any, total: Any) -> Any:
    """Whether the digits of some tokens are an ISBN of 13."""
    if total != 13:
        return False
    place, check, value = 0, 0, 0
    for at in range(first, last + 1):
        row = (AROUND + at) * ROW
        for byte in range(tok[row + START], tok[row + END]):
            digit = buf[byte] - 48
            if place < 3:
                value = value * 10 + digit
            check += digit * (3 if place & 1 else 1)
            place += 1
    return value in (978, 979) and check % 10 == 0


@kernel
def chain_rules(
    buf: Any, tok: Any, many: Any, at: Any, keys: Any, values: Any, room: Any, out: Any, count: Any, most: Any
) -> Any:
    """Look at numbers that stand in a row, parted by one sign each."""
    first = (AROUND + at) * ROW
    start = tok[first + START]
    sign = buf[start - 1] + 0 if start > 0 else 32
    if sign in (36, 163) or (start > 1 and sign == 0xA3) or (start > 2 and sign == 0xAC):
        return count  # an amount of money
    last = at
    while (
        last + 1 < many and last - at < 7 and tok[(AROUND + last + 1) * ROW + SHAPE] & NUMBER and tok[(AROUND + last + 1) * ROW + COVER] == 0
        and tok[(AROUND + last + 1) * ROW + GAP] in (SPACE, HYPHEN, DOT, CLOSED, SLASH, OPENED, UNDERSCORE, COMMA)
    ):  # fmt: skip
        last += 1
    if (
        last > at
        and tok[(AROUND + last) * ROW + SHAPE] & NUMBER
        and last + 1 < many
        and tok[(AROUND + last + 1) * ROW + GAP] == COLON
    ):
        last -= 1  # the hour of a time
    told = bits_before(tok, at, 6)
    near, label = bits_before(tok, at, 3), label_before(tok, at)
    plus = sign == 43
    bracket = sign == 40
    while last >= at:
        total, dots, others = 0, 0, 0
        for one in range(at, last + 1):
            row = (AROUND + one) * ROW
            total += tok[row + LENGTH]
            if one > at:
                dots += 1 if tok[row + GAP] == DOT else 0
                others += 1 if tok[row + GAP] in (SLASH, UNDERSCORE, COMMA) else 0
        groups = last - at + 1
        end = tok[(AROUND + last) * ROW + END]
        kind = 0
        if total < 5 and groups < 4:
            break
        if groups == 4 and dots == 3 and total <= 12 and is_address(buf, tok, at):
            kind = spans.NETWORK
        elif others:
            kind = kind_of_parted(buf, tok, at, last, total, groups, others, keys, values, room)
        elif is_isbn(buf, tok, at, last, total):
            cover(tok, at, last, KEPT)
            return count
        elif dots == 1 and groups == 2:
            kind = 0  # 813.54
        else:
            kind = kind_of_digits(
                buf, tok, at, last, total, groups, keys, values, room, told, near, label, plus, bracket
            )
        if kind != 0:
            begin = start - 1 if plus or (bracket and tok[first + ROW + GAP] == CLOSED) else start
            count = found(out, count, most, begin, end, kind, SURELY, 3)
            cover(tok, at, last, kind)
            return count
        last -= 1
    return count


@kernel
def kind_of_parted(
    buf: Any, tok: Any, at: Any, last: Any, total: Any, groups: Any, others: Any, keys: Any, values: Any, room: Any
) -> Any:
    """What digits are that slashes, commas or low lines part: a card of the roster, or a payment card; 0 for all else."""
    if total >= 6 and known(keys, values, room, number_of(buf, tok, at, last, 0)) & bits.N_CARD:
        return spans.CARD
    if groups == 4 and others == 3 and total == 16 and tok[(AROUND + at) * ROW + LENGTH] == 4:
        if 50 < buf[tok[(AROUND + at) * ROW + START]] < 55 and passes(buf, tok, at, last):
            return spans.PAYMENT
    return 0


@kernel
def is_address(buf: Any, tok: Any, at: Any) -> Any:
    """Whether four numbers are an address of a network, and no number of a version or section."""
    for one in range(4):
        value = value_of(buf, tok, at + one)
        if value < 0 or value > 255:
            return False
    return not label_before(tok, at) & bits.NUMBERED
