"""Drift: where a live database differs from its map, and what follows for the rules, the plan and the word *clean*."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carrel.amount import amount
from carrel.errors import CarrelError, Fault, fault
from carrel.inventory import coverage, faults
from carrel.inventory.difference import OVERLAY, Drift, Kind, Severity, in_covered_tables
from carrel.inventory.schema import LiveSchema, Trigger
from carrel.inventory.system_map import SystemMap

__all__ = [
    "CleanWord", "Drift", "Kind", "Severity", "clean_tables", "clean_word", "compare", "refusals", "require",
]  # fmt: skip

# Names under which products keep a person, besides those that a key gives away.
_PERSON = re.compile(
    r"borrower(number)?(_id)?|patron(_?id)?|user_?id|usr|cardnumber|card_number|surname|firstname|last_?name|first_?name"
    r"|e?mail|email_?address|phone|mobile|date_?of_?birth|dob|barcode_patron|member_?id|reader_?id|guarant\w+",
    re.IGNORECASE,
)


# Of one product's versions fewer differ.
MOST_LOST = 20


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
        *in_covered_tables(system_map, live),
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
        lost = sorted(one.table for one in grave if one.kind is Kind.MISSING_TABLE)
        if len(lost) > MOST_LOST:
            raise fault(
                faults.DRIFT,
                at=at,
                wanted="the tables of the map",
                found=f"{len(lost)} of them are not there: {', '.join(lost[:5])} …",
                because="this is probably the database of another product, or an empty one",
                fix="look at the name of the database and at the product that was said",
            )
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
        reasons.append(f"{amount(waiting, 'table with patron data is', 'tables with patron data are')} not yet covered")
    tables = sorted({one.table for one in drifts if one.severity is not Severity.NOTE})
    if tables:
        reasons.append(f"differs from its map: {', '.join(tables)}")
    return CleanWord(not reasons, tuple(reasons))


def clean_tables(drifts: Iterable[Drift], system_map: SystemMap) -> frozenset[str]:
    """The covered tables that keep the word *clean*: those without a finding."""
    return frozenset(system_map.columns) - {one.table for one in drifts if one.severity is not Severity.NOTE}


def _person_keys(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    for table, key in live.incoming(system_map.people.table):
        for column in key.columns:
            if column not in system_map.person_columns.get(table, ()):
                because = f"a foreign key leads to a person (on delete: {key.on_delete.lower()})"
                yield Drift(Kind.UNKNOWN_PERSON_KEY, Severity.FINDING, table, column, because, OVERLAY)


def _other_tables(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    known = {
        *coverage.used(system_map),
        *system_map.columns,
        *system_map.columns_beyond,
        *system_map.no_person,
        *system_map.views,
        *system_map.versions.not_in_facts,
        *system_map.kept_tables,
        *system_map.not_yet_covered,
        *system_map.with_card,
        *system_map.person_columns,
        *(() if system_map.person is None else system_map.person.tables),
    }
    for name, table in live.tables.items():
        if name in known:
            continue
        telling = [column for column in table.column_names if _PERSON.fullmatch(column)]
        if telling or any(key.table == system_map.people.table for key in table.foreign_keys):
            because = (
                f"it seems to hold persons ({', '.join(telling) or 'by a foreign key'}), and the map does not know it"
            )
            yield Drift(Kind.UNKNOWN_TABLE, Severity.FINDING, name, "", because, OVERLAY)
        else:
            because = "the map does not know it; no name of a column suggests a person"
            yield Drift(Kind.UNKNOWN_TABLE, Severity.NOTE, name, "", because, OVERLAY)


def _cascades(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    for name, cut in coverage.cuts(system_map).items():
        if not cut.delete:
            continue
        for other, key in live.incoming(name):
            if other in cut.children or key.on_delete in {"RESTRICT", "NO ACTION"}:
                continue
            if key.on_delete == "SET NULL" and key.columns == (cut.frees.get(other),):
                continue
            because = (
                f"deleting a row of {name} would reach it (on delete: {key.on_delete.lower()}), unseen by the plan"
            )
            fix = "name it among the children of the cut"
            yield Drift(Kind.CASCADE, Severity.REFUSES, other, ", ".join(key.columns), because, fix)
        for heir in (one.name for one in live.tables.values() if name in one.inherits):
            because = (
                f"its rows are rows of {name} as well: they would be deleted with columns that the plan does not see"
            )
            yield Drift(
                Kind.CASCADE, Severity.REFUSES, heir, "", because, "name it in the map, in the place of the other"
            )


def untold_triggers(system_map: SystemMap, live: LiveSchema, tables: Iterable[str]) -> Iterator[tuple[str, Trigger]]:
    """The triggers of these tables that nobody has looked at; each table once, also if it is named again.

    One that is switched off does nothing; whoever switches it on makes a plan stale.
    """
    for name in dict.fromkeys(tables):
        for trigger in live.tables[name].triggers if name in live.tables else ():
            if trigger.fires and trigger.name not in system_map.triggers.get(name, {}):
                yield name, trigger


def _triggers(system_map: SystemMap, live: LiveSchema) -> Iterator[Drift]:
    cut = coverage.cuts(system_map)
    if not live.triggers_seen:
        because = "the account may not see triggers, and one could copy what is cut"
        yield Drift(
            Kind.TRIGGERS_UNSEEN, Severity.REFUSES, "*", "", because, "grant TRIGGER: carrel init PRODUCT --grants-only"
        )
    for name, trigger in untold_triggers(system_map, live, sorted({*system_map.columns, *cut})):
        fires = name in cut and trigger.event != "INSERT"
        because = f"{trigger.timing} {trigger.event}: it runs with every row that is cut, and may copy it elsewhere"
        if not fires:
            because = f"{trigger.timing} {trigger.event}: it may copy patron data elsewhere"
        severity = Severity.REFUSES if fires else Severity.FINDING
        fix = "look at it; if it does no harm, name it under 'triggers' in the site's maps/local.yaml"
        yield Drift(Kind.TRIGGER, severity, name, trigger.name, because, fix)


def _version(system_map: SystemMap, live: LiveSchema, found: list[Drift]) -> Iterator[Drift]:
    where, version = system_map.versions.at.table, live.product_version[:20]
    proved = ", ".join(system_map.versions.proved) or "none"
    for change in system_map.versions.changes:
        if change.since is not None and change.expected(version) is False and change.present(live):
            because = f"{change.name}: it came with {change.since}, and this {version} has it already"
            yield Drift(Kind.EARLY, Severity.NOTE, where, "", because, "")
    if not system_map.versions.proved and live.dialect != "facts":
        because = f"{system_map.title}: {system_map.versions.told}"
        yield Drift(Kind.VERSION, Severity.REFUSES, where, "", because, "wait for a release that proves it")
        return
    if any(version.startswith(prefix) for prefix in system_map.versions.proved):
        return
    if not version:
        if live.dialect != "facts":
            because = f"{system_map.title} does not tell its version; the map was proved on {proved}"
            yield Drift(Kind.VERSION, Severity.REFUSES, where, "", because, "check that this is the product's database")
        return
    if any(one.severity is not Severity.NOTE for one in found):
        because = f"version {version} was never proved ({proved} were), and some differences are not classified"
        yield Drift(Kind.VERSION, Severity.REFUSES, where, "", because, "classify the differences in maps/local.yaml")
    else:
        because = f"version {version} was never proved ({proved} were); it runs because every difference is classified"
        yield Drift(Kind.VERSION, Severity.NOTE, where, "", because, "")
