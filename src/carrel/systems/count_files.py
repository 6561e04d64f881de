"""The counts of a system as two files of comma-separated values in the site's folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from carrel.accountability.circulation_told import Month
from carrel.systems.durable_file import replace_file

FOLDER = "counts"


def write_counts(folder: Path, system: str, months: Sequence[Month]) -> tuple[Path, Path]:
    """Write what is told of the months of a system; each file is replaced as a whole.

    Args:
        folder: made where it is missing.
        system: name in the site file.
        months: as they may be told.

    Returns:
        The file of loans and the file of readers.

    Raises:
        OSError: one cannot be written.
    """
    loans = [
        (one.month, part.branch, part.item_type, part.category, part.loans) for one in months for part in one.parts
    ]
    readers = [
        (one.month, two.branch, two.readers, "at most" if two.at_most else "") for one in months for two in one.readers
    ]
    folder.mkdir(parents=True, exist_ok=True)
    first, second = folder / f"{system}-loans.csv", folder / f"{system}-readers.csv"
    _replace(first, [("month", "branch", "item type", "patron category", "loans"), *loans])
    _replace(second, [("month", "branch", "readers", "note"), *readers])
    return first, second


def _replace(place: Path, rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(one) for one in row] for row in rows)
    replace_file(place, text.getvalue())


def _harmless(value: object) -> object:
    """A code that a spreadsheet would take for a formula is told as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value
