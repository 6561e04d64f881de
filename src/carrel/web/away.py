"""What a browser carries while somebody signs in on another host: sealed, for a few minutes, and good for one return.

It is not in the store: who only began to sign in has left nothing there.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LONGEST = timedelta(minutes=10)  # to sign in over there
_NONCE, _MOST = 12, 1024
_ABOUT = b"carrel away"


@dataclass(frozen=True, slots=True, repr=False)
class Away:
    """One visit that is away.

    Attributes:
        way: key of the way to sign in.
        language: of the page it began on.
        carried: what it must come back with; its ``state`` is of this visit alone.
    """

    way: str
    language: str
    carried: Mapping[str, str]


def cookie_name(*, secure: bool) -> str:
    """The name of its cookie: over TLS one that no other host of the domain can set."""
    return "__Host-carrel-away" if secure else "carrel-away"


def sealed(away: Away, key: bytes, now: datetime) -> str:
    """The value of the cookie.

    Args:
        away: the visit.
        key: of the pages.
        now: an aware time.
    """
    drawn = secrets.token_bytes(_NONCE)
    text = json.dumps({**asdict(away), "ends": (now + LONGEST).timestamp()}).encode()
    return base64.urlsafe_b64encode(drawn + AESGCM(_key(key)).encrypt(drawn, text, _ABOUT)).decode()


def opened(value: str, key: bytes, now: datetime) -> Away | None:
    """The visit of a cookie; None of anything else, and of one that was away for too long.

    Args:
        value: as a browser sent it: anything at all.
        key: of the pages.
        now: an aware time.
    """
    if not value.isascii() or len(value) > _MOST:
        return None
    try:
        raw = base64.b64decode(value, altchars=b"-_", validate=True)
        found = json.loads(AESGCM(_key(key)).decrypt(raw[:_NONCE], raw[_NONCE:], _ABOUT))
    except (InvalidTag, ValueError, binascii.Error):
        return None
    ends = found.pop("ends")
    left = ends - now.timestamp()
    return Away(**found) if 0 < left <= LONGEST.total_seconds() else None


def _key(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_ABOUT).derive(key)
