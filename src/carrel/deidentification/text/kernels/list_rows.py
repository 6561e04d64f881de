"""Rows of a list as they come, in bytes of CSV, cut into the lines that `listing` learns.

Source: RFC 4180.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.listing import FIELD

# What is told.
ROWS: Final = 0
TOO_WIDE: Final = 1  # the first row with more fields than there may be; 0 where none has
TOLD: Final = 2  # how many bytes each list got stands behind these

_QUOTE: Final = 34
_LINE: Final = 10
_RETURN: Final = 13


@kernel
def cut_rows(
    buf: Any, size: Any, ended: Any, names: Any, between: Any, width: Any, places: Any, lists: Any, lines: Any, stride: Any, counts: Any,
) -> Any:  # fmt: skip
    """Cut whole rows.

    Args:
        buf, size: bytes that begin with a row.
        ended: whether nothing comes behind them.
        names: whether the first row names the columns, and is left out.
        between: the delimiter.
        width: the most fields of a row.
        places: room for where each of these begins and ends.
        lists: how many lists are made, and for each how many fields its lines are of, and which; the last of several is
            the family name.
        lines: takes the lines of each list from its own `stride` on.
        stride: room of each, more than `size` and its rows.
        counts: takes what is told; zeros before.

    Returns:
        How many bytes were cut.
    """
    at, cut = 0, 0
    while at < size:
        fields, begin, open_, is_row = 0, at, False, False
        while at < size and not is_row:
            sign = buf[at] + 0
            if open_:
                if sign == _QUOTE:
                    open_ = at + 1 < size and buf[at + 1] == _QUOTE
                    at += 1 if open_ else 0
            elif sign == _QUOTE and at == begin:
                open_ = True
            elif sign == between or sign in (_LINE, _RETURN):
                if fields < width:
                    places[2 * fields] = begin
                    places[2 * fields + 1] = at
                fields += 1
                is_row = sign != between
                begin = at + 1
            at += 1
        if not is_row:
            if not ended:
                return cut
            if fields < width:
                places[2 * fields] = begin
                places[2 * fields + 1] = size
            fields += 1
        elif buf[at - 1] == _RETURN:
            if at == size and not ended:
                return cut
            if at < size and buf[at] == _LINE:
                at += 1
        if fields == 1 and places[0] == places[1]:
            cut = at
            continue  # an empty line
        if names:
            names, cut = 0, at
            continue
        counts[ROWS] += 1
        if fields > width:
            counts[TOO_WIDE] = counts[ROWS]
            return cut
        for one in range(fields, width):
            places[2 * one] = at  # no zero: the compiler would call a function that is not there later
            places[2 * one + 1] = at
        write_row(buf, places, lists, lines, stride, counts)
        cut = at
    return cut


@kernel
def write_row(buf: Any, places: Any, lists: Any, lines: Any, stride: Any, counts: Any) -> Any:
    """Write the line that a row is in each list."""
    spec = 1
    for one in range(lists[0]):
        many = lists[spec] + 0
        to = one * stride + counts[TOLD + one]
        for step in range(many):
            if step:
                lines[to] = FIELD if step == many - 1 else 32
                to += 1
            place = lists[spec + 1 + step]
            if place >= 0:
                to = write_field(buf, places[2 * place], places[2 * place + 1], lines, to)
        lines[to] = _LINE
        counts[TOLD + one] = to + 1 - one * stride
        spec += 1 + many
    return 0


@kernel
def write_field(buf: Any, start: Any, end: Any, lines: Any, to: Any) -> Any:
    """Write a field without its quotes, and with blanks for the ends of its lines.

    Returns:
        Where it ends.
    """
    quoted = start < end and buf[start] == _QUOTE
    at = start + 1 if quoted else start + 0
    while at < end:
        sign = buf[at] + 0
        at += 1
        if quoted and sign == _QUOTE:
            if at < end and buf[at] == _QUOTE:
                at += 1
            else:
                quoted = False
                continue
        lines[to] = 32 if sign == _LINE else sign
        to += 1
    return to
