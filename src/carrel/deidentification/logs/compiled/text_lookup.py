"""The table of texts, looked into and filled by machine code: by the whole text, never by its hash alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from carrel.deidentification.logs.compiled.byte_words import copied, equal, hashed, number_at, put_number
from carrel.deidentification.logs.compiled.layout import (
    DAY,
    ENTRIES,
    ENTRY,
    HASH,
    KEY,
    LENGTH,
    MADE,
    MASK,
    MORE,
    SEED,
    SLOTS,
    TAG,
    TAKEN,
    VALUE,
)

_TAG_MIX = np.uint64(0xD6E8FEB86659FD93)


@njit(nogil=True)
def _start(seed: Any, tag: Any) -> Any:
    return (np.uint64(seed) ^ np.uint64(tag)) * _TAG_MIX


@njit(nogil=True)
def known_at(table: Any, tag: Any, at: Any, length: Any) -> Any:
    """The address of the entry of a text under its tag; 0 where there is none.

    Args:
        table: address of addresses of slots and entries, how many slots less one, and the seed.
        tag: of the field.
        at: address of the text.
        length: of it.
    """
    slots, entries, mask = number_at(table, SLOTS), number_at(table, ENTRIES), number_at(table, MASK)
    number = np.int64(hashed(at, length, _start(number_at(table, SEED), tag)))
    slot = number & mask
    while True:
        n = number_at(slots, slot)
        if n < 0:
            return np.int64(0)
        entry = entries + n * ENTRY
        if (
            number_at(entry, HASH) == number
            and number_at(entry, TAG) == tag
            and number_at(entry, LENGTH) == length
            and equal(at, number_at(entry, KEY), length)
        ):
            return entry
        slot = (slot + 1) & mask


@njit(nogil=True)
def take_texts(table: Any, used: Any, rows: Any, count: Any, texts: Any) -> Any:
    """Take in rows of tag, place and length of a text, place and length of what it became, and two numbers more."""
    slots, entries, seed = number_at(table, SLOTS), number_at(table, ENTRIES), number_at(table, SEED)
    mask, n, free = number_at(table, MASK), number_at(used, 0), number_at(used, 1)
    for row in range(rows, rows + count * TAKEN * 8, TAKEN * 8):
        tag, text, length = number_at(row, 0), texts + number_at(row, 1), number_at(row, 2)
        number = np.int64(hashed(text, length, _start(seed, tag)))
        slot = number & mask
        while number_at(slots, slot) >= 0:
            slot = (slot + 1) & mask
        put_number(slots, slot, n)
        entry = entries + n * ENTRY
        put_number(entry, HASH, number)
        put_number(entry, TAG, tag)
        put_number(entry, KEY, free)
        put_number(entry, LENGTH, length)
        free = copied(text, length, free)
        put_number(entry, VALUE, free)
        put_number(entry, MADE, number_at(row, 4))
        free = copied(texts + number_at(row, 3), number_at(row, 4), free)
        put_number(entry, MORE, number_at(row, 5))
        put_number(entry, DAY, number_at(row, 6))
        n += 1
    put_number(used, 0, n)
    put_number(used, 1, free)
