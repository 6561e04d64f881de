"""Which tables of a live schema could join a loan with a person, whatever a map says of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Integer, LargeBinary, String, TableClause, case, column, true
from sqlalchemy.types import NullType, TypeEngine

from carrel.inventory.map_part import Condition, Step
from carrel.inventory.schema import Column, LiveSchema, Table, TableKind
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.way_rows import led_by

_WHOLE = re.compile(r"^(tiny|small|medium|big)?int(eger)?(?![a-z\[])", re.IGNORECASE)  # no interval, and no list
_TEXT = re.compile(r"^(var)?char|text|json|clob|blob|binary|bytea|xml|tsvector|hstore", re.IGNORECASE)
_TIME = re.compile(r"^(datetime|timestamp)", re.IGNORECASE)
_BYTES = re.compile(r"blob|binary|bytea", re.IGNORECASE)
_PSEUDONYM = re.compile(r"hash|pseudonym|digest", re.IGNORECASE)
_WIDTH = re.compile(r"\((\d+)\)")
_COMMON = 10  # tables whose key has the same name
_NARROW = 8  # characters; nothing narrower can hold a name and a title, or a card number


@dataclass(frozen=True, slots=True)
class Parent:
    """A row names another table's row, which names a person."""

    column: str
    table: str
    key: str
    person: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What of one table can take part in a join.

    Attributes:
        persons: columns with a person's id.
        loans: columns with a loan's id.
        items: columns with an item's id.
        times: columns with a second.
        texts: columns wide enough for words.
        pseudonyms: columns with a stable stand-in for a person.
        parents: tables one step further that name a person.
        numbers: other whole numbers of a table that no map knows; any may be a person under another name.
        automatic: times that the server sets by itself on every change.
        key: primary key.
        rows: the server's own estimate, or None.
        blobs: columns with bytes that may be words.
        elsewhere: per column of persons, the rows in which it holds the number of something else.
        among: per column of loans, the tables on a way from the row that tell whether it holds a loan's number at all.
        numbered: the key is one whole number.
    """

    name: str
    persons: tuple[str, ...]
    loans: tuple[str, ...]
    items: tuple[str, ...]
    times: tuple[str, ...]
    texts: tuple[str, ...]
    pseudonyms: tuple[str, ...]
    parents: tuple[Parent, ...]
    numbers: tuple[str, ...]
    automatic: tuple[str, ...]
    key: tuple[str, ...]
    rows: int | None
    blobs: tuple[str, ...] = ()
    elsewhere: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    among: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    numbered: bool = False

    def clause(self, *also: str) -> TableClause:
        """The table as a query sees it, with these columns besides."""
        told = (one.column for conditions in self.elsewhere.values() for one in conditions)
        ways = (steps[0].equals for steps in self.among.values())
        kinds: dict[str, TypeEngine[Any]] = dict.fromkeys((*also, *told, *ways), NullType())
        kinds.update(dict.fromkeys((*self.key, *(p.column for p in self.parents), *self.numbers), NullType()))
        kinds.update(dict.fromkeys((*self.persons, *self.loans, *self.items), Integer()))
        kinds.update(dict.fromkeys((*self.texts, *self.pseudonyms), String()))
        kinds.update(dict.fromkeys(self.blobs, LargeBinary()))
        kinds.update(dict.fromkeys(self.times, LocalTime()))
        return table(self.name, *(column(name, kind) for name, kind in kinds.items()))

    def holds_person(self, rows: TableClause, name: str) -> ColumnElement[bool]:
        """Whether a row's number in a column of persons can be a person's at all."""
        conditions = self.elsewhere.get(name)
        # A row of which nobody can tell counts: only what is known to be something else is left out.
        return matching(rows.c, conditions).is_not(True) if conditions else true()

    def read(self, rows: TableClause, name: str) -> ColumnElement[Any]:
        """A column as a join reads it: a number that is something else's than a loan's is none."""
        steps = self.among.get(name)
        return case((led_by(rows, steps), rows.c[name])) if steps else rows.c[name]


def reaches(live: LiveSchema, system_map: SystemMap) -> tuple[Reach, ...]:
    """Every table of a live schema that could take part in joining a loan with a person.

    Columns are known by foreign keys, by the map's list of person columns, and by bearing the name of a column that is
    known so; the map's paths are not looked at.
    """
    words = _Words(live, system_map)
    found = (_reach(words, one) for one in live.tables.values() if one.kind is TableKind.TABLE)
    return tuple(one for one in found if one.persons or one.loans or one.items or one.texts or one.parents)


class _Words:
    """Names under which persons, loans and items are known in this database."""

    def __init__(self, live: LiveSchema, system_map: SystemMap) -> None:
        self.live, self.map = live, system_map
        loans = system_map.loans
        self.anchors = {(a.table, a.key) for a in (loans.open, loans.closed)}
        self.person_names = {name for names in system_map.person_columns.values() for name in names}
        self.loan_names = {loans.closed.key, *self._pointing(self.anchors)}
        self.loan_names |= {path.link.column for path in loans.paths if path.link.by == "key"}
        self.item = (system_map.items.table, system_map.items.key)
        # A product may look after a loan's item by a trigger instead of a key, and a table of moved loans by nothing.
        told = {one for anchor in (loans.open, loans.closed) if (one := anchor.item)}
        self.item_names = {system_map.items.key, *told, *self._pointing({self.item})}
        self.person = (system_map.people.table, system_map.people.key)
        # A name that the keys of many tables bear tells nothing of what a number is.
        keys = Counter(one.primary_key[0] for one in live.tables.values() if len(one.primary_key) == 1)
        common = {name for name, count in keys.items() if count > _COMMON}
        self.person_names -= common
        self.loan_names -= common
        self.item_names -= common
        # A path says of its own table what such a column is.
        links = [(path.table, path.link) for path in loans.paths]
        self.told_loans = {(name, getattr(link, "column", None)) for name, link in links}
        self.told_items = {(name, getattr(link, "item", None)) for name, link in links}

    def _pointing(self, targets: set[tuple[str, str]]) -> Iterator[str]:
        for one in self.live.tables.values():
            for key in one.foreign_keys:
                if len(key.columns) == 1 and (key.table, key.references[0]) in targets:
                    yield key.columns[0]

    def points(self, one: Table, name: str, targets: set[tuple[str, str]]) -> bool:
        return any(k.columns == (name,) and (k.table, k.references[0]) in targets for k in one.foreign_keys)


def _reach(words: _Words, one: Table) -> Reach:
    whole = [c.name for c in one.columns if _WHOLE.match(c.type)]
    mapped = set(words.map.person_columns.get(one.name, ()))
    own = (one.name, one.primary_key[0]) if len(one.primary_key) == 1 else None
    persons = [
        name
        for name in whole
        if (one.name, name) == words.person
        or name in mapped
        or words.points(one, name, {words.person})
        or (name in words.person_names and (one.name, name) != own)
    ]
    loans = [
        name
        for name in whole
        if (one.name, name) in words.anchors
        or words.points(one, name, words.anchors)
        or (one.name, name) in words.told_loans
        or (name in words.loan_names and (one.name, name) != own)
    ]
    items = [
        name
        for name in whole
        if (one.name, name) == words.item
        or words.points(one, name, {words.item})
        or name in words.item_names
        or (one.name, name) in words.told_items
    ]
    known = {*persons, *loans, *items}
    numbers = (
        () if one.name in words.map.columns else tuple(n for n in whole if n not in known and (one.name, n) != own)
    )
    texts = [c for c in one.columns if _is_text(c)]
    return Reach(
        name=one.name,
        persons=tuple(persons),
        loans=tuple(loans),
        items=tuple(items),
        times=tuple(c.name for c in one.columns if _TIME.match(c.type)),
        texts=tuple(c.name for c in texts if not _BYTES.search(c.type)),
        pseudonyms=tuple(c.name for c in texts if _is_pseudonym(words, one, c)),
        parents=tuple(_parents(words, one)),
        numbers=numbers,
        automatic=tuple(c.name for c in one.columns if c.follows_updates),
        key=one.primary_key,
        rows=one.rows_estimate,
        blobs=tuple(c.name for c in texts if _BYTES.search(c.type)),
        elsewhere=dict(_elsewhere(words.map, one)),
        among=dict(_among(words.map, one)),
        numbered=own is not None and own[1] in whole,
    )


def _among(system_map: SystemMap, one: Table) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """As the map's paths by a loan's number tell it, where they all tell it of a column."""
    found: dict[str, list[tuple[Step, ...]]] = {}
    for path in system_map.loans.paths:
        if path.table == one.name and path.link.by == "key":
            found.setdefault(path.link.column, []).append(path.among)
    for name, ways in found.items():
        if len(set(ways)) == 1 and ways[0] and ways[0][0].equals in one.column_names:
            yield name, ways[0]


def _elsewhere(system_map: SystemMap, one: Table) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    """As the map tells it, where the columns that tell it are there."""
    there = set(one.column_names)
    for name, conditions in system_map.other_numbers.get(one.name, {}).items():
        if {condition.column for condition in conditions} <= there:
            yield name, conditions


def _is_text(one: Column) -> bool:
    if not _TEXT.search(one.type):
        return False
    width = _WIDTH.search(one.type)
    return width is None or int(width[1]) >= _NARROW


def _is_pseudonym(words: _Words, one: Table, named: Column) -> bool:
    if one.name == words.map.people.table:
        return False
    mapped = named.name in words.map.person_columns.get(one.name, ()) and named.name not in words.map.people.needles
    return mapped or bool(_PSEUDONYM.search(named.name))


def _parents(words: _Words, one: Table) -> Iterator[Parent]:
    """One step: a key into a table that is not the people's own and that names a person by a key of its own."""
    for key in one.foreign_keys:
        other = words.live.tables.get(key.table)
        if other is None or len(key.columns) != 1 or (key.table, key.references[0]) in {words.person, words.item}:
            continue
        if (key.table, key.references[0]) in words.anchors:
            continue
        for theirs in other.foreign_keys:
            if theirs.table == words.person[0] and len(theirs.columns) == 1:
                yield Parent(key.columns[0], other.name, key.references[0], theirs.columns[0])
