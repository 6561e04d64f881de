"""One line written in machine code: from what was found of its fields, and from what the tables say of them."""

from __future__ import annotations

from typing import Any, Final

from numba import njit

from carrel.deidentification.logs.compiled.byte_words import byte_at, copied, found, number_at, put_byte
from carrel.deidentification.logs.compiled.layout import (
    COUNT,
    END,
    ENDINGS,
    FOLDER_FOUND,
    FOUND,
    LENGTH,
    LISTED,
    LONGEST_TEXT,
    MADE,
    METHOD_FOUND,
    MORE,
    NAME,
    NAME_END,
    NO_HOST,
    PAGE,
    PLAIN,
    PROTOCOL,
    PROTOCOL_FOUND,
    ROW,
    ROWS,
    SHAPED,
    SMALL,
    START,
    STEP,
    STEPS,
    TEXTS,
    VALUE,
    WORDS,
)
from carrel.deidentification.logs.compiled.line_program import Ends, Made
from carrel.deidentification.logs.compiled.text_lookup import known_at

_MOST_PARTS: Final = 8  # as `page_address` has it
_SLASH, _DASH, _DOT, _STAR, _ZERO, _NEW_LINE = 47, 45, 46, 42, 48, 10
_TEXT = int(Ends.TEXT)
_NOTHING, _SIZE, _ADDRESS, _REQUEST = int(Made.NOTHING), int(Made.SIZE), int(Made.ADDRESS), int(Made.REQUEST)


@njit(nogil=True)
def _value(entry: Any, there: Any) -> Any:
    return copied(number_at(entry, VALUE), number_at(entry, MADE), there)


@njit(nogil=True)
def _listed(at: Any, length: Any, tag: Any, listed: Any, small: Any) -> Any:
    """Whether a text, in small letters, is a word of a list; ``small`` holds it then."""
    if length > number_at(listed, LONGEST_TEXT):
        return False
    for n in range(length):
        sign = byte_at(at + n)
        put_byte(small + n, sign + 32 if 65 <= sign <= 90 else sign)  # noqa: PLR2004  (A to Z)
    return known_at(listed, tag, small, length) != 0


@njit(nogil=True)
def _folders(at: Any, end: Any, listed: Any, small: Any, there: Any) -> Any:
    """The parts of a path, each with its slash: listed words, and a star for any other and for all that is deeper."""
    parts = 0
    while at < end and parts <= _MOST_PARTS:
        stop = found(at, end, _SLASH)
        if parts < _MOST_PARTS and _listed(at, stop - at, WORDS, listed, small):
            there = copied(small, stop - at, there)
        else:
            put_byte(there, _STAR)
            there += 1
        put_byte(there, _SLASH)
        there += 1
        parts += 1
        at = stop + 1
    return there


@njit(nogil=True)
def _name(at: Any, end: Any, listed: Any, small: Any, there: Any) -> Any:
    """The last part of a path: a listed word, or a star with its ending.

    A name of letters and digits that is not listed as it stands is a star, also where it would be in small letters.
    """
    length = end - at
    if not length or (length == 1 and byte_at(at) == _DASH):
        return copied(at, length, there)
    digit, other, dot, large = False, False, -1, False
    for n in range(at, end):
        sign = byte_at(n)
        if _ZERO <= sign <= 57:  # noqa: PLR2004  (9)
            digit = True
        elif 65 <= sign <= 90:  # noqa: PLR2004  (A to Z)
            large = True
        elif not 97 <= sign <= 122:  # noqa: PLR2004  (a to z)
            other = True
            if sign == _DOT:
                dot = n
    if digit and not other and large:
        put_byte(there, _STAR)
        return there + 1
    if _listed(at, length, WORDS, listed, small):
        return copied(small, length, there)
    put_byte(there, _STAR)
    there += 1
    if dot >= 0 and _listed(dot + 1, end - dot - 1, ENDINGS, listed, small):
        put_byte(there, _DOT)
        there = copied(small, end - dot - 1, there + 1)
    return there


@njit(nogil=True)
def _page(row: Any, listed: Any, small: Any, there: Any) -> Any:
    """Folder and name of a page."""
    folder, name = number_at(row, PAGE), number_at(row, NAME)
    if folder < name:
        if byte_at(folder) == _SLASH:
            put_byte(there, _SLASH)
            there = _folders(folder + 1, name, listed, small, there + 1)
        else:
            entry = number_at(row, FOLDER_FOUND)
            there = _value(entry, there)
            if number_at(entry, MORE) != NO_HOST:
                there = _folders(folder + number_at(entry, LENGTH), name, listed, small, there)
    return _name(name, number_at(row, NAME_END), listed, small, there)


@njit(nogil=True)
def _size(at: Any, end: Any, there: Any) -> Any:
    """A number to its first two digits."""
    there = copied(at, min(end - at, 2), there)
    for _ in range(at + 2, end):
        put_byte(there, _ZERO)
        there += 1
    return there


@njit(nogil=True)
def write_line(block: Any, there: Any) -> Any:
    """Write a line of which every text is known; gives where the next one goes."""
    steps, count, rows = number_at(block, STEPS), number_at(block, COUNT), number_at(block, ROWS)
    texts, listed, small = number_at(block, TEXTS), number_at(block, LISTED), number_at(block, SMALL)
    for n in range(count):
        step, row = steps + n * STEP, rows + n * ROW
        made = number_at(step, 1)
        if number_at(step, 0) == _TEXT:
            there = copied(texts + number_at(step, 2), number_at(step, 3), there)
        elif made == _NOTHING or (made == _REQUEST and not number_at(row, SHAPED)):
            put_byte(there, _DASH)
            there += 1
        elif made == _REQUEST:
            there = _value(number_at(row, METHOD_FOUND), there)
            there = _page(row, listed, small, there)
            if number_at(row, PROTOCOL) < number_at(row, END):
                there = _value(number_at(row, PROTOCOL_FOUND), there)
        elif made == _SIZE:
            there = _size(number_at(row, START), number_at(row, END), there)
        elif made == _ADDRESS and number_at(row, FOUND) == PLAIN:
            there = copied(number_at(row, START), number_at(row, NAME) - number_at(row, START), there)
            put_byte(there, _ZERO)
            there += 1
        else:
            there = _value(number_at(row, FOUND), there)
    put_byte(there, _NEW_LINE)
    return there + 1
