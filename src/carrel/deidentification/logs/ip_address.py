"""Network addresses of a log: read strictly, cut to their network, written again; sixteen bytes each.

An address of the older kind stands in its mapped form, ``::ffff:a.b.c.d``, as the published schemes have it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

BYTES: Final = 16
MAPPED: Final = bytes(10) + b"\xff\xff"
_OCTETS = {b"%d" % one: one for one in range(256)}  # without leading zeros, which some readers take for octal
_LONGEST = 45  # of an address in text
_GROUP, _GROUPS = 4, 8  # digits of a group, and groups of an address
_WRITTEN = re.compile(rb"(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?")
_SHORT, _LONG = 32, 128  # bits


def packed(text: bytes) -> bytes | None:
    """The sixteen bytes of an address in text; None where the text is none, or bears a zone or a port.

    >>> packed(b"192.0.2.1").hex()[-12:]
    'ffffc0000201'
    """
    try:
        if b":" in text:
            return _packed_groups(text) if b"." not in text else _packed_mixed(text)
        one, two, three, four = text.split(b".", 4)
        return MAPPED + bytes((_OCTETS[one], _OCTETS[two], _OCTETS[three], _OCTETS[four]))
    except (ValueError, KeyError):  # the first covers the faults of an address and of bytes that are no letters
        return None


def _packed_groups(text: bytes) -> bytes | None:
    """The bytes of an address of groups alone: thousands of them come in a log, each once."""
    before, gap, after = text.partition(b"::")
    if not _WRITTEN.fullmatch(before) or not _WRITTEN.fullmatch(after):
        return None
    first, last = before.split(b":") if before else [], after.split(b":") if after else []
    zeros = _GROUPS - len(first) - len(last)
    if zeros < 1 if gap else zeros:
        return None
    return bytes.fromhex("".join([one.decode().zfill(_GROUP) for one in (*first, *(b"0",) * zeros, *last)]))


def _packed_mixed(text: bytes) -> bytes | None:
    return None if b"%" in text or len(text) > _LONGEST else IPv6Address(text.decode("ascii")).packed


def text_of(address: bytes) -> bytes:
    """An address as text, in the shortest form (RFC 5952)."""
    if address.startswith(MAPPED):
        return b"%d.%d.%d.%d" % tuple(address[12:])
    digits = address.hex()
    if "0000" in digits:
        return str(IPv6Address(address)).encode()
    groups = [digits[at : at + 4].lstrip("0") for at in range(0, 32, 4)]
    return ":".join(groups).encode() if all(groups) else str(IPv6Address(address)).encode()


def truncated(address: bytes, short_bits: int, long_bits: int) -> bytes:
    """The network that an address lies in; the rest are zeros.

    Args:
        address: sixteen bytes.
        short_bits: that stay of an address of four bytes, 0 to 32.
        long_bits: that stay of any other, 0 to 128.
    """
    bits = _LONG - _SHORT + short_bits if address.startswith(MAPPED) else long_bits
    number = int.from_bytes(address, "big")
    return (number >> (_LONG - bits) << (_LONG - bits)).to_bytes(BYTES, "big")


def network_of(text: bytes, short_bits: int, long_bits: int) -> bytes | None:
    """The network of an address, from text to text; None where the text is no address.

    Args:
        text: of an address.
        short_bits: as `truncated`.
        long_bits: as `truncated`.
    """
    if short_bits == 24 and b":" not in text:  # noqa: PLR2004  (the usual one, without a detour)
        parts = text.split(b".")
        whole = len(parts) == 4 and all(one in _OCTETS for one in parts)  # noqa: PLR2004
        return b"%b.%b.%b.0" % tuple(parts[:3]) if whole else None
    address = packed(text)
    return None if address is None else _network_text(truncated(address, short_bits, long_bits))


_network_text = lru_cache(maxsize=1 << 12)(text_of)  # of networks, of which a log has few, and never of an address
