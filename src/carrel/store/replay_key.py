"""The key of replay entries: beside the store, outside the database and so outside its backups."""

from __future__ import annotations

from pathlib import Path

from carrel.errors import fault
from carrel.retention import faults
from carrel.store.sealing_key import SealingKey


class ReplayKey:
    """One key for all entries of a site; it is drawn with the first entry.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "replay" / "key"

    def ensure(self) -> bytes:
        """The key, drawn when it is not there yet; of processes that race, one draws it for all."""
        SealingKey(self._path, "replay").ensure()
        return self._path.read_bytes()

    def read(self) -> bytes:
        """The key under which entries were made.

        Raises:
            CarrelError: RPL-001, it is gone, or it is none: nobody can tell any more whom the entries speak of.
        """
        key, found = SealingKey(self._path, "replay").there()
        if not key:
            raise fault(
                faults.NO_REPLAY_KEY,
                at=str(self._path),
                wanted="the key under which the entries were made",
                found=found,
                because="without it nobody can tell who was erased since the backup was made",
                fix="put the file back from a copy of the site's folder",
            )
        return key
