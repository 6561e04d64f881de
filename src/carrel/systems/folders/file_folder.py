"""One folder of files: each by the time of its events, deleted as a whole or line by line."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import IO
from zoneinfo import ZoneInfo

from carrel.errors import CarrelError, fault
from carrel.inventory.file_folder import FileFolder, Time
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.folders import event_file
from carrel.systems.folders.file_lock import is_locked
from carrel.systems.folders.line_time import LineTime
from carrel.systems.folders.name_time import NameTime
from carrel.systems.folders.rewriting import delete_left_over, is_own, is_same, left_over, rewrite
from carrel.systems.folders.walk import Spot, files, not_read, root_mark
from carrel.systems.logs.open_files import OpenFiles

SEVERAL_NAMES, WRITTEN, LOCKED = "has several names", "being written", "locked"
UNREADABLE, BROKEN = "cannot be read", "cannot be read to its end"
Goes = Callable[[Piece], bool]


@dataclass(frozen=True)
class FilesInFolder:
    """The files of one entry of the site file.

    Args:
        entry: of the site file, with an absolute root.
        now: aware time; a time without a year lies before it.
        open_files: what other processes write to.
    """

    entry: FileFolder
    now: datetime
    open_files: OpenFiles = field(default_factory=OpenFiles)

    def mark(self) -> str:
        """That of the root; a file in it is known by its place, number, size and time.

        Raises:
            CarrelError: FIL-001.
        """
        return root_mark(self.entry.root, f"folder {self.entry.name}")

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Every file by the time of its newest event; with ``lines``, of its oldest.

        Args:
            enough: an aware time; of a file with an event after it, any such event is told.

        Raises:
            CarrelError: FIL-001.
        """
        for _, piece in self._files(enough):
            yield piece
        yield from left_over(self.entry.root, self.entry.patterns)

    def clear(self, goes: Goes, beat: Callable[[], None]) -> None:
        """Delete those files of which it holds; with ``lines``, those lines of them.

        Raises:
            CarrelError: FIL-001, FIL-002.
        """
        delete_left_over(self.entry.root, self.entry.patterns)
        for spot, piece in self._files(None):
            if not goes(piece):
                continue
            beat()
            try:
                if self.entry.lines:
                    rewrite(spot, partial(self._copy, spot, piece.tag, goes))
                elif is_same(spot):
                    os.unlink(spot.name, dir_fd=spot.folder)
            except FileNotFoundError:
                continue
            except event_file.BROKEN as wrong:
                found = wrong.strerror if isinstance(wrong, OSError) else None
                raise self._undeleted(found or "an error of the file system") from None

    def _files(self, enough: datetime | None) -> Iterator[tuple[Spot, Piece]]:
        try:
            for spot in files(self.entry.root, self.entry.patterns):
                if is_own(spot.name):
                    continue
                with suppress(FileNotFoundError):
                    yield spot, self._piece(spot, enough)
        except OSError as wrong:
            raise not_read(wrong, f"folder {self.entry.name}") from None

    def _piece(self, spot: Spot, enough: datetime | None) -> Piece:
        known = spot.known
        same = (spot.path, f"{known.st_dev}/{known.st_ino}/{known.st_size}/{known.st_mtime_ns}")
        tag = tag_of("lines", spot.path) if self.entry.lines else tag_of(*same)
        if known.st_nlink > 1:
            return Piece(tag, None, kept=SEVERAL_NAMES)
        if self.open_files.written((known.st_dev, known.st_ino)):
            return Piece(tag, None, kept=WRITTEN)
        try:
            descriptor = spot.open()
        except FileNotFoundError:
            raise
        except OSError:
            return Piece(tag, None, kept=UNREADABLE)
        if is_locked(descriptor):
            os.close(descriptor)
            return Piece(tag, None, kept=LOCKED)
        try:
            return Piece(tag, self._at(spot, descriptor, enough))
        except event_file.BROKEN:
            return Piece(tag, None, kept=BROKEN)

    def _at(self, spot: Spot, descriptor: int, enough: datetime | None) -> datetime | None:
        if self.entry.time is Time.INSIDE:
            if self.entry.lines:
                return event_file.oldest(descriptor, self._times)
            return event_file.newest(descriptor, self._times, enough)
        os.close(descriptor)
        if self.entry.time is Time.MODIFIED:
            return datetime.fromtimestamp(spot.known.st_mtime, UTC)
        end = NameTime(str(self.entry.dated)).end(spot.name)
        return None if end is None else self._times.local(end)

    @property
    def _times(self) -> LineTime:
        return LineTime(ZoneInfo(self.entry.zone or "UTC"), self.now)

    def _copy(self, spot: Spot, tag: str, goes: Goes, new: IO[bytes]) -> int:
        """Copy what stays; how many lines with a time of their own that is."""
        left = 0
        with event_file.reading(spot.open()) as (file, packed):
            made = int(spot.known.st_mtime)
            out: event_file.Stream = gzip.GzipFile(spot.name, "wb", fileobj=new, mtime=made) if packed else new
            for one in event_file.lines(file, self._times):
                if one.at is None or not goes(Piece(tag, one.at)):
                    left += one.own
                    out.write(one.text)
            if packed:
                out.close()
        return left

    def _undeleted(self, found: str) -> CarrelError:
        return fault(
            faults.FILES_STAY,
            at=f"folder {self.entry.name}",
            wanted="the right to delete there, and room for a second copy where single lines go",
            found=found,
            changed="perhaps some: `carrel folder list` counts them",
            fix="give both; then apply the same plan again",
        )
