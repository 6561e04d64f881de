"""How a text is read: what the file is, and which of its parts are texts. It stands in the note of a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from carrel.errors import fault
from carrel.inventory.dated_table import is_delimiter
from carrel.systems.text import faults
from carrel.systems.text.csv_form import CsvForm
from carrel.systems.text.delimiter import USUAL, delimiter_of
from carrel.systems.text.json_form import JsonForm
from carrel.systems.text.plain_form import PlainForm
from carrel.systems.text.text_record import Form

FORMATS: Final = ("csv", "jsonl", "text")
UNITS: Final = ("file", "line")
_ENDINGS: Final = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_PACKED: Final = (".gz", ".bz2", ".xz")


@dataclass(frozen=True, slots=True)
class TextShape:
    """How one text is read.

    Attributes:
        format: of `FORMATS`.
        columns: with text; all where none is named.
        unit: of `UNITS`, what of plain text is one conversation.
        delimiter: of CSV.
        is_said: whether somebody named the delimiter; else a first line that it leaves whole is looked at.
    """

    format: str
    columns: tuple[str, ...] = ()
    unit: str = "file"
    delimiter: str = USUAL
    is_said: bool = True

    @classmethod
    def of(
        cls, path: Path, named: str | None, columns: Sequence[str], *, unit: str, delimiter: str | None
    ) -> TextShape:
        """Of a file, by its ending unless its format is named.

        Raises:
            CarrelError: TXT-023, no sign can stand between fields so.
        """
        inner = Path(path.name)
        while inner.suffix.lower() in _PACKED:
            inner = inner.with_suffix("")
        ending = inner.suffix.lower()
        kind, is_said = named or _ENDINGS.get(ending, "text"), delimiter is not None
        if delimiter is None and ending == ".tsv":
            delimiter, is_said = "\t", True
        between = delimiter_of(delimiter)
        if not is_delimiter(between):
            raise fault(
                faults.DELIMITER, at="--delimiter", wanted="one sign such as ',', ';' or '|', or the word tab",
                found="something else", fix="write the sign that stands between the fields",
            )  # fmt: skip
        return cls(kind, tuple(columns), unit, between, is_said)

    def form(self, conversation: str | None = None) -> Form:
        """The reader of such a file."""
        if self.format == "csv":
            return CsvForm(self.columns, conversation, self.delimiter, is_said=self.is_said)
        if self.format == "jsonl":
            return JsonForm(self.columns, conversation)
        return PlainForm(by_line=self.unit == "line")

    def as_dict(self) -> dict[str, Any]:
        """As a note holds it."""
        return {
            "format": self.format,
            "columns": list(self.columns),
            "unit": self.unit,
            "delimiter": self.delimiter,
        }

    @classmethod
    def read_from(cls, body: Any) -> TextShape:
        """As a note holds it.

        Raises:
            ValueError, KeyError, TypeError: it does not.
        """
        made = cls(str(body["format"]), tuple(map(str, body["columns"])), str(body["unit"]), str(body["delimiter"]))
        if made.format not in FORMATS or made.unit not in UNITS or not is_delimiter(made.delimiter):
            raise ValueError
        return made
