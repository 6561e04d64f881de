"""What a document says of texts to be released: the library's numbers, its roster, its catalogue, where the text is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carrel.deidentification.text.residual_risk import THRESHOLD
from carrel.inventory.dated_table import ColumnName, Columns
from carrel.inventory.record_source import NamedSource, RecordSource

Leave = Literal["link", "network address", "secret", "number", "user name"]


class _Listed(BaseModel):
    """A list, in a file or a database, or what the map of a site's system says of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: RecordSource | None = None
    system: str | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _one(self) -> _Listed:
        if (self.records is None) == (self.system is None):
            raise ValueError("write 'records:' or 'system:', one of the two")
        return self


class Roster(_Listed):
    """Where the people stand.

    Attributes:
        given, family: columns of their names.
        name: a column with the whole name, as *given family* or *family, given*.
        cards, phones, addresses: further columns. E-mail addresses need none: they all go.
    """

    given: Columns = ()
    family: ColumnName | None = None
    name: ColumnName | None = None
    cards: Columns = ()
    phones: Columns = ()
    addresses: Columns = ()


class Catalogue(_Listed):
    """Where the books stand.

    Attributes:
        author, title: columns.
    """

    author: ColumnName | None = None
    title: ColumnName | None = None


class TextSettings(BaseModel):
    """What texts are looked through by.

    Attributes:
        cards, student_ids: forms of numbers, such as ``21868######### mod10``.
        roster, catalogue: lists.
        columns: of a CSV file, or fields of JSON lines, that hold text; all unless given.
        conversation: the column or field that tells which conversation a row belongs to.
        unit: of plain text, what is a conversation of its own.
        leave: kinds that stay.
        recognizers: of others, as ``module:Class``.
        threshold: the share of documents that may leak for a release of low risk.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cards: tuple[str, ...] = ()
    student_ids: tuple[str, ...] = ()
    roster: tuple[Roster, ...] = ()
    catalogue: tuple[Catalogue, ...] = ()
    columns: Columns = ()
    conversation: ColumnName | None = None
    unit: Literal["file", "line"] = "file"
    leave: tuple[Leave, ...] = ()
    recognizers: tuple[Annotated[str, Field(pattern=r"^[\w.]+:\w+$")], ...] = ()
    threshold: float = Field(default=THRESHOLD, gt=0, lt=1)


def source_of(listed: _Listed) -> NamedSource:
    """The records of a list that names some."""
    assert listed.records is not None  # noqa: S101  (the model lets no other through)
    return listed.records
