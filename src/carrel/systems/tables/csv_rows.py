"""The rows of CSV files with a clock: taken out, or blanked, by writing the file anew and putting it in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from carrel.errors import CarrelError, fault
from carrel.inventory.csv_writing import BrokenCsvError, Record, lacking
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.row_clock import RowClock
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.folders import event_file
from carrel.systems.folders.file_folder import BROKEN, LOCKED, SEVERAL_NAMES, UNREADABLE, WRITTEN
from carrel.systems.folders.file_lock import is_locked
from carrel.systems.folders.rewriting import delete_left_over, is_own, left_over, rewrite
from carrel.systems.folders.walk import Spot, files, not_read, root_mark
from carrel.systems.logs.open_files import OpenFiles
from carrel.systems.sql.dated_shape import key_names_nobody
from carrel.systems.tables import csv_text
from carrel.systems.tables.repeated_tags import RepeatedTags

if TYPE_CHECKING:
    from datetime import datetime

OTHER_COLUMNS, OTHER_FIELDS, NO_KEY = "in a file without these columns", "has another number of fields", "has no key"
TWICE = "its key and time stand twice in one file"
_BROKEN = (*event_file.BROKEN, BrokenCsvError, UnicodeError)
_EVERY = 5_000  # rows between two looks at whether to go on
Goes = Callable[[Piece], bool]


@dataclass(frozen=True)
class CsvRows:
    """The rows of an entry.

    Args:
        entry: of the site file, with an absolute root.
        open_files: what other processes write to.
    """

    entry: DatedTable
    open_files: OpenFiles = field(default_factory=OpenFiles)

    @property
    def _at(self) -> str:
        return f"table {self.entry.name}"

    def mark(self) -> str:
        """That of the root; a row in it is known by its file, its key and its time.

        Raises:
            CarrelError: FIL-001.
        """
        return root_mark(self.entry.where, self._at)

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Every row; for a file that cannot be read to its end one piece that stands for all in it.

        Raises:
            CarrelError: FIL-001.
        """
        del enough
        for spot in self._spots():
            with suppress(FileNotFoundError):
                yield from self._of_file(spot, *self._kept(spot))
        yield from left_over(self.entry.where, self.entry.patterns)

    def clear(self, goes: Goes, beat: Callable[[], None]) -> None:
        """Take out, or blank, those rows of which it holds.

        Raises:
            CarrelError: FIL-001, FIL-002.
        """
        delete_left_over(self.entry.where, self.entry.patterns)
        for spot in self._spots():
            beat()
            try:
                kept, twice = self._kept(spot)
                if any(goes(one) for one in self._of_file(spot, kept, twice)):
                    rewrite(spot, partial(self._copy, spot, twice, goes, beat))
            except FileNotFoundError:
                continue
            except _BROKEN as wrong:
                found = wrong.strerror if isinstance(wrong, OSError) else None
                raise self._stay(found or "an error of the file system") from None

    def _of_file(self, spot: Spot, kept: str, twice: frozenset[str]) -> Iterator[Piece]:
        if kept in {UNREADABLE, BROKEN}:
            yield Piece(tag_of("file", spot.path), None, kept=kept)
            return
        with csv_text.records(spot, self.entry.writing) as (found, exact, _):
            reader = _Reader(self.entry, exact.columns, spot.path, kept, twice)
            for record in found:
                if (piece := reader.piece(record)) is not None:
                    yield piece
            if reader.is_foreign:
                yield Piece(tag_of("file", spot.path), None, kept=OTHER_COLUMNS)

    def _kept(self, spot: Spot) -> tuple[str, frozenset[str]]:
        """Why nothing of a file goes whatever its age, empty where nothing keeps it; and the tags of several rows."""
        try:
            descriptor = spot.open()
        except FileNotFoundError:
            raise
        except OSError:
            return UNREADABLE, frozenset()
        locked = is_locked(descriptor)
        os.close(descriptor)
        try:
            twice = RepeatedTags(partial(self._tags, spot)).found()
        except _BROKEN:
            return BROKEN, frozenset()
        if spot.known.st_nlink > 1:
            return SEVERAL_NAMES, twice
        if self.open_files.written((spot.known.st_dev, spot.known.st_ino)):
            return WRITTEN, twice
        return LOCKED if locked else "", twice

    def _tags(self, spot: Spot) -> Iterator[str]:
        with csv_text.records(spot, self.entry.writing) as (found, exact, _):
            reader = _Reader(self.entry, exact.columns, spot.path)
            for record in found:
                piece = reader.piece(record)
                if piece is not None and not piece.kept:
                    yield piece.tag

    def _copy(self, spot: Spot, twice: frozenset[str], goes: Goes, beat: Callable[[], None], new: IO[bytes]) -> int:
        left = 0
        with csv_text.records(spot, self.entry.writing) as (found, exact, packed):
            reader = _Reader(self.entry, exact.columns, spot.path, twice=twice)
            with csv_text.packing(new, spot.name, int(spot.known.st_mtime), packed=packed) as out:
                for number, record in enumerate(found):
                    if number % _EVERY == 0:
                        beat()
                    piece = reader.piece(record)
                    text = record.text
                    if piece is not None and goes(piece):
                        text = record.without(reader.blanks) if self.entry.blank else ""
                    left += bool(text)
                    out.write(csv_text.as_bytes(text, exact.encoding))
        return left

    def _spots(self) -> Iterator[Spot]:
        try:
            for spot in files(self.entry.where, self.entry.patterns):
                if not is_own(spot.name):
                    yield spot
        except OSError as wrong:
            raise not_read(wrong, self._at) from None

    def _stay(self, found: str) -> CarrelError:
        return fault(
            faults.FILES_STAY,
            at=self._at,
            wanted="the right to write there, and room for a second copy",
            found=found,
            changed="perhaps some: `carrel table list` counts them",
            fix="give both; then apply the same plan again",
        )


@contextmanager
def opened(entry: DatedTable) -> Iterator[Callable[[Any], CsvRows]]:
    """The CSV files of an entry.

    Raises:
        CarrelError: TBL-007, its key names a person.
    """
    if wrong := list(key_names_nobody(entry, f"table {entry.name}")):
        raise wrong[0]
    yield CsvRows


class _Reader:
    """What the records of one file are, in their order."""

    def __init__(
        self,
        entry: DatedTable,
        columns: Callable[[Record], list[str]],
        path: str,
        kept: str = "",
        twice: frozenset[str] = frozenset(),
    ) -> None:
        self._entry, self._columns, self._path, self._kept, self._twice = entry, columns, path, kept, twice
        self._clock = RowClock(entry.zone_info, entry.format)
        self._width = -1
        self.is_foreign = False
        self.blanks: tuple[int, ...] = ()
        self._keys: tuple[int, ...] = ()
        self._at = 0

    def piece(self, record: Record) -> Piece | None:
        """The row that a record is; None for the header, an empty line, and all of a file with other columns."""
        if self._width < 0:
            self._begin(record)
            if self._entry.header:
                return None
        if self.is_foreign or not record.text.strip("\r\n"):
            return None
        if len(record.spans) != self._width:
            return Piece(tag_of("odd"), None, kept=OTHER_FIELDS)
        key = [record.value(index).strip() for index in self._keys]
        if not all(key):
            return Piece(tag_of("odd"), None, kept=NO_KEY)
        clock = record.value(self._at)
        done = bool(self.blanks) and not any(record.value(index).strip() for index in self.blanks)
        # A program can begin to count anew in each file: what bears the same key elsewhere is another row.
        tag = tag_of("row", self._path, *(one.encode("utf-8", "surrogatepass") for one in (clock, *key)))
        kept = self._kept or (TWICE if tag in self._twice else "")
        return Piece(tag, self._clock.of(clock), kept=kept, done=done)

    def _begin(self, first: Record) -> None:
        columns = self._columns(first)
        self._width = len(columns)
        self.is_foreign = bool(lacking(columns, self._entry.named))
        if not self.is_foreign:
            self.blanks = tuple(map(columns.index, self._entry.blank))
            self._keys = tuple(map(columns.index, self._entry.key))
            self._at = columns.index(self._entry.clock or "")
