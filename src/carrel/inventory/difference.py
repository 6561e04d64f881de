"""The differences inside one table: what a rule needs of it, and what it is."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from carrel.inventory import coverage
from carrel.inventory.coverage import CutTable, Use
from carrel.inventory.schema import Column, LiveSchema, Table, TableKind
from carrel.inventory.system_map import Method, SystemMap


class Severity(enum.StrEnum):
    """What a difference leads to."""

    REFUSES = "refuses"  # a rule could do harm, or could miss a row: nothing is applied
    FINDING = "finding"  # rules run; the word "clean" is taken from the table
    NOTE = "note"


class Kind(enum.StrEnum):
    """In what the two differ."""

    MISSING_TABLE = "missing table"
    MISSING_COLUMN = "missing column"
    VIEW = "view instead of table"
    UNKNOWN_TABLE = "unknown table"
    UNKNOWN_COLUMN = "unknown column"
    UNKNOWN_PERSON_KEY = "unknown key to a person"
    CASCADE = "unknown cascade"
    TYPE = "other type"
    NOT_NULL = "may not be empty"
    TRIGGER = "unknown trigger"
    TRIGGERS_UNSEEN = "triggers cannot be seen"
    ENGINE = "engine without transactions"
    CHARSET = "character set"
    KEY = "other primary key"
    VERSION = "version"
    EARLY = "ahead of its version"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: names of tables and columns only, never a value of a row."""

    kind: Kind
    severity: Severity
    table: str
    column: str
    because: str
    fix: str

    @property
    def at(self) -> str:
        """``table`` or ``table.column``."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        return {name: str(value) for name, value in asdict(self).items()}


OVERLAY = "look at it, then classify it in the site's maps/local.yaml"
_NUMBER = re.compile(r"(tiny|small|medium|big)?int(?!erval)|decimal|numeric|bit|year", re.IGNORECASE)
_TIME = re.compile(r"date|time", re.IGNORECASE)
_TRANSACTIONAL = frozenset({"", "innodb", "rocksdb"})


def in_covered_tables(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    """The differences of every table that a rule uses or the map lists column by column."""
    used, cut = coverage.used(system_map), coverage.cuts(system_map)
    optional, looked_into = coverage.optional_tables(system_map), coverage.looked_into(system_map)
    for name in sorted({*used, *system_map.columns}):
        table = live.tables.get(name)
        if table is None:
            if name in used:
                yield _missing(name, Severity.NOTE if name in optional else Severity.REFUSES)
            continue
        if table.kind is TableKind.VIEW:
            because = "a view can hide rows, and a change through it may reach other tables"
            yield Drift(Kind.VIEW, Severity.REFUSES, name, "", because, "point the map at the table behind it")
            continue
        yield from _columns(system_map, table, used.get(name, {}), whole=name not in looked_into)
        yield from _storage(table)
        if name in cut:
            yield from _cut(table, cut[name])


def _missing(name: str, severity: Severity) -> Drift:
    because = "the map's rules need it; the account may lack the right to see it"
    return Drift(Kind.MISSING_TABLE, severity, name, "", because, "compare the account's grants: carrel doctor")


def _columns(system_map: SystemMap, table: Table, used: dict[str, frozenset[Use]], *, whole: bool) -> Iterator[Drift]:
    """The differences among a table's columns; of one that is not mapped as a whole, only those that a rule needs."""
    known = {*system_map.known_columns(table.name), *used}
    live = set(table.column_names)
    for column in sorted(set(used) - live):
        because = "a rule of the map reads or changes it"
        yield Drift(Kind.MISSING_COLUMN, Severity.REFUSES, table.name, column, because, "use a map for this version")
    for column in sorted(known - live - set(used)):
        because = "the map knows it, and no rule needs it"
        yield Drift(Kind.MISSING_COLUMN, Severity.NOTE, table.name, column, because, "")
    for column in sorted(live - known - set(system_map.person_columns.get(table.name, ()))) if whole else ():
        because = "the map does not know it, so nothing says that it holds nothing of a person"
        yield Drift(Kind.UNKNOWN_COLUMN, Severity.FINDING, table.name, column, because, OVERLAY)
    for name, uses in used.items():
        if (column_found := table.column(name)) is not None:
            yield from _type(table.name, column_found, uses)


def _type(table: str, column: Column, uses: frozenset[Use]) -> Iterator[Drift]:
    if Use.TIME in uses and not _TIME.search(column.type):
        because = f"a rule takes it for a time, and its type is {column.type}"
        yield Drift(Kind.TYPE, Severity.REFUSES, table, column.name, because, "use a map for this version")
    if Use.PERSON in uses and not _NUMBER.match(column.type):
        because = f"a rule takes it for a person's number, and its type is {column.type}"
        yield Drift(Kind.TYPE, Severity.REFUSES, table, column.name, because, "use a map for this version")


def _storage(table: Table) -> Iterator[Drift]:
    if table.engine.lower() not in _TRANSACTIONAL:
        because = f"{table.engine} cannot take back a chunk that fails half way"
        fix = f"ALTER TABLE {table.name} ENGINE=InnoDB"
        yield Drift(Kind.ENGINE, Severity.REFUSES, table.name, "", because, fix)
    if table.charset not in {"", "utf8mb4"}:
        old_unicode = table.charset in {"utf8", "utf8mb3"}
        because = "names and titles that it cannot hold, or holds in other bytes, are not found in its texts"
        severity = Severity.NOTE if old_unicode else Severity.REFUSES
        fix = f"ALTER TABLE {table.name} CONVERT TO CHARACTER SET utf8mb4"
        yield Drift(Kind.CHARSET, severity, table.name, "", f"{table.charset}: {because}", fix)


def _cut(table: Table, cut: CutTable) -> Iterator[Drift]:
    for key in sorted(cut.keys):
        if key and key != table.primary_key:
            because = f"the map walks by ({', '.join(key)}), the table's is ({', '.join(table.primary_key) or 'none'})"
            yield Drift(Kind.KEY, Severity.REFUSES, table.name, "", because, "use a map for this version")
    for name, methods in cut.methods.items():
        if (column := table.column(name)) is not None:
            yield from _method(table.name, column, methods)


def _method(table: str, column: Column, methods: frozenset[Method]) -> Iterator[Drift]:
    if Method.CLEAR in methods and not column.nullable:
        because = "the cut empties it, and it may not be empty"
        yield Drift(Kind.NOT_NULL, Severity.REFUSES, table, column.name, because, "use a map for this version")
    if Method.DAY in methods and not _TIME.search(column.type):
        because = f"the cut keeps its day only, and its type is {column.type}"
        yield Drift(Kind.TYPE, Severity.REFUSES, table, column.name, because, "use a map for this version")
    number = bool(_NUMBER.match(column.type))
    if (Method.ZERO in methods and not number) or (methods & {Method.BLANK, Method.REDACT} and number):
        because = f"the cut does not fit its type, {column.type}"
        yield Drift(Kind.TYPE, Severity.REFUSES, table, column.name, because, "use a map for this version")
