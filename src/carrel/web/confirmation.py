"""A yes that waits until somebody who reads the e-mail address says so: sealed into the link, and nowhere else.

The store holds nothing of it: who never opens the letter, or typed another's address, has left nothing there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from carrel.consent.subject import spelled

LASTS = timedelta(days=1)
_NONCE, _MOST = 12, 1024
_ABOUT = b"carrel confirmation"


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A yes that was said on the pages, and not yet by the address.

    Attributes:
        system, number: of the person's record.
        purpose: that was said yes to.
        digest: of the words that stood there.
        address: keyed digest of the address that the link went to.
    """

    system: str
    number: int
    purpose: str
    digest: str
    address: str


def address_digest(key: bytes, address: str) -> str:
    """By which an address is known again; from it alone nobody can read one."""
    return hmac.new(
        key, b"confirmed address\0" + spelled(address).encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()


def sealed(pending: Pending, key: bytes, now: datetime) -> str:
    """What stands in the link.

    Args:
        pending: the yes.
        key: of the pages.
        now: an aware time.
    """
    drawn = secrets.token_bytes(_NONCE)
    text = json.dumps({**asdict(pending), "ends": (now + LASTS).timestamp()}).encode()
    return base64.urlsafe_b64encode(drawn + AESGCM(_key(key)).encrypt(drawn, text, _ABOUT)).decode()


def opened(value: str, key: bytes, now: datetime) -> Pending | None:
    """The yes of a link; None of anything else, and of one whose time is over.

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
    left = found.pop("ends") - now.timestamp()
    return Pending(**found) if 0 < left <= LASTS.total_seconds() else None


def _key(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_ABOUT).derive(key)
