"""A folder of dumps that Carrel expires: each file that a pattern names is a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carrel.errors import fault
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.dump_files import regular_files


@dataclass(frozen=True)
class DumpBackup:
    """One folder; its files are told apart by name, size and time, and never opened."""

    backup: Backup

    def listing(self) -> Listing:
        """What lies in the folder; an empty file is a dump that was not written to its end.

        Raises:
            CarrelError: BAK-002.
        """
        try:
            found = list(self._files())
        except OSError as wrong:
            raise fault(
                faults.NO_REPOSITORY,
                at=f"backup {self.backup.name}",
                found=wrong.strerror or "an error of the file system",
                fix="let this account list the folder, mount it, or mend 'place' in the site file",
            ) from None
        return Listing.of((one for one, size in found if size), sum(not size for _, size in found))

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Delete these files.

        Raises:
            CarrelError: BAK-012, one cannot be deleted.
        """
        del again
        for one in gone:
            beat()
            try:
                (self._folder / one.id).unlink(missing_ok=True)
            except OSError as wrong:
                raise fault(
                    faults.TOOL_FAILED,
                    at=f"backup {self.backup.name}",
                    found=wrong.strerror or "an error of the file system",
                    changed="perhaps some: `carrel backup list` shows them",
                    fix="let this account delete files in the folder; then apply the same plan again",
                ) from None

    @property
    def _folder(self) -> Path:
        return Path(self.backup.place)

    def _files(self) -> Iterator[tuple[Snapshot, int]]:
        """Each file that a pattern names, with its size."""
        for path, known in regular_files(self._folder, self.backup.files):
            # Another file of this name can have its size, its time and even its inode, and never this time too.
            mark = f"{known.st_ino}/{known.st_size}/{known.st_ctime_ns}"
            yield Snapshot(path.name, datetime.fromtimestamp(known.st_mtime, UTC), mark), known.st_size
