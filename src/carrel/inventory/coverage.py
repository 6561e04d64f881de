"""What of a database a map uses: which tables and columns its rules read, and which they change."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carrel.inventory.map_path import Cut, KeyLink, MomentLink, OwnLink, Path, ReportLink, TextLink
from carrel.inventory.system_map import Anchor, Condition, Fact, Lookup, Method, SystemMap


class Use(enum.StrEnum):
    """What a rule expects of a column."""

    READ = "read"
    PERSON = "names a person"
    TIME = "holds a time"


@dataclass(frozen=True, slots=True)
class CutTable:
    """What cuts do in one table.

    Attributes:
        methods: how each column is changed; a column may be changed in several ways by different paths.
        delete: rows are deleted.
        children: tables whose rows go first, with the column that names this table's key.
        frees: tables whose rows stay, with the column that the database empties.
        keys: the primary keys that the paths name; an empty one where a path says that there is none.
    """

    methods: dict[str, frozenset[Method]]
    delete: bool
    children: dict[str, str]
    frees: dict[str, str]
    keys: frozenset[tuple[str, ...]]


def used(system_map: SystemMap) -> dict[str, dict[str, frozenset[Use]]]:
    """Every column that a rule, a fact or a lookup of a map needs, by table, with what is expected of it."""
    found: defaultdict[str, defaultdict[str, set[Use]]] = defaultdict(lambda: defaultdict(set))
    for table, column, use in _uses(system_map):
        found[table][column].add(use)
    return {
        table: {column: frozenset(uses) for column, uses in sorted(columns.items())}
        for table, columns in sorted(found.items())
    }


def looked_into(system_map: SystemMap) -> frozenset[str]:
    """Tables that no rule cuts or walks: they only tell when a record of another one ended, or whether it has."""
    links = (path.link for path in system_map.paths)
    beside = {other.table for link in links if isinstance(link, OwnLink) for other in link.beside}
    return frozenset(beside - set(system_map.columns) - {path.table for path in system_map.paths})


def optional_tables(system_map: SystemMap) -> frozenset[str]:
    """Tables that only optional paths use: a site may lack them."""
    optional = {path.table for path in system_map.paths if path.optional}
    needed = {path.table for path in system_map.paths if not path.optional}
    return frozenset(optional - needed)


def cuts(system_map: SystemMap) -> dict[str, CutTable]:
    """What the cuts of a map do, by table; tables whose rows only go as children count as deleted from."""
    methods: defaultdict[str, defaultdict[str, set[Method]]] = defaultdict(lambda: defaultdict(set))
    deleted: set[str] = set()
    children: defaultdict[str, dict[str, str]] = defaultdict(dict)
    frees: defaultdict[str, dict[str, str]] = defaultdict(dict)
    keys: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for table, cut, key in all_cuts(system_map):
        for column, method in (*cut.set.items(), *cut.if_reader.items()):
            methods[table][column].add(method)
        if cut.delete:
            deleted.add(table)
        keys[table].add(key)
        children[table].update(cut.children)
        frees[table].update(cut.frees)
        deleted.update(cut.children)
    return {
        table: CutTable(
            {column: frozenset(found) for column, found in sorted(methods[table].items())},
            table in deleted,
            children[table],
            frees[table],
            frozenset(keys[table]),
        )
        for table in sorted({*methods, *deleted})
    }


def changed_columns(system_map: SystemMap) -> frozenset[str]:
    """``table.column`` of everything that the cuts change; ``table.*`` where rows are deleted."""
    found: set[str] = set()
    for table, cut in cuts(system_map).items():
        found.update(f"{table}.{column}" for column, methods in cut.methods.items() if methods != {Method.SAME})
        if cut.delete:
            found.add(f"{table}.*")
    return frozenset(found)


def all_cuts(system_map: SystemMap) -> Iterator[tuple[str, Cut, tuple[str, ...]]]:
    """Every cut of a map with its table and the primary key that the map names there."""
    closed = system_map.loans.closed
    yield closed.table, closed.cut, (closed.key,)
    for path in system_map.paths:
        yield path.table, path.cut, path.key
        if path.lose_card is not None:
            yield path.table, path.lose_card, path.key


def _uses(system_map: SystemMap) -> Iterator[tuple[str, str, Use]]:
    people, items = system_map.people, system_map.items
    yield people.table, people.key, Use.PERSON
    yield from _read(people.table, people.needles)
    yield from _read(people.table, (people.category,) if people.category else ())
    yield from _read(items.table, (items.type,) if items.type else ())
    yield from _read(items.table, (items.key, items.barcode, items.title_key))
    yield from _read(items.title_table, (items.title_key, items.title))
    for lookup in (system_map.versions.at, system_map.stand_in):
        yield from _lookup(lookup)
    for sign in system_map.life_signs:
        if sign.table not in system_map.columns:
            continue  # only looked into, like the tables of settings
        yield sign.table, sign.person, Use.PERSON
        yield from _conditions(sign.table, sign.where)
        yield from _read(sign.table, (name for name in (sign.seen, sign.made) if name is not None))
    yield from _cards(system_map)
    facts = system_map.loans.facts
    for anchor in (system_map.loans.open, system_map.loans.closed):
        yield from _anchor(anchor)
        for fact in (facts.charged, facts.owing, facts.settled, facts.lost, facts.disputed, facts.opted_in):
            yield from _fact(anchor, fact)
    for path in system_map.paths:
        yield from _path(path)


def _cards(system_map: SystemMap) -> Iterator[tuple[str, str, Use]]:
    """What is asked of a person's own record before it goes; other tables are only looked into."""
    cards, person, people = system_map.lapsing, system_map.person, system_map.people
    if cards is None or person is None:
        return
    yield people.table, cards.expires, Use.TIME
    yield from ((people.table, name, Use.TIME) for name in cards.seen)
    yield from _read(people.table, (person.card, person.user))
    for ground in cards.keeps:
        if ground.table == people.table:
            yield from _conditions(people.table, ground.only)
            yield from _read(people.table, ground.through.pairs if ground.through else ())
    for trace in person.tables[people.table].traces if people.table in person.tables else ():
        yield from _conditions(people.table, trace.only)


def _read(table: str, columns: Iterable[str]) -> Iterator[tuple[str, str, Use]]:
    return ((table, column, Use.READ) for column in columns)


def _conditions(table: str, conditions: Iterable[Condition]) -> Iterator[tuple[str, str, Use]]:
    return _read(table, (condition.column for condition in conditions))


def _lookup(lookup: Lookup) -> Iterator[tuple[str, str, Use]]:
    yield lookup.table, lookup.column, Use.READ
    yield from _conditions(lookup.table, lookup.where)


def _anchor(anchor: Anchor) -> Iterator[tuple[str, str, Use]]:
    yield anchor.table, anchor.person, Use.PERSON
    yield from _read(anchor.table, (anchor.key, anchor.item, anchor.branch))
    for column in (anchor.opened, anchor.closed, anchor.due, anchor.renewed):
        yield anchor.table, column, Use.TIME
    yield from _read(anchor.table, (*anchor.cut.set, *anchor.cut.if_reader))


def _fact(anchor: Anchor, fact: Fact) -> Iterator[tuple[str, str, Use]]:
    before = anchor.table
    for step in fact.steps:
        yield before, step.equals, Use.READ
        yield step.table, step.column, Use.READ
        yield from _conditions(step.table, step.where)
        before = step.table
    if fact.latest is not None:
        yield before, fact.latest, Use.TIME


def _path(path: Path) -> Iterator[tuple[str, str, Use]]:
    table = path.table
    yield from _read(table, path.key)
    if path.person is not None:
        yield table, path.person, Use.PERSON
    yield from _conditions(table, (*path.only, *path.still, *path.stray_only))
    if path.walk is not None:
        yield table, path.walk, Use.READ
    yield from _link(path)
    for cut in (path.cut, path.lose_card):
        if cut is not None:
            yield from _read(table, (*cut.set, *cut.if_reader))
            for child, column in (*cut.children.items(), *cut.frees.items()):
                yield child, column, Use.READ


def _link(path: Path) -> Iterator[tuple[str, str, Use]]:
    table, link = path.table, path.link
    if isinstance(link, KeyLink):
        yield table, link.column, Use.READ
        return
    if isinstance(link, OwnLink):
        yield from ((table, name, Use.TIME) for name in link.dated)
        yield from _read(table, (name for name in (link.item, link.about) if name is not None))
        for other in link.beside:
            yield from _read(table, other.pairs)
            yield from _read(other.table, other.pairs.values())
            if other.at is not None:
                yield other.table, other.at, Use.TIME
        return
    yield table, link.at, Use.TIME
    if isinstance(link, TextLink):
        yield from _read(table, link.texts)
    elif isinstance(link, ReportLink):
        if link.nobody is not None:
            yield table, link.nobody, Use.READ
        yield from _read(table, (name for name in (link.source, link.nobody) if name is not None))
        if link.definitions and link.definitions_key and link.definition:
            yield from _read(link.definitions, (link.definitions_key, link.definition))
    elif not isinstance(link, MomentLink):
        yield table, link.item, Use.READ
