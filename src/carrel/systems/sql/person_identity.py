"""Who a person is: the number behind a card, and the words by which a record names its person and nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, column, select

from carrel.errors import CarrelError, fault
from carrel.inventory.person_map import PersonMap
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.identifiers import Subject, sorted_out
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table
from carrel.systems.sql.person_rows import PersonRows

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


def person_map(system_map: SystemMap) -> PersonMap:
    """The map's section on persons.

    Raises:
        CarrelError: ERA-003, it has none.
    """
    if system_map.person is None:
        raise fault(
            faults.UNTOLD_ROWS,
            at=f"map {system_map.system}",
            wanted="a section 'person'",
            found="none",
            fix="carry the request out in the product itself; Carrel has no map of a person's rows there",
        )
    return system_map.person


def find(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """The number of the person whose card, or number, this is.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    people, person = system_map.people, person_map(system_map)
    with told(at):
        numbers = _numbers(connection, people.table, people.key, person.card, said, by_card=by_card)
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
            there |= _numbers(connection, name, people.key, person.card, said, by_card=by_card)
    if not by_card and not there and (number := _number(said)) >= 0:
        return number
    if len(there) != 1:
        raise _nobody(
            at, len(there), _FIX_LEFT if by_card else "write the record's number, digits only", by_card=by_card
        )
    return there.pop()


def _numbers(connection: Connection, name: str, key: str, card: str, said: str, *, by_card: bool) -> set[int]:
    rows = table(name, column(key), column(card))
    named = rows.c[card] == said if by_card else rows.c[key] == _number(said)
    return {int(one) for one in connection.execute(select(rows.c[key]).where(named).distinct().limit(2)).scalars()}


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
        words = {one.number: [word for word in (*one.exact, one.card, one.user) if word] for one in batch}
        shared = _shared(connection, rows.of(batch), system_map, words)
        found += [_without(one, shared) for one in batch]
    return tuple(found)


def _without(one: Subject, shared: frozenset[str]) -> Subject:
    taken = tuple(word for word in one.exact if word.casefold() in shared)
    card, user = ("" if word.casefold() in shared else word for word in (one.card, one.user))
    exact = tuple(word for word in one.exact if word not in taken)
    return replace(one, card=card, user=user, exact=exact, told=tuple(dict.fromkeys((*one.told, *taken))))


def batches(subjects: Sequence[Subject], size: int = _BATCH) -> Iterator[tuple[Subject, ...]]:
    """Persons in groups small enough for one statement."""
    for start in range(0, len(subjects), size):
        yield tuple(subjects[start : start + size])


def _known(connection: Connection, rows: PersonRows, system_map: SystemMap, *, gone: bool = False) -> Iterator[Subject]:
    people, person = system_map.people, rows.person
    owner = {number: one for one in rows.subjects for number in one.numbers}
    own = {int(row[people.key]): row for row in _records(connection, rows, people.table, people.key)}
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
    shared = _shared(connection, rows, system_map, values)
    for number, row in own.items():
        names = [(str(one.get(a) or ""), str(one.get(b) or "")) for one in records[number] for a, b in person.names]
        exact, said = sorted_out(values[number], names, shared)
        card, user = (str(row.get(name) or "") for name in (person.card, person.user))
        yield Subject(number, card, user, exact, said, owner[number].also)


def _records(connection: Connection, rows: PersonRows, name: str, key: str) -> list[dict[str, Any]]:
    """What the records of a table say of these persons, in the columns that name them."""
    if name not in rows.schema.tables:
        return []
    person, source = rows.person, rows.rows(name)
    wanted = {key, person.card, person.user, *person.identifiers, *(one for pair in person.names for one in pair)}
    columns = [source.c[one] for one in rows.schema.tables[name].column_names if one in wanted]
    query = select(*columns).where(rows.names(name, key, source))
    return [dict(row) for row in connection.execute(query).mappings()]


def _shared(
    connection: Connection, rows: PersonRows, system_map: SystemMap, values: dict[int, list[str]]
) -> frozenset[str]:
    """Identifiers that another person's record, or a copy of a title, has as well."""
    people, items = system_map.people, system_map.items
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for number, own in values.items():
        for value in own:
            holders[value.casefold()].add(number)
    others, copies = rows.rows(people.table), rows.rows(items.table)
    barcodes: set[str] = set()
    for batch in _words(value for own in values.values() for value in own):
        for name in rows.person.identifiers:
            query = select(others.c[people.key], others.c[name]).where(others.c[name].in_(batch))
            for number, value in connection.execute(query):
                holders[str(value).casefold()].add(int(number))
        query = select(copies.c[items.barcode]).where(copies.c[items.barcode].in_(batch))
        barcodes |= {str(value).casefold() for value in connection.execute(query).scalars()}
    return frozenset({value for value, who in holders.items() if len(who) > 1} | barcodes)


def _words(values: Iterable[str]) -> Iterator[list[str]]:
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), _BATCH):
        yield every[start : start + _BATCH]
