"""One person's rows in the tables and CSV files of a site: looked for, and taken out as the entry says of due rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from carrel.inventory.dated_table import DatedTable
from carrel.inventory.site import Site
from carrel.retention.clearing import Piece
from carrel.retention.row_person import RowPerson, Whose
from carrel.systems.folders.file_folder import BROKEN, UNREADABLE
from carrel.systems.folders.rewriting import LEFT_OVER
from carrel.systems.outside import opened
from carrel.systems.sql.dated_rows import DatedRows
from carrel.systems.tables.csv_row_reader import OTHER_FIELDS
from carrel.systems.tables.csv_rows import OTHER_COLUMNS, CsvRows

_CLOSED = frozenset({UNREADABLE, BROKEN, OTHER_COLUMNS, LEFT_OVER})


@dataclass(frozen=True, slots=True)
class Look:
    """What one look through an entry found.

    Attributes:
        theirs: rows of the person.
        perhaps: rows for a human to judge: an address that others share, or another's card beside it.
        closed: files that nobody could look into, or copies that a killed run left.
    """

    theirs: int = 0
    perhaps: int = 0
    closed: int = 0


def tables_about(site: Site, system: str) -> tuple[DatedTable, ...]:
    """The entries in which one person of a system can be found."""
    return tuple(one for one in site.tables if one.is_about(system))


@dataclass(frozen=True)
class PersonInTable:
    """The rows of one entry, for one person.

    Args:
        site: whose.
        entry: with ``person``.
        person: tells whose a row is.
        at: aware time.
    """

    site: Site
    entry: DatedTable
    person: RowPerson
    at: datetime

    def look(self, beat: Callable[[], None] = lambda: None) -> Look:
        """Count the person's rows; every row is read once.

        Raises:
            CarrelError: SIT-004, SIT-005, FIL-001, of the SQL and TBL codes.
        """
        theirs = perhaps = closed = 0
        with self._rows() as rows:
            for number, piece in enumerate(rows.pieces()):
                if number % 2_000 == 0:
                    beat()
                theirs += piece.whose is Whose.THEIRS
                perhaps += piece.whose is Whose.PERHAPS
                closed += piece.kept in _CLOSED
        return Look(theirs, perhaps, closed)

    def take_out(self, beat: Callable[[], None]) -> None:
        """Delete the person's rows, or empty the columns that the entry names, whatever their clock says.

        Raises:
            CarrelError: as of `look`, and FIL-002. What went before stays out; asked again it goes on.
        """
        with self._rows() as rows:
            rows.clear(goes_with, beat)

    @contextmanager
    def _rows(self) -> Iterator[DatedRows | CsvRows]:
        with opened(self.entry, self.at, self.site) as folder:
            found = folder(self.entry)
            if not isinstance(found, DatedRows | CsvRows):
                raise TypeError(f"{self.entry.name} holds totals")
            yield replace(found, person=self.person)


def goes_with(piece: Piece) -> bool:
    """Whether a row goes with the person; of a record whose fields are not where they should be, nobody can tell."""
    return piece.whose is Whose.THEIRS and piece.kept != OTHER_FIELDS
