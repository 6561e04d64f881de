"""A key under which people are found by hashes: beside the store, outside the database and so outside its backups."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from carrel.consent.subject import SubjectTags
from carrel.errors import CarrelError, Condition, fault
from carrel.store.sealing_key import SealingKey


class SubjectKey:
    """One key of a site; it is drawn with the first thing that is written down under it.

    What is hashed and what is sealed share no key: hashes have one that follows from it.

    Args:
        folder: of the site.
    """

    NAME: ClassVar[str]  # of the folder in which it lies
    HASHES: ClassVar[bytes]  # tells its hashes from those of other keys
    GONE: ClassVar[Condition]
    MADE: ClassVar[str]  # what was made under it
    WITHOUT: ClassVar[str]  # what nobody can tell without it

    def __init__(self, folder: Path) -> None:
        self._path = folder / self.NAME / "key"
        self._sealing = SealingKey(self._path, self.NAME)

    def tags(self, system: str, marks: Collection[str]) -> SubjectTags | None:
        """The hashes of a system's people; None while nothing was written down yet.

        Args:
            system: by name.
            marks: of the keys under which something stands in the store, without repeats.

        Raises:
            CarrelError: of `GONE`, the key is gone, it is none, or something was made under another one.
        """
        if not marks:
            return None
        found = self._tags(system)
        if set(marks) != {found.mark}:
            raise self._gone("another key")
        return found

    def own_tags(self, system: str, marks: Collection[str]) -> SubjectTags:
        """As `tags`; with the first thing to be written down the key is drawn."""
        found = self.tags(system, marks)
        if found is None:
            self._sealing.ensure()
            found = self._tags(system)
        return found

    def _tags(self, system: str) -> SubjectTags:
        key, found = self._sealing.there()
        if not key:
            raise self._gone(found)
        return SubjectTags(hmac.digest(key, self.HASHES, "sha256"), system)

    def _gone(self, found: str) -> CarrelError:
        return fault(
            self.GONE,
            at=str(self._path),
            wanted=f"the key under which {self.MADE} were written down",
            found=found,
            because=self.WITHOUT,
            fix="put the file back from a copy of the site's folder",
        )
