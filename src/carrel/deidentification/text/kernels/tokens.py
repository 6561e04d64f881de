"""A text as words and numbers, and what stands between them; bytes of any encoding, read as UTF-8 where they are."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.word_table import FULL, SEED, STEP, known
from carrel.deidentification.text.letters import CASELESS, FOLDED, LETTER, MARK, SECOND, SINGLE, UPPER

# A row of the tokens: what is known of one.
START: Final = 0
END: Final = 1
HASH: Final = 2
SHAPE: Final = 3
BITS: Final = 4
GAP: Final = 5  # what stands before it
LENGTH: Final = 6  # letters and digits
COVER: Final = 7  # the kind of what it was found to be, or KEPT
TITLED: Final = 8  # words of a title that begins here and could be a name; -1 in its middle
ROW: Final = 9
AROUND: Final = 8  # rows of nothing before the first and after the last

# Shapes.
WORD: Final = 1
NUMBER: Final = 2
MIXED: Final = 4
CAPITAL: Final = 8  # its first letter is one, or the script has none
UPPERCASE: Final = 16  # all are, and there are two
ALONE: Final = 32  # a sign of a script that parts no words
BEGINS: Final = 64  # stands at the beginning of a sentence or line
WRAPPED: Final = 128  # stands on the next line, with nothing but blanks and marks of a quotation before it

# Gaps.
NONE: Final = 0
SPACE: Final = 1
HYPHEN: Final = 2
APOSTROPHE: Final = 3
DOT: Final = 4
STOP: Final = 5  # a dot and a space
LINE: Final = 6
COMMA: Final = 7
COLON: Final = 8
SLASH: Final = 9
OPENED: Final = 10
CLOSED: Final = 11
ENDED: Final = 12  # a question or exclamation mark
AT: Final = 13
UNDERSCORE: Final = 14
OTHER: Final = 99
KEPT: Final = 100  # cover of what must stay


@kernel
def read_tokens(
    buf: Any, start: Any, end: Any, fold: Any, tok: Any, most: Any, keys: Any, values: Any, room: Any
) -> Any:
    """Find the words and numbers of a text.

    Args:
        buf: bytes.
        start, end: of the text in it.
        fold: what letters become.
        tok: rows to be written, behind `AROUND` rows of nothing and before as many.
        most: rows that there is room for, without those.
        keys, values, room: what is known of words.

    Returns:
        How many there are.
    """
    count, at, gap_from = 0, start, start
    begin, number, length, letters, digits, uppers, caseless, single = -1, SEED, 0, 0, 0, 0, 0, 0
    first_upper, upper = 0, 0
    while at <= end:
        sign, size, what = 0, 1, 0
        if at < end:
            sign = buf[at] + 0
            if sign >= 0x80:
                if 0xC2 <= sign < 0xE0 and at + 1 < end and (buf[at + 1] & 0xC0) == 0x80:
                    sign, size = ((sign & 0x1F) << 6) | (buf[at + 1] & 0x3F), 2
                elif (
                    0xE0 <= sign < 0xF0
                    and at + 2 < end
                    and (buf[at + 1] & 0xC0) == 0x80
                    and (buf[at + 2] & 0xC0) == 0x80
                ):
                    sign, size = ((sign & 0x0F) << 12) | ((buf[at + 1] & 0x3F) << 6) | (buf[at + 2] & 0x3F), 3
                elif 0xF0 <= sign < 0xF5 and at + 3 < end and (buf[at + 1] & 0xC0) == 0x80:
                    sign = (
                        ((sign & 0x07) << 18)
                        | ((buf[at + 1] & 0x3F) << 12)
                        | ((buf[at + 2] & 0x3F) << 6)
                        | (buf[at + 3] & 0x3F)
                    )
                    size = 4
            if sign < FOLDED:
                what = fold[sign] + 0
            elif sign < 0x1F000:
                what = (sign & LETTER) | CASELESS
            elif 0x20000 <= sign < 0x40000:
                what = (sign & LETTER) | CASELESS | SINGLE
        if sign == 38 and is_blank_entity(buf, at, end):
            size = 6
        if what == MARK and begin >= 0 and not (not upper and is_format(sign) and starts_capital(buf, at + size, end)):
            at += size
            continue
        if what <= 0 or (begin >= 0 and (single or what & SINGLE)):
            if begin >= 0 and count < most:
                row = (AROUND + count) * ROW
                tok[row + START] = begin
                tok[row + END] = at
                tok[row + HASH] = number | 1 if number == 0 else number
                shape = NUMBER if letters == 0 else (WORD if digits == 0 else MIXED)
                if first_upper or (caseless and letters == caseless):
                    shape |= CAPITAL
                if uppers >= 2 and uppers == letters:
                    shape |= UPPERCASE
                if single:
                    shape |= ALONE
                tok[row + SHAPE] = shape
                tok[row + LENGTH] = length
                tok[row + COVER] = 0
                tok[row + TITLED] = 0
                tok[row + BITS] = 0 if letters == 0 else known(keys, values, room, number)
                tok[row + GAP] = gap_of(buf, gap_from, begin)
                gap = tok[row + GAP]
                if count == 0 or gap in (STOP, LINE, ENDED):
                    tok[row + SHAPE] = shape | BEGINS
                if count > 0 and gap == LINE and wraps(buf, gap_from, begin, tok[row - ROW + LENGTH]):
                    tok[row + SHAPE] |= WRAPPED
                gap_from = at
                count += 1
            begin = -1
        if what > 0:
            if begin < 0:
                begin, number, length, letters, digits, uppers, caseless, single = (
                    at,
                    SEED,
                    0,
                    0,
                    0,
                    0,
                    0,
                    what & SINGLE,
                )
                first_upper = what & UPPER
            letter, upper = what & LETTER, what & UPPER
            number = (number * STEP + letter) & FULL
            length += 1
            second = (what >> SECOND) & 0x7F
            if second:
                number = (number * STEP + second) & FULL
                length += 1
            if 48 <= letter < 58:
                digits += 1
            else:
                letters += 1
                uppers += 1 if what & UPPER else 0
                caseless += 1 if what & CASELESS else 0
        at += size
    clear(tok, 0, AROUND)
    clear(tok, AROUND + count, AROUND)
    tok[(AROUND + count) * ROW + START] = end
    return count


@kernel
def clear(tok: Any, first: Any, many: Any) -> Any:
    """Rows of nothing."""
    for row in range(first, first + many):
        for at in range(ROW):
            tok[row * ROW + at] = 0
        tok[row * ROW + GAP] = OTHER
    return 0


@kernel
def is_format(sign: Any) -> Any:
    """Whether a sign has no width: a soft hyphen, a joiner, a mark of the order of bytes."""
    return sign == 0xAD or 0x200B <= sign <= 0x200F or 0x2060 <= sign <= 0x2064 or sign == 0xFEFF


@kernel
def starts_capital(buf: Any, at: Any, end: Any) -> Any:
    """Whether a capital of ASCII stands there: behind a small letter and a sign without width, another word."""
    return at < end and 65 <= buf[at] <= 90


@kernel
def is_blank_entity(buf: Any, at: Any, end: Any) -> Any:
    """Whether a blank stands there as a page writes it."""
    return (
        at + 5 < end
        and buf[at] == 38
        and buf[at + 1] == 110
        and buf[at + 2] == 98
        and buf[at + 3] == 115
        and buf[at + 4] == 112
        and buf[at + 5] == 59
    )


@kernel
def wraps(buf: Any, start: Any, end: Any, before: Any) -> Any:
    """Whether one end of a line parts two words, with blanks and marks of a quotation, or the dot of an initial."""
    lines, at = 0, start
    while at < end:
        sign = buf[at] + 0
        if sign == 10:
            lines += 1
        elif sign == 46:
            if at > start or before > 3:
                return False
        elif sign not in (9, 13, 32, 62, 124):
            return False
        at += 1
    return lines == 1


@kernel
def blank_size(buf: Any, at: Any, end: Any) -> Any:
    """How many bytes a blank has, or a sign without width, that is written with several; 0 where there is none."""
    sign = buf[at] + 0
    if sign == 38:
        return 6 if is_blank_entity(buf, at, end) else 0
    if sign < 0xC2 or at + 1 >= end:
        return 0
    second = buf[at + 1] + 0
    if sign == 0xC2:
        return 2 if second in (0x85, 0xA0, 0xAD) else 0
    if at + 2 >= end:
        return 0
    third = buf[at + 2] + 0
    if sign == 0xE2 and second == 0x80 and (third <= 0x8F or third in (0xA8, 0xA9, 0xAF)):
        return 3
    if sign == 0xE2 and second == 0x81 and 0x9F <= third <= 0xA4:
        return 3
    if sign == 0xE3 and second == 0x80 and third == 0x80:
        return 3
    if sign == 0xEF and second == 0xBB and third == 0xBF:
        return 3
    return 0


@kernel
def gap_of(buf: Any, start: Any, end: Any) -> Any:
    """What kind of signs stand between two words."""
    if start == end:
        return NONE
    spaces, lines, kind, signs = 0, 0, NONE, 0
    at = start
    while at < end:
        sign = buf[at] + 0
        wide = blank_size(buf, at, end)
        if sign in (32, 9, 13, 0, 11, 12):
            spaces += 1
        elif wide:
            spaces += 1
            at += wide - 1
        elif sign == 10:
            lines += 1
        else:
            signs += 1
            this = OTHER
            if sign == 45:
                this = HYPHEN
            elif sign in (39, 96):
                this = APOSTROPHE
            elif sign == 46:
                this = DOT
            elif sign == 44:
                this = COMMA
            elif sign == 58:
                this = COLON
            elif sign == 47:
                this = SLASH
            elif sign == 40:
                this = OPENED
            elif sign == 41:
                this = CLOSED
            elif sign in (33, 63):
                this = ENDED
            elif sign == 64:
                this = AT
            elif sign == 95:
                this = UNDERSCORE
            elif sign == 0xE2 and at + 2 < end and buf[at + 1] == 0x80:
                last = buf[at + 2] + 0
                if last in (0x98, 0x99):
                    this = APOSTROPHE
                elif 0x90 <= last <= 0x95:
                    this = HYPHEN
                at += 2
            if signs == 1 or kind == this:
                kind = this
            elif kind in (ENDED, STOP, DOT) or this in (ENDED, DOT):
                kind = ENDED
            else:
                kind = OTHER
        at += 1
    if lines:
        return LINE
    if signs == 0:
        return SPACE
    if kind == DOT and spaces:
        return STOP
    if kind == DOT and signs > 1:
        return OTHER
    if kind in (HYPHEN, APOSTROPHE, AT, SLASH, UNDERSCORE) and spaces:
        return OTHER
    return kind
