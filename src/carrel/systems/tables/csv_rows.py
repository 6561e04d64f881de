"""The rows of CSV files with a clock: taken out, or blanked, by writing the file anew and putting it in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from carrel.errors import CarrelError, fault
from carrel.inventory.csv_writing import BrokenCsvError, CsvWriting
from carrel.inventory.dated_table import DatedTable
from carrel.retention.clearing import Piece, tag_of
from carrel.retention.row_person import RowPerson
from carrel.systems import faults
from carrel.systems.folders import event_file
from carrel.systems.folders.file_folder import BROKEN, LOCKED, SEVERAL_NAMES, UNREADABLE, WRITTEN
from carrel.systems.folders.file_lock import is_locked
from carrel.systems.folders.rewriting import delete_left_over, is_own, left_over, rewrite
from carrel.systems.folders.walk import Spot, files, not_read, root_mark
from carrel.systems.logs.open_files import OpenFiles
from carrel.systems.sql.dated_shape import key_names_nobody
from carrel.systems.tables import csv_text
from carrel.systems.tables.csv_row_reader import TWICE, CsvRowReader
from carrel.systems.tables.repeated_tags import RepeatedTags, place_of, places_for, shared_places

if TYPE_CHECKING:
    from datetime import datetime

OTHER_COLUMNS = "in a file without these columns"
_BROKEN = (*event_file.BROKEN, BrokenCsvError, UnicodeError)
_EVERY = 5_000  # rows between two looks at whether to go on
Goes = Callable[[Piece], bool]
Beat = Callable[[], None]


class _MetAgainError(Exception):
    """A row that was about to go stands in its file a second time; nothing was put in place."""


@dataclass(frozen=True)
class CsvRows:
    """The rows of an entry.

    Args:
        entry: of the site file, with an absolute root.
        open_files: what other processes write to.
        person: for whom each row is looked at, where somebody is looked for.
    """

    entry: DatedTable
    open_files: OpenFiles = field(default_factory=OpenFiles)
    person: RowPerson | None = field(default=None, repr=False)

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

    def again(self, enough: datetime | None) -> Iterator[Piece]:
        """As `pieces`, after rows went: whether a row stands twice is only asked where one is left that can be due.

        Guarantees:
            No row that can be due comes before its file was read to the end. A file in which none is left, which is
            every one where all went as approved, is read once.

        Raises:
            CarrelError: FIL-001.
        """
        for spot in self._spots():
            with suppress(FileNotFoundError):
                yield from self._left_in(spot, enough)
        yield from left_over(self.entry.where, self.entry.patterns)

    def _left_in(self, spot: Spot, enough: datetime | None) -> Iterator[Piece]:
        kept, twice = self._stays(spot), None
        try:
            for piece in self._of_file(spot, kept, frozenset()):
                can_go = piece.at is not None and enough is not None and piece.at <= enough and not piece.done
                if can_go and twice is None:
                    twice = self._repeated(spot)
                yield replace(piece, kept=TWICE) if twice and piece.tag in twice and not piece.kept else piece
        except FileNotFoundError:
            raise
        except _BROKEN:
            yield Piece(tag_of("file", spot.path), None, kept=BROKEN)

    def clear(self, goes: Goes, beat: Beat) -> None:
        """Take out, or blank, those rows of which it holds.

        Raises:
            CarrelError: FIL-001, FIL-002.
        """
        delete_left_over(self.entry.where, self.entry.patterns)
        for spot in self._spots():
            beat()
            try:
                if not self._stays(spot):
                    self._clear_file(spot, goes, beat)
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
            reader = self._reader(exact, spot, kept, twice)
            for record in found:
                if (piece := reader.piece(record)) is not None:
                    yield piece
            if reader.is_foreign:
                yield Piece(tag_of("file", spot.path), None, kept=OTHER_COLUMNS)

    def _kept(self, spot: Spot) -> tuple[str, frozenset[str]]:
        """As `_stays`, of a file that is read to its end; and the tags of several rows."""
        if (kept := self._stays(spot)) == UNREADABLE:
            return kept, frozenset()
        try:
            return kept, self._repeated(spot)
        except _BROKEN:
            return BROKEN, frozenset()

    def _stays(self, spot: Spot) -> str:
        """Why nothing of a file goes whatever its age, as is known without reading it; empty where nothing keeps it."""
        try:
            descriptor = spot.open()
        except FileNotFoundError:
            raise
        except OSError:
            return UNREADABLE
        locked = is_locked(descriptor)
        os.close(descriptor)
        if spot.known.st_nlink > 1:
            return SEVERAL_NAMES
        if self.open_files.written((spot.known.st_dev, spot.known.st_ino)):
            return WRITTEN
        return LOCKED if locked else ""

    def _clear_file(self, spot: Spot, goes: Goes, beat: Beat) -> None:
        """Read it to its end, then copy what stays; rows that stand twice are only met while copying, and rarely."""
        some = [False]
        try:
            shared = shared_places(self._going(spot, goes, some), places_for(spot.known.st_size))
        except FileNotFoundError:
            raise
        except _BROKEN:
            return  # nobody can tell where its rows end; what is read back tells it
        if not some[0]:
            return
        try:
            rewrite(spot, partial(self._copy, spot, frozenset(), shared, goes, beat))
        except _MetAgainError:
            twice = self._repeated(spot)
            if any(goes(one) for one in self._of_file(spot, "", twice)):
                rewrite(spot, partial(self._copy, spot, twice, frozenset(), goes, beat))

    def _going(self, spot: Spot, goes: Goes, some: list[bool]) -> Iterator[str]:
        """The tags of those that would go if they stood once. Of rows alike all would, or none."""
        with csv_text.records(spot, self.entry.writing) as (found, exact, _):
            reader = self._reader(exact, spot)
            for record in found:
                piece = reader.piece(record)
                if piece is not None and goes(piece):
                    some[0] = True
                    yield piece.tag

    def _repeated(self, spot: Spot) -> frozenset[str]:
        """The tags of several rows."""
        return RepeatedTags(partial(self._tags, spot), places_for(spot.known.st_size)).found()

    def _tags(self, spot: Spot) -> Iterator[str]:
        with csv_text.records(spot, self.entry.writing) as (found, exact, _):
            reader = self._reader(exact, spot)
            for record in found:
                piece = reader.piece(record)
                if piece is not None and not piece.kept:
                    yield piece.tag

    def _copy(
        self, spot: Spot, twice: frozenset[str], shared: Collection[int], goes: Goes, beat: Beat, new: IO[bytes]
    ) -> int:
        left, met, places = 0, set[str](), places_for(spot.known.st_size)
        with csv_text.records(spot, self.entry.writing) as (found, exact, packed):
            reader = self._reader(exact, spot, twice=twice)
            with csv_text.packing(new, spot.name, int(spot.known.st_mtime), packed=packed) as out:
                for number, record in enumerate(found):
                    if number % _EVERY == 0:
                        beat()
                    piece = reader.piece(record)
                    text = record.text
                    if piece is not None and goes(piece):
                        if place_of(piece.tag, places) in shared:
                            if piece.tag in met:
                                raise _MetAgainError
                            met.add(piece.tag)
                        text = record.without(reader.blanks) if self.entry.blank else ""
                    left += bool(text)
                    out.write(csv_text.as_bytes(text, exact.encoding))
        return left

    def _reader(
        self, exact: CsvWriting, spot: Spot, kept: str = "", twice: frozenset[str] = frozenset()
    ) -> CsvRowReader:
        return CsvRowReader(self.entry, exact.columns, spot.path, kept, twice, self.person)

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
