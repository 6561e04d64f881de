"""Who a person is: the words by which a record names its person and nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from carrel.inventory.system_map import SystemMap
from carrel.retention.identifiers import Subject, sorted_out
from carrel.systems.sql.gone_people import gone_among
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.person_elsewhere import bare, said_elsewhere, who_has
from carrel.systems.sql.person_rows import PersonRows

_BATCH = 500


def known(connection: Connection, rows: PersonRows, system_map: SystemMap) -> tuple[Subject, ...]:
    """These persons as the database knows them now, with their identifiers; whose record is gone is left out.

    Args:
        connection: reads only.
        rows: of the persons.
        system_map: tells where people and copies of titles stand.
    """
    found: list[Subject] = []
    for batch in batches(rows.subjects):
        found += _known(connection, rows.of(batch), system_map)
    return tuple(found)


def left(connection: Connection, rows: PersonRows, system_map: SystemMap) -> tuple[Subject, ...]:
    """As `known`, also of whoever has no record any more: by the copies of it that are left."""
    return tuple(_known(connection, rows, system_map, gone=True))


def still_own(connection: Connection, rows: PersonRows, system_map: SystemMap) -> tuple[Subject, ...]:
    """Persons as they were sealed, without what another record, or a copy of a title, has been given since.

    Returns:
        The same persons. A word that is somebody else's by now is not redacted any more: it is told to a human.
    """
    found: list[Subject] = []
    for batch in batches(rows.subjects):
        words = {one.number: [word for word in (*one.exact, one.card, *one.cards, one.user) if word] for one in batch}
        shared = _shared(connection, rows.of(batch), system_map, words, {})
        found += [_without(one, shared) for one in batch]
    return tuple(found)


def _without(one: Subject, shared: frozenset[str]) -> Subject:
    taken = tuple(word for word in one.exact if word.casefold() in shared)
    card, user = ("" if word.casefold() in shared else word for word in (one.card, one.user))
    cards = tuple(word for word in one.cards if word.casefold() not in shared)
    exact = tuple(word for word in one.exact if word not in taken)
    return replace(one, card=card, user=user, cards=cards, exact=exact, told=tuple(dict.fromkeys((*one.told, *taken))))


def batches(subjects: Sequence[Subject], size: int = _BATCH) -> Iterator[tuple[Subject, ...]]:
    """Persons in groups small enough for one statement."""
    yield from map(tuple, parts(subjects, size))


def _known(connection: Connection, rows: PersonRows, system_map: SystemMap, *, gone: bool = False) -> Iterator[Subject]:
    people, person = system_map.people, rows.person
    owner = {number: one for one in rows.subjects for number in one.numbers}
    own = {int(row[people.key]): row for row in _records(connection, rows, people.table, people.key)}
    if not gone:
        empty = gone_among(connection, people, set(own))
        own = {number: row for number, row in own.items() if number not in empty}
    records: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, row in own.items():
        records[number].append(row)
    for name in person.former:
        for row in _records(connection, rows, name, people.key):
            number = owner[int(row[people.key])].number
            records[number].append(row)
            if gone:
                own.setdefault(number, row)
    values = {
        number: [str(row[name]) for row in records[number] for name in person.identifiers if row.get(name)]
        for number in own
    }
    cards = {} if person.cards is None else said_elsewhere(connection, rows, person.cards)
    others = [cards, *(said_elsewhere(connection, rows, one) for one in person.elsewhere)]
    for other in others:
        for number, said in other.items():
            if (mine := owner[number].number) in values:
                values[mine] += said
    # A guardian's address on a child's record is the guardian's; an own one is shared by none who only names it there.
    others_own = _about_others(rows, system_map)
    named = {
        number: [str(row[name]) for row in records[number] for name in others_own if row.get(name)] for number in own
    }
    shared = _shared(connection, rows, system_map, values, named)
    for number, row in own.items():
        names = [(str(one.get(a) or ""), str(one.get(b) or "")) for one in records[number] for a, b in person.names]
        exact, told_words = sorted_out(values[number], names, shared)
        card, user = (str(row.get(name) or "") for name in (person.card, person.user))
        card, *further = (card,) if person.cards is None else cards.get(number) or ("",)
        yield Subject(number, card, user, exact, told_words, owner[number].also, tuple(further))


def _records(connection: Connection, rows: PersonRows, name: str, key: str) -> list[dict[str, Any]]:
    """What the records of a table say of these persons, in the columns that name them."""
    if name not in rows.schema.tables:
        return []
    person, source = rows.person, rows.rows(name)
    wanted = {key, person.card, person.user, *person.identifiers, *(one for pair in person.names for one in pair)}
    columns = [source.c[one] for one in rows.schema.tables[name].column_names if one in wanted]
    query = select(*columns).where(rows.names(name, key, source))
    return [dict(row) for row in connection.execute(query).mappings()]


def _about_others(rows: PersonRows, system_map: SystemMap) -> frozenset[str]:
    """Columns of a record that name somebody else than its person."""
    told_of = rows.person.tables.get(system_map.people.table)
    return frozenset(rows.person.identifiers) & frozenset(told_of.texts if told_of else ())


def _shared(
    connection: Connection,
    rows: PersonRows,
    system_map: SystemMap,
    values: dict[int, list[str]],
    named: dict[int, list[str]],
) -> frozenset[str]:
    """Identifiers that another person's record, or a copy of a title, has as well.

    Args:
        connection: reads only.
        rows: of the persons.
        system_map: tells where people and copies of titles stand.
        values: of each person.
        named: of these, those by which the record names somebody else: whoever has one in any column shares it.
    """
    people, items = system_map.people, system_map.items
    others_own = _about_others(rows, system_map)
    holders: defaultdict[str, set[int]] = defaultdict(set)
    namers: defaultdict[str, set[int]] = defaultdict(set)
    for number, words in named.items():
        for value in words:
            namers[value.casefold()].add(number)
    for number, own in values.items():
        for value in own:
            holders[value.casefold()].add(number)
    others, copies = rows.rows(people.table), rows.rows(items.table)
    barcodes: set[str] = set()
    for batch in _words(value for own in values.values() for value in own):
        for name in rows.person.identifiers:
            query = select(others.c[people.key], others.c[name]).where(others.c[name].in_(batch))
            for number, value in connection.execute(query):
                (namers if name in others_own else holders)[str(value).casefold()].add(int(number))
        for one in (*filter(None, (rows.person.cards,)), *rows.person.elsewhere):
            for number, value in who_has(connection, rows, one, batch):
                holders[bare(value).casefold()].add(number)
        query = select(copies.c[items.barcode]).where(copies.c[items.barcode].in_(batch))
        barcodes |= {str(value).casefold() for value in connection.execute(query).scalars()}
    said = {word.casefold() for words in named.values() for word in words}
    together = {value for value in said if len(namers[value] | holders[value]) > 1}
    return frozenset({value for value, who in holders.items() if len(who) > 1} | together | barcodes)


def _words(values: Iterable[str]) -> Iterator[Sequence[str]]:
    return parts(list(dict.fromkeys(values)), _BATCH)
