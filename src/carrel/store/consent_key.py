"""The key of consents: beside the store, outside the database and so outside its backups."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from carrel.consent import faults
from carrel.consent.subject import SubjectTags
from carrel.errors import CarrelError, fault
from carrel.store.sealing_key import SealingKey


class ConsentKey:
    """One key for all consents of a site; it is drawn with the first of them.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "consent" / "key"
        self._sealing = SealingKey(self._path, "consent")

    def ensure(self) -> None:
        """Draw the key where it is not there yet; to be called while nothing was made under one."""
        self._sealing.ensure()

    def tags(self, system: str) -> SubjectTags:
        """The hashes of a system's people.

        Raises:
            CarrelError: CNS-007, the key is gone, or it is none.
        """
        key, found = self._sealing.there()
        if not key:
            raise self.gone(found)
        # What is hashed and what is sealed share no key.
        return SubjectTags(hmac.digest(key, b"subjects of consents", "sha256"), system)

    def seal(self, number: int) -> bytes:
        """A person's number, readable to nobody without the key."""
        return self._sealing.seal_text(json.dumps(number))

    def opened(self, sealed: bytes) -> int | None:
        """The number; None when the key does not fit."""
        text = self._sealing.open_text(sealed)
        return None if text is None else int(json.loads(text))

    def gone(self, found: str) -> CarrelError:
        """The error of whoever needs a key that is not there."""
        return fault(
            faults.NO_KEY,
            at=str(self._path),
            wanted="the key under which consents were written down",
            found=found,
            because="without it nobody can tell who withdrew or asked for silence, and it could be anybody",
            fix="put the file back from a copy of the site's folder",
        )
