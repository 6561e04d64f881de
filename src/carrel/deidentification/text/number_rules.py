"""Numbers that are a person's: cards by the library's own formats, payment cards, phones, social numbers, student ids.

Check digits and what stands around them decide; ISBN, ISSN, prices, years, times, pages and call numbers stay.

Source: ISO/IEC 7812-1 (check digit mod 10); the North American numbering plan; ITU-T E.164; ISO 2108, ISO 3297.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text import bits, spans
from carrel.deidentification.text.kernel import kernel
from carrel.deidentification.text.spans import SURELY, cover, found
from carrel.deidentification.text.tokens import (
    AROUND, BITS, CLOSED, COLON, COVER, DOT, END, GAP, HASH, HYPHEN, KEPT, LENGTH, LINE, MIXED, NONE, NUMBER, OPENED, ROW, SHAPE, SLASH,
    SPACE, START, WORD,
)  # fmt: skip
from carrel.deidentification.text.word_table import FULL, SEED, STEP, joined, known

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
_LONG = 10  # digits from which a number without any sign of what it is goes


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
def number_rules(
    buf: Any, tok: Any, many: Any, keys: Any, values: Any, room: Any, masks: Any, mask_count: Any, out: Any, found_before: Any, most: Any
) -> Any:
    """Look at each number, and each word with digits, that nothing else has taken.

    Returns:
        How many rows of `out` are written now.
    """
    count, at = found_before, 0
    while at < many:
        row = (AROUND + at) * ROW
        shape = tok[row + SHAPE]
        if tok[row + COVER] != 0 or not (shape & (NUMBER | MIXED) or (tok[row + LENGTH] <= 3 and at + 1 < many and tok[row + ROW + SHAPE] & NUMBER)):
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
            if tok[row + COVER] != 0 or (token > at and tok[row + GAP] not in (SPACE, HYPHEN, NONE)):
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
        if token < many and tok[(AROUND + token) * ROW + GAP] in (NONE, HYPHEN) and tok[(AROUND + token) * ROW + SHAPE] & (NUMBER | MIXED):
            continue
        if masks[base + M_CHECK] == LUHN and not passes(buf, tok, at, token - 1) and not bits_before(tok, at, 6) & bits.CARD and masks[base + M_FIXED] < 4:
            continue
        best = max(best, (token - 1 - at) << 8 | mask)
    return best


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
def chain_rules(buf: Any, tok: Any, many: Any, at: Any, keys: Any, values: Any, room: Any, out: Any, count: Any, most: Any) -> Any:
    """Look at numbers that stand in a row, parted by one sign each."""
    first = (AROUND + at) * ROW
    start = tok[first + START]
    sign = buf[start - 1] + 0 if start > 0 else 32
    if sign in (36, 163) or (start > 1 and sign == 0xA3) or (start > 2 and sign == 0xAC):
        return count  # an amount of money
    last = at
    while (
        last + 1 < many and last - at < 7 and tok[(AROUND + last + 1) * ROW + SHAPE] & NUMBER and tok[(AROUND + last + 1) * ROW + COVER] == 0
        and tok[(AROUND + last + 1) * ROW + GAP] in (SPACE, HYPHEN, DOT, CLOSED, SLASH, OPENED)
    ):  # fmt: skip
        last += 1
    if last > at and tok[(AROUND + last) * ROW + SHAPE] & NUMBER and last + 1 < many and tok[(AROUND + last + 1) * ROW + GAP] == COLON:
        last -= 1  # the hour of a time
    told = bits_before(tok, at, 6)
    near = bits_before(tok, at, 3)
    plus = sign == 43
    bracket = sign == 40
    while last >= at:
        total, dots, slashes, spaced = 0, 0, 0, 0
        for one in range(at, last + 1):
            row = (AROUND + one) * ROW
            total += tok[row + LENGTH]
            if one > at:
                dots += 1 if tok[row + GAP] == DOT else 0
                slashes += 1 if tok[row + GAP] == SLASH else 0
                spaced += 1 if tok[row + GAP] == SPACE else 0
        groups = last - at + 1
        end = tok[(AROUND + last) * ROW + END]
        kind = 0
        if total < 5 and groups < 4:
            break
        if groups == 4 and dots == 3 and total <= 12 and is_address(buf, tok, at):
            kind = spans.NETWORK
        elif is_isbn(buf, tok, at, last, total):
            cover(tok, at, last, KEPT)
            return count
        elif dots == 1 and groups == 2:
            kind = 0  # 813.54
        elif slashes:
            kind = 0
        else:
            kind = kind_of_digits(buf, tok, at, last, total, groups, keys, values, room, told, near, plus, bracket)
        if kind != 0:
            begin = start - 1 if plus or (bracket and tok[first + ROW + GAP] == CLOSED) else start
            count = found(out, count, most, begin, end, kind, SURELY, 3)
            cover(tok, at, last, kind)
            return count
        last -= 1
    return count


@kernel
def is_address(buf: Any, tok: Any, at: Any) -> Any:
    """Whether four numbers are an address of a network, and no number of a version or section."""
    for one in range(4):
        value = value_of(buf, tok, at + one)
        if value < 0 or value > 255:
            return False
    return not bits_before(tok, at, 2) & bits.NUMBERED


@kernel
def kind_of_digits(
    buf: Any, tok: Any, at: Any, last: Any, total: Any, groups: Any, keys: Any, values: Any, room: Any, told: Any, near: Any, plus: Any, bracket: Any
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
    numbered = near & bits.NUMBERED
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
    if groups >= 3 and is_nanp(buf, tok, at, last, groups, one, two, three, four):
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
def is_nanp(buf: Any, tok: Any, at: Any, last: Any, groups: Any, one: Any, two: Any, three: Any, four: Any) -> Any:
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
                count = found(out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.BIRTH, SURELY, 4)
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
                if year < many and tok[(AROUND + year) * ROW + LENGTH] in (2, 4) and tok[(AROUND + year) * ROW + SHAPE] & NUMBER:
                    return year
    elif tok[base + BITS] & bits.MONTH:
        if tok[base + ROW + SHAPE] & (NUMBER | MIXED) and two <= 4 and tok[base + 2 * ROW + SHAPE] & NUMBER and three == 4:
            return at + 2
    return -1
