"""Words that a browser, or a letter, carries for these pages: nobody else can read or make them, and they run out."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE, _MOST = 12, 1024


@dataclass(frozen=True, slots=True)
class TokenKind:
    """One kind of such words; those of another kind are none of it.

    Attributes:
        about: says the kind; its key follows from it.
        lasts: how long they are good.
        most: signs of the sealed text; what is longer is none.
    """

    about: bytes
    lasts: timedelta
    most: int = _MOST

    def sealed(self, said: Mapping[str, Any], key: bytes, now: datetime) -> str:
        """The words, as text that goes into a cookie or an address.

        Args:
            said: names and values that JSON can hold.
            key: of the pages.
            now: an aware time.
        """
        drawn = secrets.token_bytes(_NONCE)
        text = json.dumps({**said, "ends": (now + self.lasts).timestamp()}).encode()
        return base64.urlsafe_b64encode(drawn + AESGCM(self._key(key)).encrypt(drawn, text, self.about)).decode()

    def opened(self, value: str, key: bytes, now: datetime) -> dict[str, Any] | None:
        """What was sealed; None of anything else, and of what has run out.

        Args:
            value: as a browser sent it: anything at all.
            key: of the pages.
            now: an aware time.
        """
        if not value.isascii() or len(value) > self.most:
            return None
        try:
            raw = base64.b64decode(value, altchars=b"-_", validate=True)
            found: dict[str, Any] = json.loads(AESGCM(self._key(key)).decrypt(raw[:_NONCE], raw[_NONCE:], self.about))
        except (InvalidTag, ValueError, binascii.Error):
            return None
        left = found.pop("ends") - now.timestamp()
        return found if 0 < left <= self.lasts.total_seconds() else None

    def _key(self, key: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=self.about).derive(key)
