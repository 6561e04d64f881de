"""Drift: where a live database differs from its map, and what follows for the rules, the plan and the word *clean*."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from carrel.errors import CarrelError, Fault
from carrel.inventory import coverage, faults
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


_OVERLAY = "look at it, then classify it in the site's maps/local.yaml"
_NUMBER = re.compile(r"(tiny|small|medium|big)?int|integer|decimal|numeric|bit|year", re.IGNORECASE)
_TIME = re.compile(r"date|time", re.IGNORECASE)
_TRANSACTIONAL = frozenset({"", "innodb", "rocksdb"})
# Names under which products keep a person, besides those that a key gives away.
_PERSON = re.compile(
    r"borrower(number)?(_id)?|patron(_?id)?|user_?id|usr|cardnumber|card_number|surname|firstname|last_?name|first_?name"
    r"|e?mail|email_?address|phone|mobile|date_?of_?birth|dob|barcode_patron|member_?id|reader_?id|guarant\w+",
    re.IGNORECASE,
)


def compare(system_map: SystemMap, live: LiveSchema) -> tuple[Drift, ...]:
    """Every difference between a map and a live schema, the gravest first.

    Args:
        system_map: with the site's overlay merged.
        live: as read from the database, or from a schema-facts file.

    Returns:
        Nothing for a database that is exactly as mapped.

    Guarantees:
        A column, table, key or trigger that neither the map nor the overlay knows is in the result.
    """
    found = [
        *_covered(system_map, live),
        *_person_keys(system_map, live),
        *_other_tables(system_map, live),
        *_cascades(system_map, live),
        *_triggers(system_map, live),
    ]
    found.extend(_version(system_map, live, found))
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: (order.index(one.severity), one.table, one.column, one.kind)))


def refusals(drifts: Iterable[Drift]) -> tuple[Drift, ...]:
    """The differences for which nothing may be applied."""
    return tuple(one for one in drifts if one.severity is Severity.REFUSES)


def require(drifts: Iterable[Drift], at: str) -> None:
    """Stop where a difference could do harm.

    Raises:
        CarrelError: MAP-003, with one fault for each difference that refuses.
    """
    if grave := refusals(drifts):
        raise CarrelError(
            tuple(
                Fault(faults.DRIFT, at=f"{at}: {one.at}", found=one.kind, because=one.because, fix=one.fix)
                for one in grave
            )
        )


@dataclass(frozen=True, slots=True)
class CleanWord:
    """Whether a run may call the database clean, and the reasons why not."""

    may: bool
    because: tuple[str, ...] = ()


def clean_word(drifts: Iterable[Drift], system_map: SystemMap) -> CleanWord:
    """Whether a run may call the database clean: only if every table with patron data is covered and as mapped.

    Guarantees:
        Never while the map lists a table as not yet covered.
    """
    reasons = []
    if waiting := len(system_map.not_yet_covered):
        reasons.append(f"{waiting} tables with patron data are not yet covered")
    tables = sorted({one.table for one in drifts if one.severity is not Severity.NOTE})
    if tables:
        reasons.append(f"differs from its map: {', '.join(tables)}")
    return CleanWord(not reasons, tuple(reasons))


def clean_tables(drifts: Iterable[Drift], system_map: SystemMap) -> frozenset[str]:
    """The covered tables that keep the word *clean*: those without a finding."""
    return frozenset(system_map.columns) - {one.table for one in drifts if one.severity is not Severity.NOTE}


def _covered(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    used, cut = coverage.used(system_map), coverage.cuts(system_map)
    optional = coverage.optional_tables(system_map)
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
        yield from _columns(system_map, table, used.get(name, {}))
        yield from _storage(table)
        if name in cut:
            yield from _cut(table, cut[name])


def _missing(name: str, severity: Severity) -> Drift:
    because = "the map's rules need it; the account may lack the right to see it"
    return Drift(Kind.MISSING_TABLE, severity, name, "", because, "compare the account's grants: carrel doctor")


def _columns(system_map: SystemMap, table: Table, used: dict[str, frozenset[Use]]) -> Iterator[Drift]:
    known = {*system_map.columns.get(table.name, ()), *used}
    live = set(table.column_names)
    for column in sorted(set(used) - live):
        because = "a rule of the map reads or changes it"
        yield Drift(Kind.MISSING_COLUMN, Severity.REFUSES, table.name, column, because, "use a map for this version")
    for column in sorted(known - live - set(used)):
        because = "the map knows it, and no rule needs it"
        yield Drift(Kind.MISSING_COLUMN, Severity.NOTE, table.name, column, because, "")
    for column in sorted(live - known - set(system_map.person_columns.get(table.name, ()))):
        because = "the map does not know it, so nothing says that it holds nothing of a person"
        yield Drift(Kind.UNKNOWN_COLUMN, Severity.FINDING, table.name, column, because, _OVERLAY)
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


def _person_keys(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    for table, key in live.incoming(system_map.people.table):
        for column in key.columns:
            if column not in system_map.person_columns.get(table, ()):
                because = f"a foreign key leads to a person (on delete: {key.on_delete.lower()})"
                yield Drift(Kind.UNKNOWN_PERSON_KEY, Severity.FINDING, table, column, because, _OVERLAY)


def _other_tables(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    known = {
        *coverage.used(system_map),
        *system_map.columns,
        *system_map.no_person,
        *system_map.not_yet_covered,
        *system_map.person_columns,
    }
    for name, table in live.tables.items():
        if name in known:
            continue
        telling = [column for column in table.column_names if _PERSON.fullmatch(column)]
        if telling or any(key.table == system_map.people.table for key in table.foreign_keys):
            because = (
                f"it seems to hold persons ({', '.join(telling) or 'by a foreign key'}), and the map does not know it"
            )
            yield Drift(Kind.UNKNOWN_TABLE, Severity.FINDING, name, "", because, _OVERLAY)
        else:
            because = "the map does not know it; no name of a column suggests a person"
            yield Drift(Kind.UNKNOWN_TABLE, Severity.NOTE, name, "", because, _OVERLAY)


def _cascades(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    for name, cut in coverage.cuts(system_map).items():
        if not cut.delete:
            continue
        for other, key in live.incoming(name):
            if other in cut.children or key.on_delete in {"RESTRICT", "NO ACTION"}:
                continue
            because = (
                f"deleting a row of {name} would reach it (on delete: {key.on_delete.lower()}), unseen by the plan"
            )
            fix = "name it among the children of the cut"
            yield Drift(Kind.CASCADE, Severity.REFUSES, other, ", ".join(key.columns), because, fix)


def _triggers(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    cut = coverage.cuts(system_map)
    if not live.triggers_seen:
        because = "the account may not see triggers, and one could copy what is cut"
        yield Drift(
            Kind.TRIGGERS_UNSEEN, Severity.REFUSES, "*", "", because, "grant TRIGGER: carrel init --grants-only"
        )
    for name in sorted({*system_map.columns, *cut}):
        for trigger in live.tables[name].triggers if name in live.tables else ():
            if trigger.name in system_map.triggers.get(name, {}):
                continue
            fires = name in cut and trigger.event != "INSERT"
            because = f"{trigger.timing} {trigger.event}: it runs with every row that is cut, and may copy it elsewhere"
            if not fires:
                because = f"{trigger.timing} {trigger.event}: it may copy patron data elsewhere"
            severity = Severity.REFUSES if fires else Severity.FINDING
            fix = "look at it; if it does no harm, name it under 'triggers' in the site's maps/local.yaml"
            yield Drift(Kind.TRIGGER, severity, name, trigger.name, because, fix)


def _version(system_map: SystemMap, live: LiveSchema, found: list[Drift]) -> Iterator[Drift]:
    where = system_map.versions.at.table
    proved = ", ".join(system_map.versions.proved)
    if any(live.product_version.startswith(prefix) for prefix in system_map.versions.proved):
        return
    if not live.product_version:
        if live.dialect != "facts":
            because = f"{system_map.title} does not tell its version; the map was proved on {proved}"
            yield Drift(Kind.VERSION, Severity.REFUSES, where, "", because, "check that this is the product's database")
        return
    version = live.product_version[:20]
    if any(one.severity is not Severity.NOTE for one in found):
        because = f"version {version} was never proved ({proved} was), and some differences are not classified"
        yield Drift(Kind.VERSION, Severity.REFUSES, where, "", because, "classify the differences in maps/local.yaml")
    else:
        because = f"version {version} was never proved ({proved} was); it runs because every difference is classified"
        yield Drift(Kind.VERSION, Severity.NOTE, where, "", because, "")
