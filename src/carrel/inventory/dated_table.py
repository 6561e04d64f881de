"""Tables and CSV files as a site file declares them: with a clock for their rows, or as totals of nobody."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, model_validator

from carrel.errors import unseen
from carrel.inventory.csv_writing import CsvWriting, encoding_of
from carrel.inventory.held_part import HeldPart
from carrel.inventory.row_clock import is_form
from carrel.inventory.system import NAME

TABLE_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"
TOTALS_ONLY = "gate counts"  # kept as totals, whatever else a site keeps them as (MITL-2.7)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
Columns = Annotated[tuple[ColumnName, ...], BeforeValidator(_listed)]


def is_delimiter(said: str) -> bool:
    """Whether a text can part the fields of a CSV file: one sign that is no letter, digit, quote or end of a line."""
    return len(said) == 1 and said not in '"\r\n\0' and not said.isalnum()


class Named(enum.StrEnum):
    """What a column holds by which a row names its person."""

    CARD = "card"
    USER = "user name"
    EMAIL = "email"
    NUMBER = "number"


class DatedTable(HeldPart):
    """One table of a database, or CSV files of one shape, whose rows may go, or lose columns, by plan.

    Attributes:
        name: by which commands and records call it.
        table: in the database, bare or as ``schema.table``.
        dsn_file, dsn_env, apply_dsn_file, apply_dsn_env: as of a system: where the address of the database stands.
        root, patterns: as of a folder of files: the CSV files.
        delimiter, encoding, header: how these are written.
        clock: column that tells when it was: of a booking its end.
        format: how the clock is written, unless as ISO 8601 or in a type of the database.
        zone: in which times without a zone are read.
        key: columns that tell one row from every other, and name nobody.
        blank: columns that a due row loses; left out, the whole row goes.
        triggers: of the table, that somebody has looked at: none makes a copy.
        person: columns that name the person whom a row is about, and what each holds; by them one person's rows are
            found.
        system: in which these people are registered; may be left out where cards are the same in all systems.
        aggregate: it holds totals only, of gate counts; no row goes, and a column about single persons is refused.
        counts: of totals, columns that count and are not called so.

    Source:
        WPL-4.2, WPL-5.2, MITL-2.7.
    """

    name: str = Field(pattern=TABLE_NAME)
    table: str | None = Field(default=None, min_length=1, max_length=128)
    dsn_file: Path | None = None
    dsn_env: str | None = None
    apply_dsn_file: Path | None = None
    apply_dsn_env: str | None = None
    root: Path | None = None
    patterns: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    header: bool = True
    clock: ColumnName | None = None
    format: str | None = Field(default=None, min_length=2, max_length=60)
    zone: str | None = None
    key: Columns = ()
    blank: Columns = ()
    triggers: tuple[ColumnName, ...] = ()
    person: dict[ColumnName, Named] = Field(default_factory=dict, max_length=12)
    system: str | None = Field(default=None, pattern=NAME)
    aggregate: bool = False
    counts: Columns = ()

    @model_validator(mode="after")
    def _fitting(self) -> DatedTable:
        texts = (self.table, *self.patterns, self.clock, *self.key, *self.blank, *self.counts, *self.person)
        if any(unseen(one) for one in texts if one is not None):
            raise ValueError("write names without signs that nobody sees")
        if (self.table is None) == (self.root is None):
            raise ValueError("write either 'table' with 'dsn_file', or 'root' with 'patterns'")
        self._in_a_database() if self.table is not None else self._in_files()
        self._of_totals() if self.aggregate else self._of_rows()
        return self

    def _in_a_database(self) -> None:
        if (self.dsn_file is None) == (self.dsn_env is None):
            raise ValueError("write 'dsn_file:' or 'dsn_env:' with the address of the database, one of the two")
        if self.apply_dsn_file is not None and self.apply_dsn_env is not None:
            raise ValueError("write 'apply_dsn_file' or 'apply_dsn_env', not both")
        if self.patterns or {"delimiter", "encoding", "header"} & self.model_fields_set:
            raise ValueError("'patterns', 'delimiter', 'encoding' and 'header' are for CSV files, with 'root'")

    def _in_files(self) -> None:
        if any((self.dsn_file, self.dsn_env, self.apply_dsn_file, self.apply_dsn_env, self.triggers)):
            raise ValueError("'dsn_file', 'dsn_env' and 'triggers' are for a table of a database, with 'table'")
        parts = [part for one in self.patterns for part in one.split("/")]
        if not parts or any(part in {"", ".", "..", "**"} for part in parts):
            raise ValueError("write 'patterns:' of names such as '*.csv' or '2026/*.csv', without '..' and '**'")
        if not is_delimiter(self.delimiter):
            raise ValueError("write 'delimiter:' with a sign such as ',', ';', '|' or a tab")
        if encoding_of(self.encoding) is None:
            raise ValueError("write 'encoding:' such as utf-8, utf-16, windows-1252 or iso-8859-1")
        if not self.header and not all(re.fullmatch(r"[1-9]\d{0,3}", one) for one in (*self.named, *self.counts)):
            raise ValueError("without a header, columns are named by their numbers: '1' is the first one")

    def _of_totals(self) -> None:
        if self.record != TOTALS_ONLY:
            raise ValueError("only gate counts are totals: any other record needs a clock and a key")
        rows = (self.clock, self.format, self.zone, self.key, self.blank, self.triggers, self.until, self.person)
        if any((*rows, self.system)):
            raise ValueError(
                "totals have no clock and no key: leave out all but 'record', 'purpose' and where they are"
            )

    def _of_rows(self) -> None:
        if self.counts:
            raise ValueError("'counts:' is for totals, with 'aggregate: true'")
        if self.record == TOTALS_ONLY:
            raise ValueError("gate counts are totals only: write 'aggregate: true', or another record")
        if self.clock is None or not self.key:
            raise ValueError("write 'clock:' and 'key:', as 'carrel scan' proposes them, or 'aggregate: true'")
        if self.format is not None and not is_form(self.format):
            raise ValueError(
                "write 'format:' as seconds, milliseconds, or with %Y, %m, %d and %H, %M, %S (or %I, %M, %p)"
            )
        if self.zone is not None and not is_zone(self.zone):
            raise ValueError("write the name of a time zone, such as 'America/New_York'")
        if {self.clock, *self.key} & set(self.blank):
            raise ValueError("'blank:' takes neither the clock nor the key: without them no row is known any more")
        self._of_one_person()
        if len(set(self.key)) < len(self.key) or len(set(self.blank)) < len(self.blank):
            raise ValueError("write each column once")

    def _of_one_person(self) -> None:
        if self.system is not None and not self.person:
            raise ValueError("'system:' tells whose people 'person:' names: write both, or neither")
        if Named.NUMBER in self.person.values() and self.system is None:
            raise ValueError("a 'number' is one system's own: write 'system:' with its name")
        if {self.clock, *self.key} & set(self.person):
            raise ValueError("'person:' takes neither the clock nor the key: the key must name nobody")
        if self.blank and (lacks := sorted(set(self.person) - set(self.blank))):
            raise ValueError(f"'blank:' must take {', '.join(lacks)} as well: 'person:' says who stands there")

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that it speaks of, each once."""
        columns = (self.clock, *self.key, *self.blank, *self.person)
        return tuple(dict.fromkeys(one for one in columns if one is not None))

    def is_about(self, system: str) -> bool:
        """Whether its rows can be found for a person of a system."""
        return bool(self.person) and self.system in {None, system}

    @property
    def writing(self) -> CsvWriting:
        """How its CSV files are written."""
        return CsvWriting(self.delimiter, self.encoding, self.header)

    @property
    def where(self) -> Path:
        """The folder of its CSV files.

        Raises:
            ValueError: it is in a database.
        """
        if self.root is None:
            raise ValueError(f"{self.name} is in a database")
        return self.root

    @property
    def zone_info(self) -> ZoneInfo | None:
        """The declared zone."""
        return None if self.zone is None else ZoneInfo(self.zone)

    @property
    def tool(self) -> str:
        """What a plan over it is made with."""
        return "csv" if self.table is None else "sql"

    @property
    def blanks(self) -> tuple[str, ...]:
        """What a due row loses; nothing where all of it goes."""
        return self.blank

    @property
    def is_judged(self) -> bool:
        """Whether its rows have a period; totals have none."""
        return not self.aggregate

    @property
    def entry(self) -> list[str]:
        """What tells whether the site file still speaks of the same rows."""
        said = (self.table, self.dsn_file, self.dsn_env, self.root, self.clock, self.format, self.zone, self.header)
        lists = (self.patterns, self.key, self.blank, self.triggers)
        people = [f"{name}: {kind}" for name, kind in self.person.items()]
        told = [self.name, *map(str, said), self.delimiter, self.encoding, *map(str, map(list, lists))]
        return [*told, str(self.system), *people] if people else told

    @property
    def parts(self) -> tuple[DatedTable, ...]:
        """It has one part: itself."""
        return (self,)


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone that is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
