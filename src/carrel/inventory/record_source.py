"""Records as a command or a document names them: a CSV or Parquet file, a table of a database, or a query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from carrel.errors import unseen
from carrel.inventory.dated_table import is_delimiter

ENCODINGS = ("utf-8", "utf-16", "latin-1")
_PARQUET = (".parquet", ".pq")


def _of_text(value: object) -> object:
    return {"file": value} if isinstance(value, str | Path) else value


class NamedSource(BaseModel):
    """Where records are read from. Nothing is ever written there.

    Attributes:
        file: CSV (also ``.gz``), or Parquet by its ending.
        delimiter, encoding: how a CSV file is written; its first line names the columns.
        dsn_file, dsn_env: where the address of a database stands; an account that only reads is enough.
        table: in it, bare or as ``schema.table``.
        query_file: a file with one SELECT.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    dsn_file: Path | None = None
    dsn_env: str | None = None
    table: str | None = Field(default=None, min_length=1, max_length=128)
    query_file: Path | None = None

    @model_validator(mode="after")
    def _fitting(self) -> NamedSource:
        in_database = self.table is not None or self.query_file is not None
        if (self.file is not None) == in_database:
            raise ValueError("write a file, or 'dsn_file' with 'table' or 'query_file'")
        if in_database and (self.dsn_file is None) == (self.dsn_env is None):
            raise ValueError("write 'dsn_file:' or 'dsn_env:' with the address of the database, one of the two")
        if in_database and (self.table is None) == (self.query_file is None):
            raise ValueError("write 'table:' or 'query_file:', one of the two")
        if not in_database and (self.dsn_file is not None or self.dsn_env is not None):
            raise ValueError("'dsn_file' and 'dsn_env' go with 'table' or 'query_file'")
        if not is_delimiter(self.delimiter):
            raise ValueError("write 'delimiter:' with a sign such as ',', ';', '|' or a tab")
        if self.encoding not in ENCODINGS:
            raise ValueError("write 'encoding:' as utf-8, utf-16 or latin-1")
        if self.table is not None and unseen(self.table):
            raise ValueError("write names without signs that nobody sees")
        return self

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet, by its ending."""
        return self.file is not None and self.file.suffix.lower() in _PARQUET

    @property
    def at(self) -> str:
        """What faults call it."""
        if self.file is not None:
            return self.file.name
        return f"table {self.table}" if self.table is not None else f"query {self.query_file and self.query_file.name}"

    def relative_to(self, base: Path) -> NamedSource:
        """The same with absolute paths, those of a document taken from the folder that it lies in."""
        paths = {name: getattr(self, name) for name in ("file", "dsn_file", "query_file")}
        return self.model_copy(update={name: base / path for name, path in paths.items() if path is not None})


RecordSource = Annotated[NamedSource, BeforeValidator(_of_text)]
