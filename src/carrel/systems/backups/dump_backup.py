"""A folder of dumps that Carrel expires: each file that a pattern names is a backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.backups.dump_end import End, end_of
from carrel.systems.dump_files import regular_files


@dataclass(frozen=True)
class DumpBackup:
    """One folder; its files are told apart by name, size and time, and opened only to look for their end."""

    backup: Backup

    def listing(self) -> Listing:
        """What lies in the folder; an empty file is a dump that was not written to its end.

        Raises:
            CarrelError: BAK-002.
        """
        try:
            found = list(self._files())
        except OSError as wrong:
            fix = "let this account list the folder, mount it, or mend 'place' in the site file"
            raise self._unlisted(wrong, fix) from None
        return Listing.of((one for one, size in found if size), sum(not size for _, size in found))

    def examine(self, stays: Sequence[Snapshot], beat: Callable[[], None], *, read: bool) -> str:
        """Look whether what stays was written to its end; only reads.

        Args:
            stays: by their names.
            beat: done every few seconds.
            read: packed ones are unpacked to their last byte.

        Returns:
            What was looked at, in words.

        Raises:
            CarrelError: BAK-002, one cannot be read; BAK-013, one ends too early.
        """
        try:
            found = [end_of(self._folder / one.id, beat, read=read) for one in stays]
        except OSError as wrong:
            raise self._unlisted(wrong, "let this account read the dumps") from None
        if early := found.count(End.MISSING):
            raise fault(
                faults.UNREADABLE,
                at=f"backup {self.backup.name}",
                found=amount(early, "dump that ends", "dumps that end") + " too early",
                because="an older one may be the last that can be restored",
                fix="make a new dump, take what is broken away by hand, then plan again",
            )
        seen, more = found.count(End.THERE), found.count(End.NOT_SEEN)
        told = [f"{amount(seen, 'dump', 'dumps')} that {'stays was' if seen == 1 else 'stay were'} written to the end"]
        rest = "bears no mark by which that can be told" if read else "is packed or unmarked, and was not read"
        other = "bear no mark by which that can be told" if read else "are packed or unmarked, and were not read"
        return "; ".join([*(told if seen else []), *([amount(more, f"dump {rest}", f"dumps {other}")] if more else [])])

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

    def _unlisted(self, wrong: OSError, fix: str) -> CarrelError:
        at = f"backup {self.backup.name}"
        return fault(faults.NO_REPOSITORY, at=at, found=wrong.strerror or "an error of the file system", fix=fix)

    @property
    def _folder(self) -> Path:
        return Path(self.backup.place)

    def _files(self) -> Iterator[tuple[Snapshot, int]]:
        """Each file that a pattern names, with its size."""
        for path, known in regular_files(self._folder, self.backup.files):
            # Another file of this name can have its size, its time and even its inode, and never this time too.
            mark = f"{known.st_ino}/{known.st_size}/{known.st_ctime_ns}"
            yield Snapshot(path.name, datetime.fromtimestamp(known.st_mtime, UTC), mark), known.st_size
