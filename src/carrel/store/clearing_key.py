"""The key of one plan to clear: without it nobody can try which number of a card or a row a plan names."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.clearing_plan import AWHILE
from carrel.store.sealing_key import SealingKey

_HOME = "clearings"
_NAME = 8


class ClearingKey:
    """A file beside the store, of mode 0600; it goes when the plan is carried out, and the plan names nothing then.

    Args:
        folder: of the site.
        name: of the key, as the plan bears it; a new one where it is left out.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self.name = secrets.token_hex(_NAME) if name is None else name
        self._key = SealingKey(folder / _HOME / f"{self.name}.key", self.name)

    def draw(self) -> bytes:
        """A new key, written down."""
        self._key.create()
        return self.read()

    def read(self) -> bytes:
        """The key that a plan was made with.

        Raises:
            CarrelError: CLR-010, it is gone or none.
        """
        key, found = self._key.there()
        if not key:
            raise fault(
                faults.NO_CLEARING_KEY,
                at=f"{_HOME}/{self.name}.key",
                wanted="the key that the plan was made with",
                found=found,
                because="without it nobody can tell what the plan names",
                fix="apply it where it was planned, or plan anew",
            )
        return key

    def shred(self) -> None:
        """Overwrite and delete it; nothing happens where it is gone."""
        self._key.shred()


def shred_old(folder: Path, at: datetime) -> None:
    """Shred the keys of plans that are too old to be gone on with.

    Args:
        folder: of the site.
        at: aware time.
    """
    for one in (folder / _HOME).glob("*.key"):
        with suppress(FileNotFoundError):  # whoever carried it out has shredded it meanwhile
            if at.timestamp() - one.stat().st_mtime > AWHILE.total_seconds():
                SealingKey(one, one.stem).shred()


def blinded(tag: str, key: bytes) -> str:
    """A tag as a plan bears it.

    Args:
        tag: from ``tag_of``.
        key: of the plan; with none the tag itself, as plans of before bear it.

    Returns:
        As many hex digits; equal for equal tags under one key, and of no use to whoever has not that key.
    """
    return hmac.new(key, tag.encode(), hashlib.sha256).hexdigest()[: len(tag)] if key else tag
