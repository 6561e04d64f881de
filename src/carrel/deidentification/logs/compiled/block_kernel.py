"""A block of lines in machine code: read, looked up, written; what is not plain to see is handed back.

A line is read first, then each text of it is looked up, then it is written. So nothing of a line is written before all
of it is known to fit. A text that was not seen before ends the writing: the rest of the block is only read, so that
all such texts come back at once, and the plain way says what each of them becomes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from carrel.deidentification.logs.compiled.byte_words import byte_at, copied, found, number_at, put_byte, put_number
from carrel.deidentification.logs.compiled.layout import (
    COUNT,
    DAY,
    DAYS,
    DOUBTFUL,
    DROPPED,
    END,
    FOLDER,
    FOLDER_FOUND,
    FOUND,
    IN_TIME,
    METHOD,
    METHOD_FOUND,
    MINUTES,
    MISSED_TEXTS,
    MORE,
    MOST_MISSED,
    MOST_ODD,
    NAME,
    ODD_LINES,
    PAGE,
    PIECES,
    PLAIN,
    PROTOCOL,
    PROTOCOL_FOUND,
    ROW,
    ROWS,
    SECONDS,
    SHAPED,
    SMALL,
    START,
    STEP,
    STEPS,
    TABLE,
    TEXTS,
    TIMED,
    TODAY,
    VERSION,
    WIDEST,
)
from carrel.deidentification.logs.compiled.line_program import Ends, Made
from carrel.deidentification.logs.compiled.line_reading import read_line
from carrel.deidentification.logs.compiled.line_writing import write_line
from carrel.deidentification.logs.compiled.text_lookup import known_at

_SLASH, _ZERO, _FIVE, _SIX, _NINE, _NEW_LINE = 47, 48, 53, 54, 57, 10
_NOTHING, _BY_DAY, _TIME, _SIZE = int(Made.NOTHING), int(Made.BY_DAY), int(Made.TIME), int(Made.SIZE)
_ADDRESS, _REQUEST, _TEXT = int(Made.ADDRESS), int(Made.REQUEST), int(Ends.TEXT)


@njit(nogil=True)
def _note(missed: Any, count: Any, tag: Any, at: Any, length: Any) -> Any:
    """Keep the place of a text that was not seen before; without room the block is looked at again later."""
    if count < MOST_MISSED:
        put_number(missed, count * 3, tag)
        put_number(missed, count * 3 + 1, at)
        put_number(missed, count * 3 + 2, length)
        return count + 1
    return count


@njit(nogil=True)
def _coarse(at: Any, length: Any, place: Any, most: Any, small: Any) -> Any:
    """Make two digits of a time zeros; false where they are none, or more than they can be."""
    if place < 0:
        return True
    if place + 2 > length or not (_ZERO <= byte_at(at + place) <= most and _ZERO <= byte_at(at + place + 1) <= _NINE):
        return False
    put_byte(small + place, _ZERO)
    put_byte(small + place + 1, _ZERO)
    return True


@njit(nogil=True)
def _host_end(at: Any, end: Any) -> Any:
    """The end of scheme and host and the slash behind them, of a folder that begins with no slash."""
    scheme = found(at, end, _SLASH)
    if scheme + 1 >= end or byte_at(scheme + 1) != _SLASH:
        return end
    host = found(scheme + 2, end, _SLASH)
    return host + 1 if host < end else end


@njit(nogil=True)
def _request(tag: Any, row: Any, table: Any, missed: Any, count: Any) -> Any:
    """Look up the pieces of a request; gives how many texts were not seen by now."""
    start, page, name = number_at(row, START), number_at(row, PAGE), number_at(row, NAME)
    entry = known_at(table, tag + METHOD, start, page - start)
    put_number(row, METHOD_FOUND, entry)
    if not entry:
        count = _note(missed, count, tag + METHOD, start, page - start)
    if page < name and byte_at(page) != _SLASH:
        end = _host_end(page, name)
        entry = known_at(table, tag + FOLDER, page, end - page)
        put_number(row, FOLDER_FOUND, entry)
        if not entry:
            count = _note(missed, count, tag + FOLDER, page, end - page)
    protocol, end = number_at(row, PROTOCOL), number_at(row, END)
    if protocol < end:
        entry = known_at(table, tag + VERSION, protocol, end - protocol)
        put_number(row, PROTOCOL_FOUND, entry)
        if not entry:
            count = _note(missed, count, tag + VERSION, protocol, end - protocol)
    return count


@njit(nogil=True)
def _time(rows: Any, block: Any) -> Any:
    """The entry of a line's time, without the digits that are not kept; 0 where it is new, -1 where it is none."""
    timed, small = number_at(block, TIMED), number_at(block, SMALL)
    row = rows + timed * ROW
    at, length = number_at(row, START), number_at(row, END) - number_at(row, START)
    copied(at, length, small)
    if not _coarse(at, length, number_at(block, MINUTES), _FIVE, small):
        return np.int64(-1)
    if not _coarse(at, length, number_at(block, SECONDS), _SIX, small):  # a leap second is one too
        return np.int64(-1)
    entry = known_at(number_at(block, TABLE), timed * PIECES, small, length)
    put_number(row, FOUND, entry)
    return entry


@njit(nogil=True)
def _look_up(steps: Any, count: Any, rows: Any, day: Any, table: Any, missed: Any, new: Any) -> Any:
    """Look every text of a line up; gives how many were not seen by now, -1 where one of them does not fit."""
    for n in range(count):
        step, row = steps + n * STEP, rows + n * ROW
        made, tag = number_at(step, 1), n * PIECES
        if number_at(step, 0) == _TEXT or made in (_NOTHING, _TIME, _SIZE):
            continue
        if made == _REQUEST:
            if number_at(row, SHAPED):
                new = _request(tag, row, table, missed, new)
            continue
        if made == _ADDRESS and number_at(row, FOUND) == PLAIN:
            continue
        if made == _BY_DAY:
            tag += day * DAYS
        at = number_at(row, START)
        entry = known_at(table, tag, at, number_at(row, END) - at)
        put_number(row, FOUND, entry)
        if not entry:
            new = _note(missed, new, tag, at, number_at(row, END) - at)
        elif number_at(entry, MORE) == DOUBTFUL:
            return np.int64(-1)
    return new


@njit(nogil=True)
def _known(at: Any, end: Any, block: Any, new: Any) -> Any:
    """Read a line and look its texts up.

    Returns:
        Whether it is of the format, the verdict on its time, and how many texts were not seen by now.
    """
    steps, count, rows = number_at(block, STEPS), number_at(block, COUNT), number_at(block, ROWS)
    day, verdict, timed = number_at(block, TODAY), np.int64(IN_TIME), number_at(block, TIMED)
    missed = number_at(block, MISSED_TEXTS)
    if not read_line(at, end, steps, count, number_at(block, TEXTS), rows):
        return False, verdict, new
    if timed >= 0:
        entry = _time(rows, block)
        if entry == 0:  # its day is not known, nor what hangs on that
            row = rows + timed * ROW
            start = number_at(row, START)
            return False, verdict, _note(missed, new, timed * PIECES, start, number_at(row, END) - start)
        if entry < 0 or number_at(entry, MORE) == DOUBTFUL:
            return False, verdict, new
        verdict, day = number_at(entry, MORE), number_at(entry, DAY)
    now = _look_up(steps, count, rows, day, number_at(block, TABLE), missed, new)
    return now >= 0, verdict, now if now >= 0 else new


@njit(nogil=True)
def _hand_back(block: Any, handed: Any, at: Any, end: Any) -> Any:
    """Keep the place of a line for the plain way; gives how many there are now."""
    put_number(number_at(block, ODD_LINES), handed * 2, at)
    put_number(number_at(block, ODD_LINES), handed * 2 + 1, end)
    return handed + 1


@njit(nogil=True)
def scrub_block(block: Any, start: Any, stop: Any, out: Any, most: Any, told: Any) -> None:
    """Scrub lines up to the end of a block, or to the first text that was not seen before.

    Args:
        block: address of what it goes by, as `layout` has it.
        start: address of a line's beginning.
        stop: of the block's end; a line's end stands there.
        out: address that takes what is written.
        most: bytes of room there.
        told: address of numbers that take how far it came, as an address, the end of what was written, lines that
            passed, lines past their time, texts not seen, and lines handed back.
    """
    at = done = start
    there, last = out, out + most - number_at(block, WIDEST)
    passed = late = new = handed = np.int64(0)
    while at < stop and new < MOST_MISSED and handed < MOST_ODD and there <= last:
        end = found(at, stop, _NEW_LINE)
        if end > at:
            fits, verdict, new = _known(at, end, block, new)
            if new:  # what comes behind a line that has to wait is only read
                pass
            elif not fits:
                handed = _hand_back(block, handed, at, end)
            else:
                late += verdict != IN_TIME
                if verdict != DROPPED:
                    there = write_line(block, there)
                    passed += 1
        at = end + 1
        if not new:
            done = at
    put_number(told, 0, done)
    put_number(told, 1, there)
    put_number(told, 2, passed)
    put_number(told, 3, late)
    put_number(told, 4, new)
    put_number(told, 5, handed)
