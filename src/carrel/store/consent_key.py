"""The key of consents: beside the store, outside the database and so outside its backups."""

from __future__ import annotations

import json

from carrel.consent import faults
from carrel.store.subject_key import SubjectKey


class ConsentKey(SubjectKey):
    """One key for all consents of a site; it seals people's numbers as well."""

    NAME, HASHES, GONE = "consent", b"subjects of consents", faults.NO_KEY
    MADE = "consents"
    WITHOUT = "without it nobody can tell who withdrew or asked for silence, and it could be anybody"

    def seal(self, number: int) -> bytes:
        """A person's number, readable to nobody without the key."""
        return self._sealing.seal_text(json.dumps(number))

    def opened(self, sealed: bytes) -> int | None:
        """The number; None when the key does not fit."""
        text = self._sealing.open_text(sealed)
        return None if text is None else int(json.loads(text))
