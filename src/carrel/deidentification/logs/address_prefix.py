"""Addresses encrypted so that those of one network stay together: ipcrypt's pfx, and Crypto-PAn before it.

Each bit of an address is turned, or not, by what the bits before it encrypt to. All addresses of a call go through one
bit together: they lie side by side in one large number, so each bit costs one call of AES for all.

Whoever knows some of the networks can guess others by their shape: for a library's own use, never to be published.

Source: draft-denis-ipcrypt, "ipcrypt-pfx"; Crypto-PAn (Xu, Fan, Ammar, Moon 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from carrel.deidentification.logs.address_cipher import blocks, ecb, require_key
from carrel.deidentification.logs.ip_address import BYTES, MAPPED

_SHORT, _LONG = 32, 128
_PIECE = 1 << 14  # addresses of one call: their numbers stay within the processor's cache
_Turn = Callable[[int, bytes], bytes]


def pfx(key: bytes, addresses: Sequence[bytes]) -> list[bytes]:
    """An address of each kind becomes one of the same kind.

    Args:
        key: 32 bytes, whose halves differ.
        addresses: of 16 bytes each.

    Raises:
        CarrelError: LOG-004.
    """
    require_key(key, 32)
    return _by_kind(addresses, lambda bits, of: _pfx(key, bits, of))


def crypto_pan(key: bytes, addresses: Sequence[bytes]) -> list[bytes]:
    """The same by the older scheme, for logs that were pseudonymised with it before.

    Args:
        key: 32 bytes: of the cipher, then of the padding.
        addresses: of 16 bytes each.

    Raises:
        CarrelError: LOG-004.
    """
    require_key(key, 32)
    return _by_kind(addresses, lambda bits, of: _crypto_pan(key, bits, of))


def _by_kind(addresses: Sequence[bytes], turn: _Turn) -> list[bytes]:
    out: list[bytes] = [b""] * len(addresses)
    short = [n for n, one in enumerate(addresses) if one.startswith(MAPPED)]
    long = [n for n, one in enumerate(addresses) if not one.startswith(MAPPED)]
    for bits, which in ((_SHORT, short), (_LONG, long)):
        for start in range(0, len(which), _PIECE):
            piece = which[start : start + _PIECE]
            # Each address stands at the low end of its block, whatever stood above it.
            lanes = b"".join((addresses[n][-bits // 8 :]).rjust(BYTES, b"\0") for n in piece)
            for n, one in zip(piece, blocks(turn(bits, lanes)), strict=True):
                out[n] = MAPPED + one[-4:] if bits == _SHORT else one
    return out


def _pfx(key: bytes, bits: int, lanes: bytes) -> bytes:
    size, ones = len(lanes), _ones(len(lanes))
    whole = _number(lanes)
    start = ((1 << 96) | 0xFFFF) if bits == _SHORT else 1  # what stands before the first bit, and where it began
    flips = 0
    for n in range(bits):
        kept = (whole >> (bits - n)) & (ones * ((1 << n) - 1))
        block = (kept | ones * ((start << n) & ((1 << _LONG) - 1))).to_bytes(size, "big")
        turned = _number(ecb(key[:BYTES], block)) ^ _number(ecb(key[BYTES:], block))
        flips |= (turned & ones) << (bits - 1 - n)
    return (whole ^ flips).to_bytes(size, "big")


def _crypto_pan(key: bytes, bits: int, lanes: bytes) -> bytes:
    size, ones = len(lanes), _ones(len(lanes))
    whole = _number(lanes) << (_LONG - bits)  # the address leads, the padding follows
    padding = _number(ecb(key[:BYTES], key[BYTES:]))
    flips = 0
    for n in range(bits):
        below = (1 << (_LONG - n)) - 1
        block = ((whole & (ones * (((1 << _LONG) - 1) ^ below))) | ones * (padding & below)).to_bytes(size, "big")
        first = (_number(ecb(key[:BYTES], block)) >> (_LONG - 1)) & ones
        flips |= first << (bits - 1 - n)
    return ((whole >> (_LONG - bits)) ^ flips).to_bytes(size, "big")


def _ones(size: int) -> int:
    """A one at the low end of every block."""
    return int.from_bytes((b"\0" * (BYTES - 1) + b"\1") * (size // BYTES), "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
