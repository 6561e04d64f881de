"""Bytes in memory for machine code: eight at a time, found, compared, copied and hashed.

All that is given here are addresses and lengths as plain numbers. Arrays would be counted by whoever holds them at each
step from one function to the next, and that took most of the time. Nothing looks at bounds: every text that is read has
`ROOM` bytes of its own behind it, so that its last word may be read whole, and who writes has looked for room before.

Only the modules of machine code import numba, which gives no types to what it compiles; `machine_code` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from carrel.deidentification.logs.compiled.layout import WIDE

_MIX = np.uint64(0x9E3779B97F4A7C15)
_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
_BITS, _HALF = np.uint64(64), np.uint64(32)
_WORD, _LANE = ir.IntType(64), ir.IntType(32)


def _pointer(builder: Any, address: Any, size: int) -> Any:
    return builder.inttoptr(address, ir.PointerType(ir.IntType(size)))


@intrinsic
def word_at(_typing: Any, _address: Any) -> Any:
    """Eight bytes as a number, the first of them lowest."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.load(_pointer(builder, values[0], 64), align=1)

    return types.uint64(types.int64), generated


@intrinsic
def byte_at(_typing: Any, _address: Any) -> Any:
    """One byte."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.zext(builder.load(_pointer(builder, values[0], 8), align=1), _WORD)

    return types.int64(types.int64), generated


@intrinsic
def number_at(_typing: Any, _address: Any, _place: Any) -> Any:
    """A number in a row of numbers of eight bytes."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.load(builder.gep(_pointer(builder, values[0], 64), [values[1]]), align=8)

    return types.int64(types.int64, types.int64), generated


@intrinsic
def put_number(_typing: Any, _address: Any, _place: Any, _number: Any) -> Any:
    """Write a number into a row of numbers."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        builder.store(values[2], builder.gep(_pointer(builder, values[0], 64), [values[1]]), align=8)
        return cgutils.false_bit

    return types.boolean(types.int64, types.int64, types.int64), generated


@intrinsic
def put_word(_typing: Any, _address: Any, _word: Any) -> Any:
    """Write eight bytes."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        builder.store(values[1], _pointer(builder, values[0], 64), align=1)
        return cgutils.false_bit

    return types.boolean(types.int64, types.uint64), generated


@intrinsic
def put_byte(_typing: Any, _address: Any, _byte: Any) -> Any:
    """Write one byte."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        byte = builder.trunc(values[1], ir.IntType(8))
        builder.store(byte, _pointer(builder, values[0], 8), align=1)
        return cgutils.false_bit

    return types.boolean(types.int64, types.int64), generated


@intrinsic
def hits(_typing: Any, _address: Any, _sign: Any) -> Any:
    """Which of the next 32 bytes are this one: a bit for each, the first of them lowest."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        lanes = ir.VectorType(ir.IntType(8), WIDE)
        place = builder.inttoptr(values[0], ir.PointerType(lanes))
        sign = builder.insert_element(ir.Constant(lanes, None), builder.trunc(values[1], ir.IntType(8)), _LANE(0))
        signs = builder.shuffle_vector(sign, sign, ir.Constant(ir.VectorType(ir.IntType(32), WIDE), [0] * WIDE))
        alike = builder.icmp_unsigned("==", builder.load(place, align=1), signs)
        return builder.zext(builder.bitcast(alike, ir.IntType(WIDE)), _WORD)

    return types.int64(types.int64, types.int64), generated


@intrinsic
def first_of(_typing: Any, _hits: Any) -> Any:
    """The place of the first hit; there is one."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generated


@intrinsic
def last_of(_typing: Any, _hits: Any) -> Any:
    """The place of the last hit; there is one."""

    def generated(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        leading = builder.ctlz(values[0], ir.Constant(ir.IntType(1), 1))
        return builder.sub(ir.Constant(_WORD, 63), leading)

    return types.int64(types.int64), generated


@njit(nogil=True)
def found(at: Any, end: Any, sign: Any) -> Any:
    """Where a byte stands first; the end where it does not."""
    while at < end:
        some = hits(at, sign)
        if some:
            return min(at + first_of(some), end)
        at += WIDE
    return end


@njit(nogil=True)
def found_any(at: Any, end: Any, one: Any, other: Any) -> Any:
    """Where the first of two bytes stands; the end where neither does."""
    while at < end:
        some = hits(at, one) | hits(at, other)
        if some:
            return min(at + first_of(some), end)
        at += WIDE
    return end


@njit(nogil=True)
def _tail(length: Any) -> Any:
    """Ones for the bytes of the last word that belong to a text of this length, which is no multiple of eight."""
    return _FULL >> (_BITS - np.uint64((length & 7) << 3))


@njit(nogil=True)
def hashed(at: Any, length: Any, start: Any) -> Any:
    """A number made of a text; different texts can have the same one."""
    made = np.uint64(start)
    whole = length & ~7
    for n in range(0, whole, 8):
        made = (made ^ word_at(at + n)) * _MIX
        made ^= made >> _HALF
    if length & 7:
        made = (made ^ (word_at(at + whole) & _tail(length))) * _MIX
        made ^= made >> _HALF
    made = (made ^ np.uint64(length)) * _MIX
    return made ^ (made >> _HALF)


@njit(nogil=True)
def equal(at: Any, there: Any, length: Any) -> Any:
    """Whether two texts of one length are alike, every byte of them."""
    whole = length & ~7
    for n in range(0, whole, 8):
        if word_at(at + n) != word_at(there + n):
            return False
    if length & 7:
        return ((word_at(at + whole) ^ word_at(there + whole)) & _tail(length)) == np.uint64(0)
    return True


@njit(nogil=True)
def copied(at: Any, length: Any, there: Any) -> Any:
    """Copy a text, and up to seven bytes more that the next one overwrites; gives where the next one goes."""
    for n in range(0, length, 8):
        put_word(there + n, word_at(at + n))
    return there + length
