"""Some rows of CSV files, and how these are written, found by trying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from carrel.deidentification.column_shape import ColumnShape
from carrel.errors import CarrelError, fault
from carrel.inventory import header_cells
from carrel.inventory.csv_writing import BOM, BrokenCsvError, CsvWriting, Record
from carrel.inventory.table_sample import FILE, MOST, SampledColumn, TableSample
from carrel.systems import faults
from carrel.systems.folders import event_file
from carrel.systems.folders.rewriting import is_own
from carrel.systems.folders.walk import Spot, files
from carrel.systems.tables import csv_text

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_HEAD = 1 << 16
_TRIED = 200  # records by which the delimiter is judged
_MOSTLY = 0.9
_BROKEN = (*event_file.BROKEN, BrokenCsvError, UnicodeError)


@dataclass(frozen=True)
class CsvLook:
    """What was found out about CSV files.

    Attributes:
        sample: of their rows.
        writing: how they are written.
        encoding_said: by what the encoding is known.
        files: how many there are.
        odd: records with another number of fields.
        doubtful: whether the first record can be names of persons as well as of columns; it is taken for a row, and
            somebody who looks at it has to tell.
    """

    sample: TableSample
    writing: CsvWriting
    encoding_said: str
    files: int
    odd: int
    doubtful: bool = False


def look(
    root: Path,
    patterns: Sequence[str],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    named: Collection[str] | None = None,
    at: str,
) -> CsvLook:
    """Look at the first rows of the files that patterns name.

    Args:
        root: as of an entry.
        patterns: as of an entry.
        delimiter: as declared; it, the encoding and the header are found by trying where they are None.
        encoding: as declared.
        header: as declared.
        named: columns that the site file names, where it is not a person who says that there is a header.
        at: what errors call it.

    Guarantees:
        No column bears the name of what can be a value of the first row.

    Raises:
        CarrelError: TBL-008, there is none, it cannot be read to its end, or nothing in it looks like columns; FIL-001.
    """
    rows: list[Sequence[str]] = []
    columns: list[str] = []
    writing, said, odd, number, doubtful = CsvWriting(), "", 0, 0, False
    try:
        for spot in files(root, patterns):
            if is_own(spot.name):
                continue
            number += 1
            if number == 1:
                writing, said, doubtful = _written(spot, delimiter, encoding, header, at)
            with csv_text.records(spot, writing) as (found, exact, _):
                taken, here, strange = _taken(found, exact, MOST - len(rows))
            if not here:
                continue  # an empty file
            # Also of a file whose rows are not needed any more: what came today can have a column of its own.
            if columns and here != columns:
                raise _no_csv(
                    at, "files of one shape", "files with other columns", "name patterns for those of one kind"
                )
            columns = here
            rows += taken
            odd += strange
    except _BROKEN as wrong:
        found_out = wrong.strerror if isinstance(wrong, OSError) else None
        raise _no_csv(
            at,
            "a file that can be read to its end",
            found_out or "a quote that is not closed, bytes of another encoding, or a packed file that is cut",
            "name the encoding with --encoding and the sign between the fields with --delimiter",
        ) from None
    if not columns:
        raise _no_csv(
            at, "a file with rows", "no file, or only empty ones", "name the file, or its folder and --pattern"
        )
    names = header_cells.shown(columns, named) if writing.header else columns
    made = [SampledColumn(name, FILE, ColumnShape(name)) for name in names]
    return CsvLook(TableSample.of(made, rows), writing, said, number, odd, doubtful)


def count(root: Path, patterns: Sequence[str], writing: CsvWriting) -> int:
    """How many rows there are in all of them; files that cannot be read have none."""
    total = 0
    for spot in files(root, patterns):
        if is_own(spot.name):
            continue
        with suppress(*_BROKEN), csv_text.records(spot, writing) as (found, _, _):
            total += max(0, sum(1 for one in found if one.text.strip("\r\n")) - writing.header)
    return total


def _taken(found: Iterator[Record], exact: CsvWriting, most: int) -> tuple[list[list[str]], list[str], int]:
    columns: list[str] = []
    rows: list[list[str]] = []
    odd = 0
    for record in found:
        if not columns:
            columns = exact.columns(record)
            if exact.header:
                continue
        if not record.text.strip("\r\n"):
            continue
        if len(record.spans) != len(columns):
            odd += 1
        elif len(rows) < most:
            rows.append([record.value(n) for n in range(len(columns))])
        else:
            break
    return rows, columns, odd


def _written(
    spot: Spot, delimiter: str | None, encoding: str | None, header: bool | None, at: str
) -> tuple[CsvWriting, str, bool]:
    codec, said = (encoding, "as named") if encoding is not None else _encoding(spot)
    best = max(DELIMITERS if delimiter is None else (delimiter,), key=lambda one: _fits(spot, CsvWriting(one, codec)))
    writing = CsvWriting(best, codec)
    if _fits(spot, writing) < (2, 0.0):
        raise _no_csv(
            at, "columns between commas, semicolons, tabs or bars", "nothing of the kind", "name it with --delimiter"
        )
    has = header if header is not None else _has_header(spot, writing)
    return CsvWriting(best, codec, bool(has)), said, has is None


def _encoding(spot: Spot) -> tuple[str, str]:
    with event_file.reading(spot.open()) as (file, _):
        head = file.read(_HEAD)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "by its first two bytes"
    if head.startswith(BOM.encode()):
        return "utf-8", "by its first three bytes"
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le", "by its zeros"
    if head[::2].count(0) > len(head) // 4:
        return "utf-16-be", "by its zeros"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if wrong.end < len(head):  # not merely cut in the middle of a letter
            return "windows-1252", "it is no UTF-8, so each byte is taken for a letter"
    return "utf-8", "plain letters only" if head.isascii() else "every byte fits"


def _fits(spot: Spot, writing: CsvWriting) -> tuple[int, float]:
    """How many fields most records have under a delimiter, and the share that has; (1, 0) where it is none."""
    try:
        with csv_text.records(spot, writing) as (found, _, _):
            widths = Counter(len(one.spans) for one in islice(found, _TRIED) if one.text.strip("\r\n"))
    except _BROKEN:
        return 1, 0.0
    if not widths:
        return 1, 0.0
    width, often = widths.most_common(1)[0]
    share = often / widths.total()
    return (width, share) if width > 1 and share >= _MOSTLY else (1, 0.0)


def _has_header(spot: Spot, writing: CsvWriting) -> bool | None:
    """Whether the first record names the columns; None where its words can be names of persons."""
    with csv_text.records(spot, writing) as (found, _, _):
        read = [one for one in islice(found, _TRIED) if one.text.strip("\r\n")]
    if not read:
        return True
    width = len(read[0].spans)
    cells = [read[0].value(index).removeprefix(BOM).strip() for index in range(width)]
    body = [one for one in read[1:] if len(one.spans) == width and one.text.strip("\r\n") != read[0].text.strip("\r\n")]
    if any(map(header_cells.is_value, cells)):
        return False
    if any(cell and cell == one.value(index).strip() for index, cell in enumerate(cells) for one in body):
        return False  # what stands below as well is a value
    return None if any(map(header_cells.may_be_value, cells)) else True


def _no_csv(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(faults.NO_CSV, at=at, wanted=wanted, found=found, fix=fix)
