"""Which columns a map's rules need, one by one, and what each is expected to hold."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

from carrel.inventory.aged_row import Aged
from carrel.inventory.map_path import Cut, KeyLink, MomentLink, OwnLink, Path, ReportLink, TextLink
from carrel.inventory.system_map import Anchor, Condition, Fact, Lookup, Step, SystemMap
from carrel.inventory.unit_map import Touches


class Use(enum.StrEnum):
    """What a rule expects of a column."""

    READ = "read"
    PERSON = "names a person"
    TIME = "holds a time"


def uses(system_map: SystemMap) -> Iterator[tuple[str, str, Use]]:
    """Every column that a rule, a fact or a lookup of a map needs, with its table; one can come several times."""
    people, items = system_map.people, system_map.items
    yield people.table, people.key, Use.PERSON
    yield from _read(people.table, people.needles)
    yield from _read(people.table, (one for one in (people.category, people.home) if one))
    yield from _read(items.table, (items.type,) if items.type else ())
    yield from _read(items.table, (items.key, items.barcode))
    yield from _read(items.title_table, (items.title_key, items.title))
    if items.title_by:
        yield from way(items.table, items.title_by)
    else:
        yield items.table, items.title_key, Use.READ
    for other in people.elsewhere:
        yield other.table, other.person, Use.PERSON
        yield from _conditions(other.table, other.only)
        yield from _read(other.table, other.columns)
    yield from _conditions(people.table, people.gone)
    for lookup in (system_map.versions.at, system_map.stand_in):
        if lookup.table:
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
        yield from _touches(anchor, system_map.loans.touches)
    yield from _described(system_map)
    for path in system_map.paths:
        yield from _path(path)


def _described(system_map: SystemMap) -> Iterator[tuple[str, str, Use]]:
    """What is compared of loans and of the roster, where the policy lets something stay that describes a reader."""
    people = system_map.people.table
    if system_map.loans.coarsened is None:
        return
    told, describing = system_map.loans.coarsened
    yield from _read(told.table, (*told.same, *told.columns))
    yield from _read(people, told.same.values())
    for trait, column in told.traits.items():
        for one in column.of if describing.level(trait) is not None else ():
            yield from way(people, one.by)
            yield (one.by[-1].table if one.by else people), one.column, Use.READ


def _cards(system_map: SystemMap) -> Iterator[tuple[str, str, Use]]:
    """What is asked of a person's own record before it goes; other tables are only looked into."""
    cards, person, people = system_map.lapsing, system_map.person, system_map.people
    if cards is None or person is None:
        return
    yield people.table, cards.expires, Use.TIME
    yield from ((people.table, name, Use.TIME) for name in cards.seen)
    yield from _read(people.table, (one for one in (person.card, person.user) if one))
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
    if lookup.latest is not None:
        yield lookup.table, lookup.latest, Use.TIME
    if (belongs := lookup.belongs) is not None:
        yield lookup.table, belongs.by, Use.READ
        yield from _read(belongs.table, (belongs.key,))
        yield from _conditions(belongs.table, belongs.where)


def _anchor(anchor: Anchor) -> Iterator[tuple[str, str, Use]]:
    yield anchor.table, anchor.person, Use.PERSON
    yield from _read(anchor.table, (anchor.key, anchor.item, anchor.branch))
    for column in (anchor.opened, anchor.closed, anchor.due, anchor.renewed, anchor.ended, *anchor.moments):
        if column is not None:
            yield anchor.table, column, Use.TIME
    yield from _conditions(anchor.table, anchor.only)
    yield from _read(anchor.table, (anchor.chain,) if anchor.chain else ())
    yield from _cut(anchor.table, anchor.cut)


def _fact(anchor: Anchor, fact: Fact) -> Iterator[tuple[str, str, Use]]:
    yield from way(anchor.table, fact.steps)
    if fact.latest is not None:
        yield fact.steps[-1].table, fact.latest, Use.TIME


def _touches(anchor: Anchor, touches: Touches) -> Iterator[tuple[str, str, Use]]:
    for told in (touches.returned, touches.owner):
        if told is not None:
            yield from way(anchor.table, told.by)
            yield (told.by[-1].table if told.by else anchor.table), told.column, Use.READ


def way(table: str, steps: Iterable[Step]) -> Iterator[tuple[str, str, Use]]:
    """Every column on a way of steps from a table: both ends of each step, and what its conditions ask."""
    before = table
    for step in steps:
        yield before, step.equals, Use.READ
        yield step.table, step.column, Use.READ
        yield from _conditions(step.table, step.where)
        before = step.table


def _cut(table: str, cut: Cut) -> Iterator[tuple[str, str, Use]]:
    yield from _read(table, (*cut.set, *cut.if_reader))
    for child, column in (*cut.children.items(), *cut.frees.items()):
        yield child, column, Use.READ
    for name, hanging in cut.attached.items():
        yield name, hanging.column, Use.READ
        yield from way(name, hanging.told_by)
    for other in cut.further:
        yield from _read(table, other.named_by)
        yield from _read(other.table, (other.key, *other.set))
    if cut.aged is not None:
        yield from _moved(table, cut.aged)


def _moved(table: str, aged: Aged) -> Iterator[tuple[str, str, Use]]:
    yield from _read(table, aged.here)
    yield from _read(aged.table, aged.there)
    for taken in aged.taken.values():
        yield from way(table, taken.by)
        yield taken.by[-1].table, taken.column, Use.READ
    if aged.number is not None:
        drawn_for, _, column = aged.number.numbers.rpartition(".")
        yield drawn_for, column, Use.READ
    if (ledger := aged.ledger) is not None:
        yield from _read(ledger.table, (ledger.key, *ledger.columns.values(), *ledger.told))
        for spared, told in ledger.spares.items():
            yield from _read(spared, told)


def _path(path: Path) -> Iterator[tuple[str, str, Use]]:
    table = path.table
    yield from _read(table, path.key)
    if path.person is not None:
        yield table, path.person, Use.PERSON
    yield from _conditions(table, (*path.only, *path.still, *path.stray_only))
    yield from way(table, path.among)
    if path.walk is not None:
        yield table, path.walk, Use.READ
    yield from _link(path)
    for cut in (path.cut, path.lose_card):
        if cut is not None:
            yield from _cut(table, cut)


def _link(path: Path) -> Iterator[tuple[str, str, Use]]:
    table, link = path.table, path.link
    if isinstance(link, KeyLink):
        yield table, link.column, Use.READ
        return
    if isinstance(link, OwnLink):
        yield from ((table, name, Use.TIME) for name in link.dated)
        yield from _read(table, (name for name in (link.item, link.about, link.branch) if name is not None))
        for other in link.beside:
            yield from _read(table, other.pairs)
            yield from _read(other.table, other.pairs.values())
            yield from _conditions(other.table, other.where)
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
