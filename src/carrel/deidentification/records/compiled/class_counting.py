"""Rows put into classes of equal values, and each class counted: its rows, and its persons up to a limit."""

# mypy: disable-error-code="var-annotated"
# numpy is untyped here, so what an empty array holds cannot be told from its making.

from __future__ import annotations

from typing import Any

import numpy as np

from carrel.deidentification.records.compiled.kernel import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FREE = -1


@kernel
def keys_of(codes: Any, maps: Any, offsets: Any, strides: Any) -> Any:
    """One number for each row, equal where the generalised values of all columns are.

    Args:
        codes: of each column and row.
        maps: for all columns one behind the other, the group of each code.
        offsets: where the map of a column begins.
        strides: by which a column's group is multiplied.
    """
    columns, rows = codes.shape
    keys = np.zeros(rows, np.int64)
    for column in range(columns):
        base, stride = offsets[column], strides[column]
        for row in range(rows):
            keys[row] += maps[base + codes[column, row]] * stride
    return keys


@kernel
def numbered_dense(keys: Any, space: int) -> Any:
    """Classes numbered in order of appearance, of keys below a limit; and the first row of each."""
    seats = np.full(space, FREE, np.int32)
    classes = np.empty(keys.shape[0], np.int32)
    first = np.empty(keys.shape[0], np.int32)
    count = 0
    for row in range(keys.shape[0]):
        found = seats[keys[row]]
        if found == FREE:
            found = count
            seats[keys[row]] = count
            first[count] = row
            count += 1
        classes[row] = found
    return classes, first[:count].copy()


@kernel
def numbered_hashed(keys: Any, bits: int) -> Any:
    """As `numbered_dense`, of any keys, with a table of two to the power of ``bits`` seats."""
    mask = (np.int64(1) << bits) - 1
    shift = np.uint64(64 - bits)
    seats = np.full(1 << bits, FREE, np.int32)
    known = np.empty(1 << bits, np.int64)
    classes = np.empty(keys.shape[0], np.int32)
    first = np.empty(keys.shape[0], np.int32)
    count = 0
    for row in range(keys.shape[0]):
        key = keys[row]
        seat = np.int64((np.uint64(key) * _GOLDEN) >> shift)
        while seats[seat] != FREE and known[seat] != key:
            seat = (seat + 1) & mask
        if seats[seat] == FREE:
            seats[seat] = count
            known[seat] = key
            first[count] = row
            count += 1
        classes[row] = seats[seat]
    return classes, first[:count].copy()


@kernel
def added_up(classes: Any, weights: Any, count: int) -> Any:
    """The rows of each class."""
    total = np.zeros(count, np.int64)
    for row in range(classes.shape[0]):
        total[classes[row]] += weights[row]
    return total


@kernel
def persons_joined(classes: Any, starts: Any, persons: Any, count: int, most: int) -> Any:  # noqa: C901  (one loop; numba inlines nothing across modules)
    """The persons of each class, none twice, and no more than ``most``: a class that has so many is large enough.

    Args:
        classes: of each row.
        starts: where the persons of a row begin in ``persons``; one more than there are rows.
        persons: a row's own, none twice.
        count: of classes.
        most: at which a class is large enough.

    Returns:
        Where the persons of each class begin, the persons, and how many each has.
    """
    room = np.zeros(count + 1, np.int64)
    for row in range(classes.shape[0]):
        place = classes[row] + 1
        room[place] = min(most, room[place] + starts[row + 1] - starts[row])
    for one in range(count):
        room[one + 1] += room[one]
    joined = np.empty(room[count], np.int32)
    sizes = np.zeros(count, np.int32)
    for row in range(classes.shape[0]):
        one = classes[row]
        size = sizes[one]
        if size >= most:
            continue
        base = room[one]
        for at in range(starts[row], starts[row + 1]):
            person = persons[at]
            known = False
            for place in range(base, base + size):
                if joined[place] == person:
                    known = True
                    break
            if not known:
                joined[base + size] = person
                size += 1
                if size >= most:
                    break
        sizes[one] = size
    tight = np.empty(count + 1, np.int64)
    tight[0] = 0
    for one in range(count):
        tight[one + 1] = tight[one] + sizes[one]
        for at in range(sizes[one]):
            joined[tight[one] + at] = joined[room[one] + at]
    return tight, joined[: tight[count]].copy(), sizes


@kernel
def left_out(good: Any, weights: Any, first: Any, codes: Any, offsets: Any, losses: Any) -> Any:
    """What leaving out classes costs: their rows, and what these lose more by that than by their values.

    Args:
        good: of each class whether it stays.
        weights: of each class, in rows.
        first: a row of each class.
        codes: as of `keys_of`.
        offsets: as of `keys_of`.
        losses: of each code's group, placed as the maps of `keys_of`.
    """
    rows, more = 0, 0.0
    for one in range(good.shape[0]):
        if good[one]:
            continue
        rows += weights[one]
        lost = 0.0
        for column in range(codes.shape[0]):
            lost += losses[offsets[column] + codes[column, first[one]]]
        more += weights[one] * (1.0 - lost / codes.shape[0])
    return rows, more
