"""One line read in machine code: where each field of it begins and ends, by the steps of its format.

What is found goes into a row of numbers for each step. A line that the steps do not lead through is none of these
functions' business: it is handed back to the plain way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from carrel.deidentification.logs.compiled.byte_words import (
    byte_at,
    equal,
    first_of,
    found,
    found_any,
    hits,
    last_of,
    number_at,
    put_number,
    word_at,
)
from carrel.deidentification.logs.compiled.layout import (
    END,
    FOUND,
    LONGEST,
    NAME,
    NAME_END,
    PAGE,
    PLAIN,
    PROTOCOL,
    ROW,
    SHAPED,
    START,
    STEP,
    WIDE,
)
from carrel.deidentification.logs.compiled.line_program import Ends, Made

_SPACE, _QUOTE, _BACK, _SLASH, _QUESTION, _CR, _DASH, _DOT, _OPEN = 32, 34, 92, 47, 63, 13, 45, 46, 91
_TAB, _NEW_LINE = 9, 10
_A, _Z, _ZERO, _NINE = 65, 90, 48, 57
_MOST_METHOD, _MOST_DIGITS, _OCTETS, _MOST_OCTET, _OCTET_DIGITS = 12, 12, 4, 255, 3
_TEXT, _SIGN, _BRACKET, _QUOTED = int(Ends.TEXT), int(Ends.SIGN), int(Ends.BRACKET), int(Ends.QUOTE)
_NOTHING, _SIZE, _ADDRESS = int(Made.NOTHING), int(Made.SIZE), int(Made.ADDRESS)
_REQUEST, _REFERRER = int(Made.REQUEST), int(Made.REFERRER)
# The first bytes of a word, as numbers: " HTTP/", "http:", "https:" and "//".
_HTTP, _SIX = np.uint64(0x2F5054544820), np.uint64(0xFFFFFFFFFFFF)
_PLAIN_SCHEME, _SEVEN = np.uint64(0x2F2F3A70747468), np.uint64(0xFFFFFFFFFFFFFF)
_SAFE_SCHEME = np.uint64(0x2F2F3A7370747468)


@njit(nogil=True)
def _stops(at: Any) -> Any:
    """Which of the next bytes are none of a page's address: blank, quotation mark, tab, backslash, a line's end."""
    blanks = hits(at, _SPACE) | hits(at, _TAB) | hits(at, _CR) | hits(at, _NEW_LINE)
    return blanks | hits(at, _QUOTE) | hits(at, _BACK)


@njit(nogil=True)
def _quoted(at: Any, end: Any) -> Any:
    """The quotation mark that ends a text; what a backslash stands before is part of it. -1 where there is none."""
    while True:
        at = found_any(at, end, _QUOTE, _BACK)
        if at >= end:
            return -1
        if byte_at(at) == _QUOTE:
            return at
        at += 2


@njit(nogil=True)
def _page(at: Any, row: Any) -> Any:
    """Folder and name of a page, and what was asked of it; where that ends.

    A line's end is none of the signs of a page, so the byte at the end of all may be read.
    """
    put_number(row, PAGE, at)
    name = at
    some = _stops(at) | hits(at, _QUESTION)
    while not some:
        slashes = hits(at, _SLASH)
        if slashes:
            name = at + last_of(slashes) + 1
        at += WIDE
        some = _stops(at) | hits(at, _QUESTION)
    slashes = hits(at, _SLASH) & ((np.int64(1) << first_of(some)) - 1)
    if slashes:
        name = at + last_of(slashes) + 1
    at += first_of(some)
    put_number(row, NAME, name)
    put_number(row, NAME_END, at)
    if byte_at(at) != _QUESTION:
        return at
    some = _stops(at)  # a further question mark, or a slash, is part of what was asked
    while not some:
        at += WIDE
        some = _stops(at)
    return at + first_of(some)


@njit(nogil=True)
def _request(at: Any, end: Any, row: Any) -> Any:
    """Method, page and protocol up to a quotation mark, and where that is; -1 for a request of another shape."""
    start = at
    while _A <= byte_at(at) <= _Z:
        at += 1
    if at == start or at - start > _MOST_METHOD or byte_at(at) != _SPACE:
        return -1
    put_number(row, START, start)
    at = _page(at + 1, row)
    put_number(row, PROTOCOL, at)
    if word_at(at) & _SIX == _HTTP:
        at += 6
        if not _ZERO <= byte_at(at) <= _NINE:
            return -1
        at += 1
        if byte_at(at) == _DOT and _ZERO <= byte_at(at + 1) <= _NINE:
            at += 2
    put_number(row, END, at)
    return at if at < end and byte_at(at) == _QUOTE else -1


@njit(nogil=True)
def _is_size(at: Any, end: Any) -> Any:
    if end - at == 1 and byte_at(at) == _DASH:
        return True
    if not 1 <= end - at <= _MOST_DIGITS:
        return False
    while at < end and _ZERO <= byte_at(at) <= _NINE:
        at += 1
    return at == end


@njit(nogil=True)
def _last_octet(at: Any, end: Any) -> Any:
    """Where the last of four numbers of an address begins; -1 where the text is no such address."""
    count, start = 0, at
    while True:
        number, digits = 0, 0
        while at < end and _ZERO <= byte_at(at) <= _NINE:
            number = number * 10 + byte_at(at) - _ZERO
            digits += 1
            at += 1
            if digits > _OCTET_DIGITS:
                return -1
        if not digits or number > _MOST_OCTET or (digits > 1 and byte_at(start) == _ZERO):
            return -1
        count += 1
        if at == end:
            return start if count == _OCTETS else -1
        if count == _OCTETS or byte_at(at) != _DOT:
            return -1
        at += 1
        start = at


@njit(nogil=True)
def _came_from(at: Any, end: Any) -> Any:
    """Where scheme and host of a referrer end; where it begins, if it has none."""
    word = word_at(at)
    if word == _SAFE_SCHEME:
        host = at + 8
    elif word & _SEVEN == _PLAIN_SCHEME:
        host = at + 7
    else:
        return at
    return found_any(host, end, _SLASH, _BACK)


@njit(nogil=True)
def _field_end(at: Any, end: Any, how: Any, sign: Any) -> Any:
    """Where a field ends; -1 where it does not."""
    if how == _SIGN:
        stop = found(at, end, sign)
        return stop if stop < end else -1
    if how == _BRACKET:
        stop = found(at, end, _OPEN)
        return stop - 1 if at < stop < end else -1
    if how == _QUOTED:
        return _quoted(at, end)
    stop = found(at, end, _CR)
    return stop if stop >= end - 1 else -1


@njit(nogil=True)
def _field(at: Any, end: Any, step: Any, row: Any) -> Any:
    """Where a field of a step ends, or of a request; -1 where the line is not to be read so."""
    made = number_at(step, 1)
    if made == _REQUEST:
        stop = _request(at, end, row)
        put_number(row, SHAPED, stop >= 0)
        if stop < 0:
            stop = _quoted(at, end)
        return stop if stop - at <= LONGEST else -1
    stop = _field_end(at, end, number_at(step, 0), number_at(step, 2))
    if stop < 0:
        return -1
    text_end = stop
    if made == _REFERRER:
        text_end = _came_from(at, stop)
    elif made == _ADDRESS:
        octet = _last_octet(at, stop)
        put_number(row, FOUND, PLAIN if octet >= 0 else 0)
        put_number(row, NAME, octet)
    elif made == _SIZE and not _is_size(at, stop):
        return -1
    put_number(row, START, at)
    put_number(row, END, text_end)
    return stop if made == _NOTHING or text_end - at <= LONGEST else -1


@njit(nogil=True)
def read_line(at: Any, end: Any, steps: Any, count: Any, texts: Any, rows: Any) -> Any:
    """Whether a line, without its end, is of the format; the rows of the steps tell where its fields are."""
    for n in range(count):
        step = steps + n * STEP
        if number_at(step, 0) == _TEXT:
            length = number_at(step, 3)
            if end - at < length or not equal(at, texts + number_at(step, 2), length):
                return False
            at += length
        else:
            at = _field(at, end, step, rows + n * ROW)
            if at < 0:
                return False
    return at == end or (at == end - 1 and byte_at(at) == _CR)
