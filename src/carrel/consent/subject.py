"""Whom an event is about: keyed hashes, so that a copy of the store tells nobody's number without the key."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

_BETWEEN = b"\x1f"  # stands in no system's name
_NUMBER, _ADDRESS = b"number", b"address"
_APART = re.compile(r"[\s,;<>]+")


@dataclass(frozen=True, slots=True, repr=False)
class SubjectTags:
    """The hashes of one system's people under one key. Whoever holds the key can try every number.

    Attributes:
        key: 32 bytes.
        system: its name.
    """

    key: bytes
    system: str

    @property
    def mark(self) -> str:
        """What tells one key from another, and nothing else of it."""
        return hmac.digest(self.key, b"mark of a consent key", "sha256").hex()[:16]

    def number(self, number: int) -> str:
        """HMAC-SHA256 of a person's number, hex."""
        return hmac.digest(self.key, self._before(_NUMBER) + str(number).encode(), "sha256").hex()

    def address(self, address: str) -> str:
        """The same of an email address, however it is spelled; empty for none."""
        said = address.strip().casefold()
        return hmac.digest(self.key, _ADDRESS + _BETWEEN * 2 + said.encode(), "sha256").hex() if said else ""

    def _before(self, kind: bytes) -> bytes:
        return kind + _BETWEEN + self.system.encode() + _BETWEEN


def addresses_in(text: str) -> tuple[str, ...]:
    """The email addresses in a field, which can hold several."""
    return tuple(dict.fromkeys(one for one in _APART.split(text) if one))
