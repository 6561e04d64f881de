"""Tables of texts as CSV, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from carrel.systems.text import faults
from carrel.systems.text.delimiter import require_parted
from carrel.systems.text.text_record import Record, broken, no_field

_LONGEST: Final = 1 << 28  # signs of one field


@dataclass(frozen=True, slots=True)
class CsvForm:
    """Rows; the first names the columns."""

    columns: tuple[str, ...]
    conversation: str | None
    delimiter: str
    is_said: bool = True

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """The header as a record without texts, then row by row.

        Raises:
            CarrelError: TXT-010, TXT-012, TXT-023.
        """
        csv.field_size_limit(_LONGEST)
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        number, rows = 0, _Rows(self.delimiter)
        try:
            header = next(reader, None)
            if header is None:
                return
            if not self.is_said:
                require_parted(header, self.delimiter, faults.DELIMITER, at,
                               "add --delimiter {}; where this is one column, --delimiter ,")  # fmt: skip
            places = places_of(header, self.columns, at)
            names = tuple(header[one] for one in places)
            of = None if self.conversation is None else places_of(header, (self.conversation,), at)[0]
            yield Record(0, [], (), "", rows.put(header, []))
            for number, row in enumerate(reader, 1):
                if len(row) > len(header):
                    raise broken(
                        at, f"row {number}", f"{len(header)} fields, as the first line names", "a field without a name"
                    )
                mine = [one for one in places if one < len(row)]
                cells = [row[one].encode("utf-8", "surrogateescape") for one in mine]
                yield Record(
                    number,
                    cells,
                    names,
                    row[of] if of is not None and of < len(row) else "",
                    rows.put(row, mine),
                )
        except csv.Error:
            raise broken(at, f"row {number + 1}", "CSV, in which a field with quotes ends with one") from None
        except (EOFError, UnicodeError):
            raise broken(at, f"row {number + 1}", "a whole file") from None
        finally:
            text.detach()


def places_of(header: Sequence[str], wanted: Sequence[str], at: str) -> list[int]:
    """Where columns stand; all where none is wanted.

    Raises:
        CarrelError: TXT-010, two have a name that is wanted; TXT-012.
    """
    if missing := [one for one in wanted if one not in header]:
        raise no_field(at, missing, header)
    if any(header.count(one) > 1 for one in wanted):
        raise broken(at, "the first line", "each column that is named there once", "two of one name")
    return [header.index(one) for one in wanted] or list(range(len(header)))


class _Rows:
    """Writes rows as CSV; one writer for all of them."""

    def __init__(self, delimiter: str) -> None:
        self._lines: list[str] = []
        self._writer = csv.writer(self, delimiter=delimiter, lineterminator="\n")

    def write(self, line: str) -> None:
        """A line of the writer's."""
        self._lines.append(line)

    def put(self, row: list[str], places: Sequence[int]) -> Callable[[IO[bytes], Sequence[bytes]], object]:
        """Writes a row with other texts in these places."""

        def put(out: IO[bytes], cells: Sequence[bytes]) -> None:
            for at, cell in zip(places, cells, strict=True):
                row[at] = cell.decode("utf-8", "surrogateescape")
            self._writer.writerow(row)
            out.write(self._lines.pop().encode("utf-8", "surrogateescape"))

        return put
