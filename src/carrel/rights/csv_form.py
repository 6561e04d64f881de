"""One table of the answer as CSV, in pieces; no spreadsheet takes a value of it for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from carrel.inventory.csv_writing import harmless
from carrel.rights.answer import HeldTable
from carrel.rights.wording import Words

_BYTES = (bytes, bytearray, memoryview)
BOM = "\ufeff"  # without it spreadsheets read letters as those of another alphabet


def pieces(table: HeldTable, words: Words) -> Iterator[str]:
    """The text of a file: a line of names, then a line for each entry.

    Guarantees:
        Every entry of the table, in its order; what is withheld stands there as why it is.
    """
    beside = list(_names_beside(table))
    names = [*(one.name for one in table.columns), *beside]
    yield BOM + line([*names, words["goes_on"]])
    for dated in table.every():
        said = [
            f"[{words[dated.row.withheld[name].value]}]"
            if name in dated.row.withheld
            else cell(dated.row.values.get(name))
            for name in names
        ]
        yield line([*said, "" if dated.goes_on is None else dated.goes_on.isoformat()])


def cell(value: Any) -> str:
    """A value as a cell; a text that a program would calculate with gets a sign before it."""
    if value is None:
        return ""
    if isinstance(value, _BYTES):
        return f"[{len(bytes(value))} bytes]"
    return harmless(value) if isinstance(value, str) else str(value)


def _names_beside(table: HeldTable) -> Iterator[str]:
    known = {one.name for one in table.columns}
    for dated in table.rows[:1]:
        yield from (name for name in dated.row.values if name not in known)


def line(cells: list[str]) -> str:
    """One line of a file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
