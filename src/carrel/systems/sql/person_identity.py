"""Who a person is: the number behind a card, and the words by which a record names its person and nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, column, or_, select, true

from carrel.errors import CarrelError, fault
from carrel.inventory.person_map import Elsewhere
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.identifiers import Subject, sorted_out
from carrel.systems.sql.conditions import compiled
from carrel.systems.sql.failure import told
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.named_table import table
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_steps import person_map

_BATCH = 500
_FIX = (
    "compare it with the card on the person's record, or name the record by its own number; if the record is gone, "
    "`carrel sweep --person FILE` shows what is left"
)
_BY_NUMBER = "compare it with the number of the record; if that is gone, `carrel sweep --person FILE --by-number` looks"
_FIX_LEFT = (
    "no copy of a deleted record has it either, or several have: give the number of the record with --by-number, "
    "which is searched for though no record is left"
)
_LONGEST = 18  # digits of a number that a server takes


def find(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """The number of the person whose card, or number, this is.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    with told(at):
        numbers = _numbers(connection, system_map, system_map.people.table, said, by_card=by_card)
        numbers -= _gone(connection, system_map, numbers)
    if len(numbers) != 1:
        raise _nobody(at, len(numbers), _FIX if by_card else _BY_NUMBER, by_card=by_card)
    return numbers.pop()


def find_left(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """As `find`, also of somebody whose record is gone: by the copies that are left, or by the number alone.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    people, person = system_map.people, person_map(system_map)
    there: set[int] = set()
    with told(at):
        for name in dict.fromkeys((people.table, *person.former)):
            there |= _numbers(connection, system_map, name, said, by_card=by_card)
    if not by_card and not there and (number := _number(said)) >= 0:
        return number
    if len(there) != 1:
        raise _nobody(
            at, len(there), _FIX_LEFT if by_card else "write the record's number, digits only", by_card=by_card
        )
    return there.pop()


def _numbers(connection: Connection, system_map: SystemMap, name: str, said: str, *, by_card: bool) -> set[int]:
    people, person = system_map.people, person_map(system_map)
    if by_card and person.cards is not None:
        if name != people.table:
            return set()  # copies of a record hold no card there
        cards = person.cards
        rows = table(cards.table, column(cards.person), *map(column, _columns(cards)))
        named = and_(_meant(cards, rows), or_(*(rows.c[one] == said for one in cards.columns)))
        key = rows.c[cards.person]
    else:
        rows = table(name, column(people.key), *([column(person.card)] if by_card else []))
        key = rows.c[people.key]
        named = rows.c[person.card] == said if by_card else key == _number(said)
    return {int(one) for one in connection.execute(select(key).where(named).distinct().limit(2)).scalars()}


def _gone(connection: Connection, system_map: SystemMap, numbers: set[int]) -> set[int]:
    """Of these records, those that are an empty row only."""
    people = system_map.people
    if not people.gone:
        return set()
    rows = table(people.table, column(people.key), *(column(one.column) for one in people.gone))
    query = select(rows.c[people.key]).where(rows.c[people.key].in_(numbers), is_gone(people, rows))
    return {int(one) for one in connection.execute(query).scalars()}


def _columns(other: Elsewhere) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*other.columns, *(one.column for one in other.only))))


def _meant(other: Elsewhere, rows: FromClause) -> ColumnElement[bool]:
    return and_(true(), *(compiled(rows.c[one.column], one) for one in other.only))


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _LONGEST else -1


def _nobody(at: str, found: int, fix: str, *, by_card: bool) -> CarrelError:
    return fault(
        faults.NO_SUBJECT,
        at=at,
        wanted=f"the {'card number' if by_card else 'internal number'} of one person",
        found="several people's" if found else "nobody's",
        fix=fix,
    )


def confirmed(connection: Connection, system_map: SystemMap, said: Sequence[str], at: str) -> tuple[int, ...]:
    """Older numbers of a person, as the library has confirmed them.

    Raises:
        CarrelError: ERA-001, one is no number, or a record stands under it; what was given is not repeated.
    """
    people = system_map.people
    numbers = tuple(int(one) for one in said if one.isascii() and one.isdigit() and len(one) <= _LONGEST)
    with told(at):
        rows = table(people.table, column(people.key))
        found = connection.execute(select(rows.c[people.key]).where(rows.c[people.key].in_(numbers))).first()
    if len(numbers) < len(said) or not all(numbers) or found is not None:
        raise fault(
            faults.NO_SUBJECT,
            at=at,
            wanted="older numbers under which no record stands any more",
            found="a record under one of them" if found is not None else "something else than a number",
            because="whoever has a record is erased by that record",
            fix="look at the product's copies of deleted records, and give the numbers again",
        )
    return numbers


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
    for start in range(0, len(subjects), size):
        yield tuple(subjects[start : start + size])


def _known(connection: Connection, rows: PersonRows, system_map: SystemMap, *, gone: bool = False) -> Iterator[Subject]:
    people, person = system_map.people, rows.person
    owner = {number: one for one in rows.subjects for number in one.numbers}
    own = {int(row[people.key]): row for row in _records(connection, rows, people.table, people.key)}
    if not gone:
        empty = _gone(connection, system_map, set(own))
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
    cards = {} if person.cards is None else _elsewhere(connection, rows, person.cards)
    others = [cards, *(_elsewhere(connection, rows, one) for one in person.elsewhere)]
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


def _elsewhere(connection: Connection, rows: PersonRows, other: Elsewhere) -> dict[int, list[str]]:
    """What another table says of these persons, by their number; a text in JSON without its quotes."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    if other.table in rows.schema.tables:
        source = rows.rows(other.table)
        person, columns = source.c[other.person], [source.c[one] for one in other.columns]
        query = select(person, *columns).where(rows.names(other.table, other.person, source), _meant(other, source))
        for number, *values in connection.execute(query.order_by(*columns)):
            found[int(number)] += [_bare(str(one)) for one in values if one]
    return found


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


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
            for number, value in _who_has(connection, rows, one, batch):
                holders[_bare(value).casefold()].add(number)
        query = select(copies.c[items.barcode]).where(copies.c[items.barcode].in_(batch))
        barcodes |= {str(value).casefold() for value in connection.execute(query).scalars()}
    said = {word.casefold() for words in named.values() for word in words}
    together = {value for value in said if len(namers[value] | holders[value]) > 1}
    return frozenset({value for value, who in holders.items() if len(who) > 1} | together | barcodes)


def _who_has(connection: Connection, rows: PersonRows, other: Elsewhere, words: list[str]) -> Iterator[tuple[int, str]]:
    """Who else has one of these words in another table, where each may stand in quotes."""
    if other.table not in rows.schema.tables:
        return
    source, wanted = rows.rows(other.table), [*words, *(f'"{one}"' for one in words)]
    for name in other.columns:
        query = select(source.c[other.person], source.c[name]).where(source.c[name].in_(wanted), _meant(other, source))
        yield from ((int(number), str(value)) for number, value in connection.execute(query) if number is not None)


def _words(values: Iterable[str]) -> Iterator[list[str]]:
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), _BATCH):
        yield every[start : start + _BATCH]
