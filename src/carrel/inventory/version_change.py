"""What one version of a product has and another lacks, and what the map says of it where it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import Lookup, Method, Part
from carrel.inventory.map_path import Path
from carrel.inventory.person_map import PersonTable
from carrel.inventory.record_path import RecordPath
from carrel.inventory.schema import LiveSchema

LOAN = "loan"  # under this name the past loans' own table stands beside the paths
_RELEASE = re.compile(r"(\d{1,3})\.(\d{2})")
Release = tuple[int, int]


def release(version: str) -> Release | None:
    """The release that a version belongs to: 25.11 of ``25.1104011``; None where the text is no version."""
    found = _RELEASE.match(version)
    return (int(found[1]), int(found[2])) if found else None


class VersionChange(Part):
    """One difference between versions: which names come or go, and what the map then says of them.

    Attributes:
        name: a few words, for people.
        says: what changed, and what it means for patrons.
        source: the product's own step that makes it, with the number of the report behind it.
        since: first release that has it.
        until: first release that no longer has it.
        tables: whole tables that come or go.
        columns: columns that come, by table. Of a table that the map covers, or that comes with them, they are known
            from then on.
        altered: what changes under an unchanged name, and how; it is told, and asks nothing of the map.
        person_columns, no_person, not_yet_covered: as of a map, of what comes.
        cuts: further columns that a path's cut changes where it changes any, by the path's name; `LOAN` is the table
            of past loans.
        children: further tables whose rows go first, by the path's name.
        frees: further tables whose rows stay and whose key the database empties, by the path's name.
        paths: further ways from a loan to its reader.
        records: further records of other kinds.
        person: what erasing one person does in the new tables.
        after: table of the map's section on persons after which they are dealt with; before all of them unless given.
    """

    name: str
    says: str
    source: str
    since: str | None = None
    until: str | None = None
    tables: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    altered: dict[str, str] = Field(default_factory=dict)
    person_columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    no_person: tuple[str, ...] = ()
    not_yet_covered: dict[str, str] = Field(default_factory=dict)
    cuts: dict[str, dict[str, Method]] = Field(default_factory=dict)
    children: dict[str, dict[str, str]] = Field(default_factory=dict)
    frees: dict[str, dict[str, str]] = Field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    records: tuple[RecordPath, ...] = ()
    person: dict[str, PersonTable] = Field(default_factory=dict)
    after: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.since is None) == (self.until is None):
            raise ValueError("a change has a first release that has it, or a first that lacks it, and not both")
        if release(self.since or self.until or "") is None:
            raise ValueError("a release is written as 25.11")
        said = (self.person_columns, self.no_person, self.not_yet_covered, self.cuts, self.children, self.frees)
        if self.until is not None and any((*said, self.columns, self.paths, self.records, self.person)):
            raise ValueError("of what goes, only whole tables are named")
        if not (self.tables or self.columns or self.altered):
            raise ValueError("a change names what comes, goes or is altered")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that comes or goes, as ``table`` or ``table.column``."""
        columns = (f"{table}.{column}" for table, found in self.columns.items() for column in found)
        return (*self.tables, *columns)

    @property
    def touched(self) -> frozenset[str]:
        """The names of the paths that it adds to."""
        return frozenset({*self.cuts, *self.children, *self.frees})

    def expected(self, version: str) -> bool | None:
        """Whether a version has it, by its number; None where the text is no version."""
        found, bound = release(version), release(self.since or self.until or "")
        if found is None or bound is None:
            return None
        return found >= bound if self.since is not None else found < bound

    def present(self, schema: LiveSchema) -> bool:
        """Whether any of its names is there, whatever the version says of itself."""
        return any(self._there(schema))

    def _there(self, schema: LiveSchema) -> Iterator[bool]:
        yield from (name in schema.tables for name in self.tables)
        for table, columns in self.columns.items():
            if (found := schema.tables.get(table)) is not None:
                yield from (found.column(column) is not None for column in columns)


class Versions(Part):
    """How a product tells its version, which versions this map was proved on, and what differs between them.

    Attributes:
        at: where the version stands.
        proved: beginnings of the versions on which every rule was carried out and read back.
        written_for: the version that everything outside ``changes`` describes.
        changes: what other versions have or lack.
        carried_out: names of the changes that a database's own map has in it; a file leaves this out.
        checked: what the map was compared with, for people. A map that was proved on no version says it: every
            relation of it is named here, and nothing was carried out yet.
        not_in_facts: tables that the map uses and that were not among those, and for what.
    """

    at: Lookup
    proved: tuple[str, ...]
    checked: str = ""
    not_in_facts: dict[str, str] = Field(default_factory=dict)
    written_for: str
    changes: tuple[VersionChange, ...] = ()
    carried_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> Self:
        if not self.proved and not self.checked:
            raise ValueError("a map that was proved on no version says what it was checked against")
        return self

    @property
    def told(self) -> str:
        """On which versions the map was proved, or that it was on none, and what it was compared with instead."""
        if self.proved:
            return f"proved on {', '.join(self.proved)}"
        return f"checked against {self.checked}; not yet proved on any version"


def joined(ours: Mapping[str, tuple[str, ...]], theirs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Names by table: ours, and what is new of theirs behind them."""
    merged = dict(ours)
    for name, columns in theirs.items():
        known = merged.get(name, ())
        merged[name] = (*known, *(column for column in columns if column not in known))
    return merged
