# mypy: disable-error-code="var-annotated"
# numpy is untyped here, so what an empty array holds cannot be told from its making.
"""Records split in two, and each half again, for as long as both halves have enough persons: Mondrian, strictly.

The rows themselves are moved, so that a half lies together in memory: with their order alone, each look at a row would
be a look at another place.

Source: LeFevre, DeWitt, Ramakrishnan 2006, "Mondrian multidimensional k-anonymity", with persons in place of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from carrel.deidentification.records.compiled.kernel import kernel

_DEEPEST = 4096


@kernel
def _has_enough(rows: Any, begin: Any, end: Any, person: int, least: int, seen: Any) -> bool:
    """Whether so many persons are among some rows; a row of nobody counts as none."""
    if end - begin < least:
        return False
    if person < 0:
        return True
    found = 0
    for row in range(begin, end):
        who = rows[row, person]
        if who < 0:
            continue
        known = False
        for at in range(found):
            if seen[at] == who:
                known = True
                break
        if not known:
            seen[found] = who
            found += 1
            if found >= least:
                return True
    return False


@kernel
def _put_in_order(numbers: Any, count: Any) -> None:
    """Shell's way: for a few hundred numbers, and quick to compile."""
    gap = count // 2
    while gap > 0:
        for at in range(gap, count):
            number, place = numbers[at], at
            while place >= gap and numbers[place - gap] > number:
                numbers[place] = numbers[place - gap]
                place -= gap
            numbers[place] = number
        gap //= 2


@kernel
def _best_cut(
    rows: Any, begin: Any, end: Any, column: Any, low: Any, high: Any, is_range: Any, least: int, tally: Any
) -> Any:
    """Where a column is cut so that the two halves lose least by its values; and what that saves, in rows times codes.

    Of all cuts that leave enough rows on either side, so that a few values far out do not make a range wide for many.
    Of a column that is released as a range all between the least and the largest counts, else what is there.
    """
    wide, count = high - low + 1, end - begin
    if wide <= 8 * count + 64:
        tally[:wide] = 0
        for row in range(begin, end):
            tally[rows[row, column] - low] += 1
        values = 0
        if not is_range:
            for value in range(wide):
                values += tally[value] > 0
        return _cut_of_tally(tally, wide, wide if is_range else values, count, low, is_range, least)
    for at in range(count):
        tally[at] = rows[begin + at, column]
    _put_in_order(tally, count)
    return _cut_of_order(tally, wide, count, low, is_range, least)


@kernel
def _cut_of_tally(tally: Any, wide: Any, values: Any, count: Any, low: Any, is_range: Any, least: int) -> Any:
    best, cut = 0, low - 1
    running, before, seen = 0, 0, 0
    for value in range(wide):
        if not tally[value]:
            continue
        if running >= least and count - running >= least:
            left = before + 1 if is_range else seen
            right = wide - value if is_range else values - seen
            saved = count * values - running * left - (count - running) * right
            if saved > best:
                best, cut = saved, low + before
        running += tally[value]
        before = value
        seen += 1
    return cut, best


@kernel
def _cut_of_order(ordered: Any, wide: Any, count: Any, low: Any, is_range: Any, least: int) -> Any:
    best, cut, seen = 0, low - 1, 1
    values = 1
    for at in range(1, count):
        values += ordered[at] != ordered[at - 1]
    whole = wide if is_range else values
    for at in range(1, count - least + 1):
        if ordered[at] == ordered[at - 1]:
            continue
        if at >= least:
            left = ordered[at - 1] - low + 1 if is_range else seen
            right = wide - (ordered[at] - low) if is_range else values - seen
            saved = count * whole - at * left - (count - at) * right
            if saved > best:
                best, cut = saved, ordered[at - 1]
        seen += 1
    return cut, best


@kernel
def _parted(rows: Any, begin: Any, end: Any, column: Any, border: Any) -> Any:
    """Move rows up to a border before the others; where the others begin."""
    left, right = begin, end - 1
    while True:
        while left <= right and rows[left, column] <= border:
            left += 1
        while left <= right and rows[right, column] > border:
            right -= 1
        if left >= right:
            return left
        for at in range(rows.shape[1]):
            rows[left, at], rows[right, at] = rows[right, at], rows[left, at]


@kernel
def split(rows: Any, columns: int, person: int, least: int, widths: Any, ranges: Any) -> Any:  # noqa: C901, PLR0912  (one loop)
    """Split for as long as both halves hold enough persons.

    Args:
        rows: of each row its codes, and more that moves with it. They are put into another order.
        columns: how many codes there are.
        person: the column with a number for the person; negative to count rows.
        least: persons, or rows, of each group.
        widths: how many codes each column has.
        ranges: of each column whether all codes between two count as lost, or only those that are there.

    Returns:
        Where each group begins, and one more; the least and the largest code of each group and column.
    """
    total = rows.shape[0]
    most_groups = total // least + 1
    starts = np.empty(most_groups + 1, np.int64)
    lows = np.empty((most_groups, columns), np.int32)
    highs = np.empty((most_groups, columns), np.int32)
    seen = np.empty(least, np.int32)
    tally = np.empty(max(1 << 16, widths.max() + 1), np.int64)
    low, high = np.empty(columns, np.int32), np.empty(columns, np.int32)
    cuts, saved = np.empty(columns, np.int64), np.empty(columns, np.float64)
    ends = np.empty(_DEEPEST, np.int64)
    depth, groups = 1, 0
    begin: Any = 0
    ends[0] = total
    while depth:
        end = ends[depth - 1]
        for at in range(columns):
            low[at] = high[at] = rows[begin, at]
        for row in range(begin + 1, end):
            for at in range(columns):
                code = rows[row, at]
                low[at] = min(low[at], code)
                high[at] = max(high[at], code)
        border: Any = -1
        if end - begin >= 2 * least and depth < _DEEPEST:
            for at in range(columns):
                cuts[at], saved[at] = low[at] - 1, 0.0
                if high[at] > low[at]:
                    cut, gain = _best_cut(rows, begin, end, at, low[at], high[at], ranges[at], least, tally)
                    cuts[at], saved[at] = cut, gain / max(widths[at] - 1, 1)
            for _ in range(columns):
                column = 0
                for at in range(1, columns):
                    if saved[at] > saved[column]:
                        column = at
                if saved[column] <= 0:
                    break
                middle = _parted(rows, begin, end, column, cuts[column])
                if _has_enough(rows, begin, middle, person, least, seen) and _has_enough(
                    rows, middle, end, person, least, seen
                ):
                    border = middle
                    break
                saved[column] = 0.0
        if border >= 0:
            ends[depth] = border
            depth += 1
            continue
        starts[groups] = begin
        for at in range(columns):
            lows[groups, at], highs[groups, at] = low[at], high[at]
        groups += 1
        begin = end
        depth -= 1
    starts[groups] = total
    return starts[: groups + 1].copy(), lows[:groups].copy(), highs[:groups].copy()
