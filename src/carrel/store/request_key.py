"""The key by which a person's requests are found, and the key of each: beside the store, outside the database."""

from __future__ import annotations

import hmac
from pathlib import Path

from carrel.consent.subject import SubjectTags
from carrel.errors import CarrelError, fault
from carrel.rights import faults
from carrel.store.sealing_key import SealingKey

FOLDER = "requests"


def request_key(folder: Path, request: str) -> SealingKey:
    """What seals whose a request is, and all free words of it; it goes when the request is over long enough."""
    return SealingKey(folder / FOLDER / f"{request}.key", request)


class RequestKey:
    """One key for all requests of a site, by which a person's own are found; it is drawn with the first of them.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FOLDER / "key"
        self._sealing = SealingKey(self._path, FOLDER)

    def ensure(self) -> None:
        """Draw the key where it is not there yet; to be called while nothing was made under one."""
        self._sealing.ensure()

    def tags(self, system: str) -> SubjectTags:
        """The hashes of a system's people.

        Raises:
            CarrelError: RGT-017, the key is gone, or it is none.
        """
        key, found = self._sealing.there()
        if not key:
            raise self.gone(found)
        return SubjectTags(hmac.digest(key, b"subjects of requests", "sha256"), system)

    def gone(self, found: str) -> CarrelError:
        """The error of whoever needs a key that is not there."""
        return fault(
            faults.NO_KEY,
            at=str(self._path),
            wanted="the key under which requests were written down",
            found=found,
            because="without it nobody can tell which requests are whose",
            fix="put the file back from a copy of the site's folder",
        )
