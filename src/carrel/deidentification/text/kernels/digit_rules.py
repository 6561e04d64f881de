"""What digits are, by their check digits, their groups and the words before them.

Source: ISO/IEC 7812-1 (check digit mod 10); the North American numbering plan; ITU-T E.164.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    COMMA,
    COVER,
    END,
    GAP,
    LENGTH,
    LINE,
    MIXED,
    NUMBER,
    ROW,
    SHAPE,
    START,
    STOP,
)  # fmt: skip
from carrel.deidentification.text.kernels.word_table import FULL, SEED, STEP, joined, known

_LONG: Final = 10  # digits from which a number without any sign of what it is goes


@kernel
def bits_before(tok: Any, at: Any, reach: Any) -> Any:
    """What the words say that stand up to so far before a token, on its line or the one before."""
    told, lines = 0, 0
    for back in range(1, reach + 1):
        if at - back < 0:
            break
        if tok[(AROUND + at - back + 1) * ROW + GAP] == LINE:
            lines += 1
            if lines > 1:
                break
        if tok[(AROUND + at - back) * ROW + COVER] == spans.BIRTH:
            told |= tok[(AROUND + at - back) * ROW + BITS] & ~bits.BIRTH
            break
        told |= tok[(AROUND + at - back) * ROW + BITS]
    return told


@kernel
def label_before(tok: Any, at: Any) -> Any:
    """What the words say that stand right before a number, as *ISBN is* or *page*; no other number lies between."""
    told = 0
    for back in range(1, 4):
        row = (AROUND + at - back) * ROW
        if at - back < 0 or tok[row + SHAPE] & (NUMBER | MIXED) or tok[row + ROW + GAP] in (LINE, STOP, COMMA):
            break
        told |= tok[row + BITS]
    return told


@kernel
def passes(buf: Any, tok: Any, first: Any, last: Any) -> Any:
    """Whether the digits of some tokens have the check digit mod 10."""
    total, double = 0, False
    for back in range(last - first + 1):
        row = (AROUND + last - back) * ROW
        size = tok[row + END] - tok[row + START]
        for one in range(size):
            digit = buf[tok[row + END] - 1 - one] - 48
            if digit < 0 or digit > 9:
                continue
            if double:
                digit = digit * 2 if digit < 5 else digit * 2 - 9
            total += digit
            double = not double
    return total % 10 == 0


@kernel
def digits_in(buf: Any, tok: Any, at: Any) -> Any:
    """How many digits a token has."""
    row, count = (AROUND + at) * ROW, 0
    for byte in range(tok[row + START], tok[row + END]):
        if 48 <= buf[byte] < 58:
            count += 1
    return count


@kernel
def value_of(buf: Any, tok: Any, at: Any) -> Any:
    """A number of up to nine digits; -1 for a longer one, or other digits than those of ASCII."""
    row, value = (AROUND + at) * ROW, 0
    if tok[row + END] - tok[row + START] > 9 or not tok[row + SHAPE] & NUMBER:
        return -1
    for byte in range(tok[row + START], tok[row + END]):
        if buf[byte] < 48 or buf[byte] > 57:
            return -1
        value = value * 10 + (buf[byte] - 48)
    return value


@kernel
def number_of(buf: Any, tok: Any, first: Any, last: Any, skip: Any) -> Any:
    """The number in the table for the digits of some tokens, without so many at their beginning."""
    number = SEED
    for at in range(first, last + 1):
        row = (AROUND + at) * ROW
        for byte in range(tok[row + START], tok[row + END]):
            if skip > 0:
                skip -= 1
            else:
                number = (number * STEP + buf[byte]) & FULL
    return joined(number, 1, bits.S_NUMBER)


@kernel
def kind_of_digits(
    buf: Any,
    tok: Any,
    at: Any,
    last: Any,
    total: Any,
    groups: Any,
    keys: Any,
    values: Any,
    room: Any,
    told: Any,
    near: Any,
    label: Any,
    plus: Any,
    bracket: Any,
) -> Any:
    """What the digits of some tokens are; 0 where they are nobody's."""
    base = (AROUND + at) * ROW
    one, two, three, four = tok[base + LENGTH], 0, 0, 0
    if groups > 1:
        two = tok[base + ROW + LENGTH]
    if groups > 2:
        three = tok[base + 2 * ROW + LENGTH]
    if groups > 3:
        four = tok[base + 3 * ROW + LENGTH]
    if total >= 6:
        listed = known(keys, values, room, number_of(buf, tok, at, last, 0))
        if listed & bits.N_CARD:
            return spans.CARD
        if listed & bits.N_PHONE and (total >= 10 or near & bits.PHONE or groups == 2):
            return spans.PHONE
    lead = buf[tok[base + START]] - 48
    numbered = label & bits.NUMBERED
    if plus and 8 <= total <= 15:
        return spans.PHONE
    if 13 <= total <= 19 and 2 < lead < 7 and passes(buf, tok, at, last) and not numbered:
        if groups == 1 or (groups == 4 and one == 4 and two == 4) or (groups == 3 and one == 4 and two == 6):
            return spans.PAYMENT
    if total == 9 and not numbered:
        first = value_of(buf, tok, at)
        if groups == 3 and one == 3 and two == 2 and 0 < first < 900 and first != 666:
            return spans.SOCIAL
        if groups == 1 and told & bits.SOCIAL:
            return spans.SOCIAL
    if groups >= 3 and is_nanp(buf, tok, at, groups, one, two, three, four):
        return spans.PHONE
    if total in (10, 11) and groups == 1 and not numbered and is_plain_nanp(buf, tok, at, total):
        return spans.PHONE
    if total == 9 and lead >= 6 and not numbered:
        if groups == 3 and one == 3 and two == 3:
            return spans.PHONE
        if groups == 4 and one == 3 and two == 2 and three == 2:
            return spans.PHONE
    if told & bits.PHONE and 7 <= total <= 13 and not numbered and one <= total:
        return spans.PHONE
    if total == 7 and groups == 2 and one == 3 and near & bits.PHONE:
        return spans.PHONE
    if not numbered and not plus:
        if near & bits.STUDENT and total >= 5 and groups <= 3:
            return spans.STUDENT
        if told & bits.CARD and total >= 6 and (groups == 1 or total >= 9):
            return spans.CARD
        if total > _LONG and groups == 1:
            return spans.NUMBER
        if total >= 13 and bracket == 0 and same_groups(tok, at, last):
            return spans.NUMBER
    return 0


@kernel
def same_groups(tok: Any, at: Any, last: Any) -> Any:
    """Whether digits stand in groups of four, but for the ends."""
    for one in range(at + 1, last):
        if tok[(AROUND + one) * ROW + LENGTH] != 4:
            return False
    return last > at + 1


@kernel
def is_nanp(buf: Any, tok: Any, at: Any, groups: Any, one: Any, two: Any, three: Any, four: Any) -> Any:
    """Whether three groups, or four with the country before them, are a phone of North America."""
    if groups == 4 and one == 1 and two == 3 and three == 3 and four == 4:
        at += 1
    elif not (groups == 3 and one == 3 and two == 3 and three == 4):
        return False
    return value_of(buf, tok, at) >= 200 and value_of(buf, tok, at + 1) >= 200


@kernel
def is_plain_nanp(buf: Any, tok: Any, at: Any, total: Any) -> Any:
    """Whether ten digits, or eleven with the country before them, can be a phone of North America."""
    start = tok[(AROUND + at) * ROW + START]
    if total == 11:
        if buf[start] != 49:
            return False
        start += 1
    return buf[start] >= 50 and buf[start + 3] >= 50
