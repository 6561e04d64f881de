"""The text of an offline undo key's public half, as a site file carries it."""

from __future__ import annotations

import base64
from hashlib import sha256

from carrel.ledger.text_form import strict_base64

KIND = "carrel-undo-key-1"
KEY_BYTES = 32
_CHECK_BYTES = 4


def key_text(public: bytes) -> str:
    """The line to write into the site file.

    Args:
        public: 32 bytes.

    Guarantees:
        ``read_key_text(key_text(public)) == public``; a line with one character changed reads as None.
    """
    return f"{KIND}:{base64.b64encode(public + _check(public)).decode('ascii')}"


def read_key_text(text: str) -> bytes | None:
    """The key of a line; None where the line is none, or has a slip in it."""
    kind, _, encoded = text.strip().partition(":")
    raw = strict_base64(encoded)
    if kind != KIND or raw is None or len(raw) != KEY_BYTES + _CHECK_BYTES:
        return None
    public, check = raw[:KEY_BYTES], raw[KEY_BYTES:]
    return public if _check(public) == check else None


def _check(public: bytes) -> bytes:
    return sha256(KIND.encode() + public).digest()[:_CHECK_BYTES]
