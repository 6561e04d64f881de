"""Whether a map knows every place of patron data that a schema-facts file tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carrel.errors import fault
from carrel.inventory import column_use, coverage, faults
from carrel.inventory.card import free_words
from carrel.inventory.person_map import Through, Trace
from carrel.inventory.schema import LiveSchema, TableKind, from_facts, relations
from carrel.inventory.system_map import SystemMap

_UNLABELLED = "no label tells which category of personal data it holds, or that it says nothing of a person"

# Classes of tables, in a facts file, that hold nothing of a person.
_IMPERSONAL = frozenset({"config", "join"})


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A table, or a column of one, with patron data that the map does not name."""

    table: str
    column: str
    because: str

    @property
    def at(self) -> str:
        """``table`` or ``table.column``."""
        return f"{self.table}.{self.column}" if self.column else self.table


@dataclass(frozen=True, slots=True)
class MapCheck:
    """What a comparison of a map with a facts file found.

    Attributes:
        tables, columns: how many the facts file describes.
        covered: tables that the map's rules reach.
        no_person: tables that the map knows to hold nothing of a person.
        views: they hold no rows of their own.
        kept: columns that no rule cuts, as ``table.column``, and on what ground.
        with_card: tables with patron data that goes when the person's card has lapsed, where a policy says so.
        words: tables of others' words, out of which an erasure takes identifiers; no rule reaches the rest.
        not_yet_covered: tables with patron data that no rule reaches yet, and what they hold.
        gaps: what the map does not name at all.
    """

    tables: int
    columns: int
    covered: tuple[str, ...]
    no_person: tuple[str, ...]
    views: tuple[str, ...]
    kept: Mapping[str, str]
    with_card: tuple[str, ...]
    words: Mapping[str, str]
    not_yet_covered: Mapping[str, str]
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        """Whether every place of patron data is both named and covered."""
        return not self.gaps and not self.not_yet_covered


def check(system_map: SystemMap, facts: Mapping[str, Any]) -> MapCheck:
    """Compare a map with a schema-facts file.

    Args:
        system_map: with the site's overlay merged.
        facts: the parsed JSON document; see `carrel.inventory.schema.from_facts`. Of more, ``class`` of a table,
            ``patron_links`` and ``sensitivity``, and the lists of references to persons are used where it has them.

    Raises:
        CarrelError: MAP-005, the document lacks what a facts file has.
    """
    try:
        schema = from_facts(facts)
        gaps = {
            *_tables(system_map, schema, facts),
            *_columns(system_map, schema),
            *_views(system_map, schema),
            *_persons(system_map, schema, facts),
            *_erasure(system_map, schema),
            *_record(system_map, schema),
        }
    except (KeyError, TypeError, AttributeError, ValueError):
        raise fault(
            faults.FACTS,
            wanted="'tables' or 'relations' by name, each with 'columns', 'primary_key', 'indexes' and 'foreign_keys'",
            found="a document without them",
            fix="see `docs/map.md`: the form of a facts file",
        ) from None
    uncovered, words = dict(sorted(system_map.not_yet_covered.items())), free_words(system_map.person)
    return MapCheck(
        tables=len(schema.tables),
        columns=sum(len(table.columns) for table in schema.tables.values()),
        covered=tuple(sorted(set(system_map.columns) & set(schema.tables))),
        no_person=tuple(sorted(set(system_map.no_person) & set(schema.tables))),
        views=tuple(sorted(set(system_map.views) & set(schema.tables))),
        kept={f"{one.table}.{column}": one.ground for one in system_map.kept for column in one.columns},
        with_card=tuple(sorted(set(system_map.with_card) & set(schema.tables))),
        words={name: says for name, says in uncovered.items() if name in words},
        not_yet_covered={name: says for name, says in uncovered.items() if name not in words},
        gaps=tuple(sorted(gaps)),
    )


def _named(system_map: SystemMap) -> frozenset[str]:
    """Tables with patron data that the map speaks of."""
    told = (system_map.columns, system_map.with_card, system_map.not_yet_covered, system_map.kept_tables)
    return frozenset(name for tables in told for name in tables)


def _tables(system_map: SystemMap, schema: LiveSchema, facts: Mapping[str, Any]) -> Iterator[Gap]:
    named = _named(system_map)
    described = relations(facts)
    for name in _tables_of(schema):
        told = described[name]
        kind = told.get("class")
        holds = (kind is not None and kind not in _IMPERSONAL) or told.get("patron_links") or told.get("sensitivity")
        if name not in named and name not in system_map.no_person:
            yield Gap(name, "", "the map does not name this table")
        elif holds and name in system_map.no_person:
            yield Gap(name, "", "the map says that it holds nothing of a person, and the facts say that it does")
    for name in sorted(set(coverage.used(system_map)) - set(schema.tables) - set(system_map.versions.not_in_facts)):
        yield Gap(name, "", "the map's rules use this table, and the facts do not have it")


def _columns(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    used = coverage.used(system_map)
    for name, table in schema.tables.items():
        known = system_map.known_columns(name)
        for column in sorted(set(table.column_names) - set(known)) if known else ():
            yield Gap(name, column, "the map does not name this column")
        for column in sorted({*known, *used.get(name, ())} - set(table.column_names)):
            yield Gap(name, column, "the map names this column, and the facts do not have it")
        for column in table.column_names if known and name not in system_map.no_person else ():
            if not system_map.labels.knows(name, column):
                yield Gap(name, column, _UNLABELLED)


def _tables_of(schema: LiveSchema) -> Iterator[str]:
    return (name for name, table in schema.tables.items() if table.kind is not TableKind.VIEW)


def _views(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    """A view is named as one; nothing else is."""
    for name, table in schema.tables.items():
        if table.kind is TableKind.VIEW and name not in system_map.views:
            yield Gap(name, "", "the map does not name this view")
        elif table.kind is not TableKind.VIEW and name in system_map.views:
            yield Gap(name, "", "the map says that it is a view, and the facts say that it holds rows")


def _persons(system_map: SystemMap, schema: LiveSchema, facts: Mapping[str, Any]) -> Iterator[Gap]:
    told = [(one.table, column) for one in schema.incoming(system_map.people.table) for column in one.key.columns]
    for listed in ("references_to_borrowers_by_foreign_key", "also_referencing_borrowers_not_detailed"):
        told += [(one["table"], one["column"]) for one in facts.get(listed, ())]
    for one in facts.get("person_links_without_foreign_key", ()):
        told += [(one["table"], column) for column in one["column"].split("/")]
    told += [(name, one["column"]) for name, table in relations(facts).items() for one in table.get("patron_links", ())]
    for table, column in told:
        if column not in system_map.person_columns.get(table, ()):
            yield Gap(table, column, "it names a person, and the map does not say so")
        if table not in {
            *system_map.columns,
            *system_map.with_card,
            *system_map.not_yet_covered,
            *system_map.kept_tables,
        }:
            yield Gap(table, "", "it names a person, and the map does not name it")


def _erasure(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    """Every table stands in the section on persons, or holds nothing of a person; every column named there exists."""
    if (person := system_map.person) is None:
        return
    for name in _tables_of(schema):
        told = person.tables.get(name)
        if told is None:
            if name not in system_map.no_person:
                yield Gap(name, "", "the map does not say what erasing a person does there")
            continue
        named = {(name, one) for one in (*told.texts, *told.gone)}.union(*(_traced(name, one) for one in told.traces))
        yield from _lacking(schema, named, "erasing a person uses this column, and the facts do not have it")
    for one in (person.cards, *person.elsewhere):
        if one is not None:
            named = {(one.table, column) for column in (one.person, *one.columns)}
            yield from _lacking(schema, named, "erasing a person looks here for what identifies one")
    for child, key in schema.incoming(system_map.people.table):
        for column in key.columns:
            traces = person.tables[child].traces if child in person.tables else ()
            if not any(trace.column == column for trace in traces):
                yield Gap(child, column, "a key names a person, and no trace says what erasing the person does to it")


def _traced(name: str, trace: Trace) -> set[tuple[str, str]]:
    named = {(name, one) for one in (trace.column, *trace.changed) if one}
    named |= {(name, one.column) for one in trace.only}
    named |= set(_way(name, trace.through)) if trace.through else set()
    return named | {(one, column) for one, column, _ in column_use.way(name, trace.among)}


def _way(table: str, through: Through) -> Iterator[tuple[str, str]]:
    before = table
    for one in through.way:
        yield from ((before, column) for column in one.pairs)
        yield from ((one.table, column) for column in one.pairs.values())
        yield from ((one.table, test.column) for test in one.only)
        if one.person:
            yield one.table, one.person
        before = one.table


def _lacking(schema: LiveSchema, named: Iterable[tuple[str, str]], because: str) -> Iterator[Gap]:
    for name, column in sorted(named):
        if (table := schema.tables.get(name)) is not None and table.column(column) is None:
            yield Gap(name, column, because)


def _record(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    """Every column by which a record is corrected or its use restricted exists, in the tables of the facts."""
    named: list[tuple[str, str]] = []
    if (rectify := system_map.rectify) is not None:
        people = system_map.people.table
        for one in rectify.fields.values():
            named += [(one.table or people, column) for column in one.parts.values()]
            named += [(people, column) for column in one.pairs]
            named += [(one.table, column) for column in (*one.pairs.values(), *(test.column for test in one.only))]
        for copy in rectify.copies:
            named += [(copy.table, one) for one in (copy.person, *copy.columns.values()) if one]
        named += [(system_map.people.table, column) for column in rectify.follows]
        named += [(old.table, column) for old in rectify.remains for column in (old.person, *old.texts)]
    if (restrict := system_map.restrict) is not None:
        for switch in restrict.switches:
            named += [(switch.table, one) for one in (switch.column, *switch.set) if one]
    because = "correcting or restricting a record uses this column, and the facts do not have it"
    yield from _lacking(schema, dict.fromkeys(named), because)
