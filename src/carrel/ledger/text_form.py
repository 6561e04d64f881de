"""The one text of a value: base64 and decimals that are refused in any other spelling.

A note that could be spelled in two ways could be changed without anybody seeing it.
"""

from __future__ import annotations

import base64
import binascii

MOST_DIGITS = 19


def to_base64(raw: bytes) -> str:
    """Standard base64 with padding. Source: RFC 4648 section 4."""
    return base64.b64encode(raw).decode("ascii")


def strict_base64(text: str) -> bytes | None:
    """The bytes of a base64 text, or nothing when it is not the one text that `to_base64` gives for them."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return raw if to_base64(raw) == text else None


def strict_decimal(text: str) -> int | None:
    """The whole number, or nothing when it has a sign, a leading zero, other digits than 0-9, or more than 19."""
    if not (text.isascii() and text.isdigit()) or len(text) > MOST_DIGITS or (text[0] == "0" and text != "0"):
        return None
    return int(text)
