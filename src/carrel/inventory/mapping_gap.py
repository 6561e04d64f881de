"""Whether a map knows every place of patron data that a schema-facts file tells of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carrel.errors import fault
from carrel.inventory import coverage, faults
from carrel.inventory.card import free_words
from carrel.inventory.schema import LiveSchema, from_facts
from carrel.inventory.system_map import SystemMap

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
        facts: the parsed JSON document; see `carrel.inventory.schema.from_facts`. Of more, ``class`` of a table and
            the lists of references to persons are used where the file has them.

    Raises:
        CarrelError: MAP-005, the document lacks what a facts file has.
    """
    try:
        schema = from_facts(facts)
        gaps = {
            *_tables(system_map, schema, facts),
            *_columns(system_map, schema),
            *_persons(system_map, schema, facts),
            *_erasure(system_map, schema),
            *_record(system_map, schema),
        }
    except (KeyError, TypeError, AttributeError):
        raise fault(
            faults.FACTS,
            wanted="'tables' by name, each with 'columns', 'primary_key', 'indexes' and 'foreign_keys'",
            found="a document without them",
            fix="see `docs/map.md`: the form of a facts file",
        ) from None
    uncovered, words = dict(sorted(system_map.not_yet_covered.items())), free_words(system_map.person)
    return MapCheck(
        tables=len(schema.tables),
        columns=sum(len(table.columns) for table in schema.tables.values()),
        covered=tuple(sorted(set(system_map.columns) & set(schema.tables))),
        no_person=tuple(sorted(set(system_map.no_person) & set(schema.tables))),
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
    for name in schema.tables:
        kind = facts["tables"][name].get("class")
        holds = kind is not None and kind not in _IMPERSONAL
        if name not in named and name not in system_map.no_person:
            yield Gap(name, "", "the map does not name this table")
        elif holds and name in system_map.no_person:
            yield Gap(name, "", "the map says that it holds nothing of a person, and the facts say that it does")
    for name in sorted(set(coverage.used(system_map)) - set(schema.tables)):
        yield Gap(name, "", "the map's rules use this table, and the facts do not have it")


def _columns(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    for name, known in system_map.columns.items():
        if (table := schema.tables.get(name)) is not None:
            for column in sorted(set(table.column_names) - set(known)):
                yield Gap(name, column, "the map does not name this column")


def _persons(system_map: SystemMap, schema: LiveSchema, facts: Mapping[str, Any]) -> Iterator[Gap]:
    told = [(one.table, column) for one in schema.incoming(system_map.people.table) for column in one.key.columns]
    for listed in ("references_to_borrowers_by_foreign_key", "also_referencing_borrowers_not_detailed"):
        told += [(one["table"], one["column"]) for one in facts.get(listed, ())]
    for one in facts.get("person_links_without_foreign_key", ()):
        told += [(one["table"], column) for column in one["column"].split("/")]
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
    for name, table in schema.tables.items():
        told = person.tables.get(name)
        if told is None:
            if name not in system_map.no_person:
                yield Gap(name, "", "the map does not say what erasing a person does there")
            continue
        named = {*told.texts, *told.gone}
        for trace in told.traces:
            named |= {trace.column, *trace.set, *(one.column for one in trace.only)} - {""}
            named |= set(trace.through.pairs) if trace.through else set()
        for column in sorted(named - set(table.column_names)):
            yield Gap(name, column, "erasing a person uses this column, and the facts do not have it")
    for child, key in schema.incoming(system_map.people.table):
        for column in key.columns:
            traces = person.tables[child].traces if child in person.tables else ()
            if not any(trace.column == column for trace in traces):
                yield Gap(child, column, "a key names a person, and no trace says what erasing the person does to it")


def _record(system_map: SystemMap, schema: LiveSchema) -> Iterator[Gap]:
    """Every column by which a record is corrected or its use restricted exists, in the tables of the facts."""
    named: list[tuple[str, str]] = []
    if (rectify := system_map.rectify) is not None:
        people = system_map.people.table
        named += [(people, column) for one in rectify.fields.values() for column in one.parts.values()]
        for copy in rectify.copies:
            named += [(copy.table, one) for one in (copy.person, *copy.columns.values()) if one]
        named += [(one.table, column) for one in rectify.remains for column in (one.person, *one.texts)]
    if (restrict := system_map.restrict) is not None:
        for switch in restrict.switches:
            named += [(switch.table, one) for one in (switch.column, *switch.set) if one]
    for name, column in dict.fromkeys(named):
        table = schema.tables.get(name)
        if table is not None and table.column(column) is None:
            yield Gap(name, column, "correcting or restricting a record uses this column, and the facts do not have it")
