"""A folder of folders that mariadb-backup wrote, full ones and increments."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.inventory.backup import Backup
from carrel.retention.backup_expiry import Listing, Snapshot
from carrel.systems import faults
from carrel.systems.backups.mariadb_copy import STREAM, MariadbCopy, read_copy

_GONE = ".carrel-removed-"  # before the name of a copy that is on its way out
_OTHERS = {"lost+found"}


@dataclass(frozen=True)
class MariadbBackup:
    """One folder; each folder in it is a copy, which the files of the tool in it tell of."""

    backup: Backup

    def listing(self) -> Listing:
        """What lies in the folder. What cannot be judged, such as a stream by itself, counts as damaged.

        Raises:
            CarrelError: BAK-002.
        """
        try:
            read = {name: read_copy(self._folder / name) for name in self._names()}
            streams, leaving = list(self._streams()), list(self._leaving())
        except OSError as wrong:
            raise fault(
                faults.NO_REPOSITORY,
                at=self._at,
                found=wrong.strerror or "an error of the file system",
                fix="let this account read the folder, mount it, or mend 'place' in the site file",
            ) from None
        copies = {name: copy for name, copy in read.items() if copy is not None}
        found = [Snapshot(name, one.made_at, one.mark, _bases(one, copies)) for name, one in copies.items()]
        spoiled = [*(name for name in read if name not in copies), *streams]
        return Listing.of(found, len(spoiled), len(leaving), spoiled)

    def expire(self, gone: Sequence[Snapshot], beat: Callable[[], None], *, again: bool) -> None:
        """Delete these folders, the newest first, and what an earlier attempt left of others.

        Each is renamed before anything in it is deleted, so that no half of it is ever taken for a copy.

        Args:
            gone: with everything that is built on them.
            beat: done at each file.
            again: makes no difference: what is half removed is known by its name.

        Raises:
            CarrelError: BAK-012, one cannot be deleted, or is another by now.
        """
        del again
        try:
            for left in list(self._leaving()):
                _delete(left, beat)
            for one in reversed(gone):
                beat()
                if (marked := self._renamed(one)) is not None:
                    _delete(marked, beat)
        except OSError as wrong:
            raise self._failed(wrong.strerror or "an error of the file system") from None

    def _renamed(self, one: Snapshot) -> Path | None:
        """The folder under the name of what goes; None where it is gone already."""
        path, marked = self._folder / one.id, self._folder / f"{_GONE}{one.id}"
        if not _is_folder(path):
            if os.path.lexists(path):
                raise self._failed("something that is no folder, under the name of a copy")
            return None
        copy = read_copy(path)
        if copy is None or (copy.mark, copy.made_at) != (one.mark, one.made_at):
            raise self._failed("another copy under the same name")
        path.rename(marked)
        _settle(self._folder)
        return marked

    def _names(self) -> Iterator[str]:
        """The names of the folders that are meant, none of which is a link."""
        for one in self._entries():
            if not one.name.startswith(".") and one.name not in _OTHERS and one.is_dir(follow_symlinks=False):
                yield one.name

    def _streams(self) -> Iterator[str]:
        for one in self._entries():
            if STREAM.fullmatch(one.name) and one.is_file(follow_symlinks=False):
                yield one.name

    def _leaving(self) -> Iterator[Path]:
        for one in self._entries(_GONE):
            if one.is_dir(follow_symlinks=False):
                yield Path(one.path)

    def _entries(self, before: str = "") -> Iterator[os.DirEntry[str]]:
        """What in the folder the entry of the site file speaks of, behind some beginning of its name."""
        if not self._folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is no such folder")
        with os.scandir(self._folder) as entries:
            for one in entries:
                name = one.name.removeprefix(before)
                if one.name.startswith(before) and (self.backup.only is None or fnmatchcase(name, self.backup.only)):
                    yield one

    @property
    def _folder(self) -> Path:
        return Path(self.backup.place)

    @property
    def _at(self) -> str:
        return f"backup {self.backup.name}"

    def _failed(self, found: str) -> CarrelError:
        return fault(
            faults.TOOL_FAILED,
            at=self._at,
            found=found,
            changed="perhaps some: `carrel backup list` shows them",
            fix="let this account delete in the folder, and nothing else work in it; then apply the same plan again",
        )


def _bases(copy: MariadbCopy, copies: dict[str, MariadbCopy]) -> tuple[str, ...]:
    """On what a copy is built; where nothing fits, on something that is not there.

    Each that ends at the log sequence number at which this one begins holds the same: it is the one that the tool
    names, or the last.
    """
    if not copy.from_lsn:
        return ()
    fit = [
        (name == copy.base, one.made_at, name)
        for name, one in copies.items()
        if one.to_lsn == copy.from_lsn and one.made_at < copy.made_at
    ]
    return (max(fit)[2] if fit else f"log sequence number {copy.from_lsn}",)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _delete(folder: Path, beat: Callable[[], None]) -> None:
    """Delete a folder and everything in it; a link goes, and what it leads to stays."""
    device = folder.lstat().st_dev
    for _, folders, files, number in os.fwalk(folder, topdown=False):
        if os.fstat(number).st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted in it")
        for name in files:
            beat()
            os.unlink(name, dir_fd=number)
        for name in folders:
            try:
                os.rmdir(name, dir_fd=number)
            except NotADirectoryError:  # a link to a folder
                os.unlink(name, dir_fd=number)
    folder.rmdir()
    _settle(folder.parent)


def _settle(folder: Path) -> None:
    """Have the disk know by which names what is in a folder goes."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
