"""What the records of a CSV file are, in their order: rows with a clock, or what is none."""

from __future__ import annotations

from collections.abc import Callable

from carrel.inventory.csv_writing import Record, lacking
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.row_clock import RowClock
from carrel.retention.clearing import Piece, tag_of
from carrel.retention.row_person import RowPerson, Whose

OTHER_FIELDS, NO_KEY = "has another number of fields", "has no key"
TWICE = "its key and time stand twice in one file"


class CsvRowReader:
    """The records of one file.

    Args:
        entry: of the site file.
        columns: the names of the columns, by the first record.
        path: of the file, from the root on.
        kept: why nothing of it goes; empty where nothing keeps it.
        twice: tags of rows that stand there several times.
        person: for whom each row is looked at, where somebody is looked for.

    Attributes:
        is_foreign: whether columns are lacking that the entry names.
        blanks: places of the columns that a row loses.
    """

    def __init__(
        self,
        entry: DatedTable,
        columns: Callable[[Record], list[str]],
        path: str,
        kept: str = "",
        twice: frozenset[str] = frozenset(),
        person: RowPerson | None = None,
    ) -> None:
        self._entry, self._columns, self._path, self._kept, self._twice = entry, columns, path, kept, twice
        self._person = person
        self._people: tuple[int, ...] = ()
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
            return Piece(tag_of("odd"), None, kept=OTHER_FIELDS, whose=self._anywhere(record))
        key = [record.value(index).strip() for index in self._keys]
        if not all(key):
            return Piece(tag_of("odd"), None, kept=NO_KEY, whose=self._whose(record))
        clock = record.value(self._at)
        done = bool(self.blanks) and not any(record.value(index).strip() for index in self.blanks)
        # A program can begin to count anew in each file: what bears the same key elsewhere is another row.
        tag = tag_of("row", self._path, *(one.encode("utf-8", "surrogatepass") for one in (clock, *key)))
        kept = self._kept or (TWICE if tag in self._twice else "")
        return Piece(tag, self._clock.of(clock), kept=kept, done=done, whose=self._whose(record))

    def _whose(self, record: Record) -> Whose:
        return Whose.NOT if self._person is None else self._person.whose([record.value(n) for n in self._people])

    def _anywhere(self, record: Record) -> Whose:
        """Of a record whose fields are not where they should be: the person can stand in any of them."""
        if self._person is None or not any(map(self._person.names, map(record.value, range(len(record.spans))))):
            return Whose.NOT
        return Whose.THEIRS

    def _begin(self, first: Record) -> None:
        columns = self._columns(first)
        self._width = len(columns)
        self.is_foreign = bool(lacking(columns, self._entry.named))
        if not self.is_foreign:
            self.blanks = tuple(map(columns.index, self._entry.blank))
            self._keys = tuple(map(columns.index, self._entry.key))
            self._people = tuple(map(columns.index, self._entry.person))
            self._at = columns.index(self._entry.clock or "")
