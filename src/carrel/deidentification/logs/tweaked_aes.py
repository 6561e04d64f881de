"""KIASU-BC: AES-128 that takes eight further bytes into every round, for ipcrypt's nd.

No library offers it, and AES cannot be called in a way that yields it: the tweak enters between the rounds. So the
rounds stand here, over many blocks at once: the bytes of one place of all blocks lie side by side, and are substituted
by one call. Tests hold it against the library's AES (a tweak of zeros is AES) and the published vectors. Tables
are read by secret bytes, so whoever shares the processor could measure it; the other ciphers do not have that.

Source: FIPS 197; draft-denis-ipcrypt, "ipcrypt-nd".
"""

from __future__ import annotations

from functools import cache
from typing import Final

_ROUNDS: Final = 10
_PLACES: Final = 16
_TWEAKED: Final = (0, 1, 4, 5, 8, 9, 12, 13)  # the first two rows of the state


def encrypt_tweaked(key: bytes, tweaks: bytes, data: bytes) -> bytes:
    """Each block under its own tweak.

    Args:
        key: 16 bytes.
        tweaks: 8 bytes for each block, one after the other.
        data: 16 bytes for each block.
    """
    many = len(data) // _PLACES
    if not many:
        return b""
    tweak = {place: _number(tweaks[n::8]) for n, place in enumerate(_TWEAKED)}
    ones = int.from_bytes(b"\1" * many, "big")
    keys = [[ones * one for one in round_key] for round_key in _round_keys(key)]
    sbox, double = _sbox(), _double()

    def added(state: list[int], turn: int) -> list[int]:
        return [one ^ keys[turn][place] ^ tweak.get(place, 0) for place, one in enumerate(state)]

    state = added([_number(data[place::_PLACES]) for place in range(_PLACES)], 0)
    for turn in range(1, _ROUNDS + 1):
        planes = [one.to_bytes(many, "big").translate(sbox) for one in state]
        planes = [planes[(place + 4 * (place % 4)) % _PLACES] for place in range(_PLACES)]  # each row goes left
        if turn < _ROUNDS:
            state = [one for column in range(0, _PLACES, 4) for one in _mixed(planes[column : column + 4], double)]
        else:
            state = [_number(one) for one in planes]
        state = added(state, turn)
    out = bytearray(len(data))
    for place, one in enumerate(state):
        out[place::_PLACES] = one.to_bytes(many, "big")
    return bytes(out)


def _mixed(column: list[bytes], double: bytes) -> list[int]:
    plain = [_number(one) for one in column]
    twice = [_number(one.translate(double)) for one in column]
    whole = plain[0] ^ plain[1] ^ plain[2] ^ plain[3]
    return [whole ^ plain[n] ^ twice[n] ^ twice[(n + 1) % 4] for n in range(4)]


def _number(plane: bytes) -> int:
    return int.from_bytes(plane, "big")


@cache
def _double() -> bytes:
    """Twice each byte, in the field of AES."""
    return bytes(((one << 1) ^ (0x1B if one & 0x80 else 0)) & 0xFF for one in range(256))


@cache
def _sbox() -> bytes:
    """The substitution of AES: the inverse in its field, then an affine step."""
    double = _double()
    powers = [1]  # of 3, which generates the field
    for _ in range(254):
        powers.append(powers[-1] ^ double[powers[-1]])
    table = bytearray(256)
    for exponent, one in enumerate(powers):
        table[one] = _affine(powers[-exponent % 255])
    table[0] = _affine(0)
    return bytes(table)


def _affine(one: int) -> int:
    turned = one
    for _ in range(4):
        turned = ((turned << 1) | (turned >> 7)) & 0xFF
        one ^= turned
    return one ^ 0x63


def _round_keys(key: bytes) -> list[bytes]:
    sbox, double = _sbox(), _double()
    words = [key[at : at + 4] for at in range(0, 16, 4)]
    constant = 1
    for n in range(4, 4 * (_ROUNDS + 1)):
        last = words[-1]
        if n % 4 == 0:
            last = (last[1:] + last[:1]).translate(sbox)
            last = bytes((last[0] ^ constant,)) + last[1:]
            constant = double[constant]
        words.append(bytes(a ^ b for a, b in zip(words[n - 4], last, strict=True)))
    return [b"".join(words[at : at + 4]) for at in range(0, len(words), 4)]
