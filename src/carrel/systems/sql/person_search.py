"""The number behind a card: of a record that is there, of one that is gone, or of an older one of the same person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, column, or_, select

from carrel.errors import CarrelError, fault
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.failure import told
from carrel.systems.sql.gone_people import gone_among
from carrel.systems.sql.named_table import table
from carrel.systems.sql.person_elsewhere import columns_of, meant
from carrel.systems.sql.person_steps import person_map

_FIX = (
    "compare it with the card on the person's record, or name the record by its own number; if the record is gone, "
    "`carrel sweep --person FILE --by-number` with the number that it had shows what is left"
)
_BY_NUMBER = "compare it with the number of the record; if that is gone, `carrel sweep --person FILE --by-number` looks"
_FIX_LEFT = (
    "no copy of a deleted record has it either, or several have; after an erasure that is as it should be, and its "
    "sweep was the last look. To look once more give the number that the record had, with --by-number"
)
_LONGEST = 18  # digits of a number that a server takes


def find(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """The number of the person whose card, or number, this is.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    with told(at):
        numbers = _numbers(connection, system_map, system_map.people.table, said, by_card=by_card)
        numbers -= gone_among(connection, system_map.people, numbers)
    if len(numbers) != 1:
        raise _nobody(at, len(numbers), _FIX if by_card else _BY_NUMBER, by_card=by_card)
    return numbers.pop()


def require_somebody(number: int, stand_in: int | None, at: str) -> None:
    """Refuse the number that stands for all readers, and the one that stands for nobody.

    Args:
        number: as it was found.
        stand_in: the product's anonymous patron.
        at: what errors call it.

    Raises:
        CarrelError: ERA-001.
    """
    if number in {stand_in, 0}:
        raise fault(
            faults.NO_SUBJECT,
            at=at,
            wanted="the number of one person",
            found="that of the product's anonymous patron, or of nobody",
            fix="give the card or the number of the person's own record",
        )


def find_left(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """As `find`, also of somebody whose record is gone: by the copies that are left, or by the number alone.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    if not by_card and (number := _number(said)) >= 0:
        return number  # whether a record is there under it or not
    people, person = system_map.people, person_map(system_map)
    there: set[int] = set()
    with told(at):
        for name in dict.fromkeys((people.table, *person.former)):
            there |= _numbers(connection, system_map, name, said, by_card=by_card)
    if len(there) != 1:
        raise _nobody(
            at, len(there), _FIX_LEFT if by_card else "write the record's number, digits only", by_card=by_card
        )
    return there.pop()


def numbers_under(
    connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str
) -> tuple[frozenset[int], frozenset[int]]:
    """The numbers of the records under a card or a number: of those that are there, and of copies of others.

    Args:
        connection: reads only.
        system_map: tells where people stand.
        said: the card, or the number.
        by_card: which of the two.
        at: what errors call the system.

    Returns:
        Of each two at most. A record that the product keeps as deleted, or as an empty row, counts as a copy.
    """
    people, person = system_map.people, person_map(system_map)
    with told(at):
        there = _numbers(connection, system_map, people.table, said, by_card=by_card)
        left = {one for name in person.former for one in _numbers(connection, system_map, name, said, by_card=by_card)}
        over = gone_among(connection, people, there) | _deleted_among(connection, system_map, there)
        # A change that waits for the staff is a copy too, of a record that is there.
        known = {
            one for number in left for one in _numbers(connection, system_map, people.table, str(number), by_card=False)
        }
    return frozenset(there - over), frozenset(over | (left - (known - over) - {0}))


def _deleted_among(connection: Connection, system_map: SystemMap, numbers: set[int]) -> set[int]:
    people = system_map.people
    if not people.deleted or not numbers:
        return set()
    rows = table(people.table, column(people.key), *(column(one.column) for one in people.deleted))
    query = select(rows.c[people.key]).where(rows.c[people.key].in_(numbers), all_hold(rows.c, people.deleted))
    return {int(one) for one in connection.execute(query).scalars()}


def cards_of(connection: Connection, system_map: SystemMap, number: int, *, at: str) -> tuple[str, ...]:
    """Every card by which `find` finds a record; none where the record is gone. Nobody prints them."""
    people, person = system_map.people, person_map(system_map)
    cards = person.cards
    columns = (person.card,) if cards is None else cards.columns
    name, key = (people.table, people.key) if cards is None else (cards.table, cards.person)
    rows = table(name, column(key), *map(column, columns if cards is None else columns_of(cards)))
    query = select(*(rows.c[one] for one in columns)).where(rows.c[key] == number)
    with told(at):
        found = connection.execute(query if cards is None else query.where(meant(cards, rows))).all()
    return tuple(dict.fromkeys(str(one) for row in found for one in row if one))


def is_held(connection: Connection, system_map: SystemMap, number: int, *, at: str) -> bool:
    """Whether a record has this number, or a copy that the product keeps of a deleted one."""
    person = person_map(system_map)
    with told(at):
        names = dict.fromkeys((system_map.people.table, *person.former))
        return any(_numbers(connection, system_map, one, str(number), by_card=False) for one in names)


def _numbers(connection: Connection, system_map: SystemMap, name: str, said: str, *, by_card: bool) -> set[int]:
    people, person = system_map.people, person_map(system_map)
    if by_card and person.cards is not None:
        if name != people.table:
            return set()  # copies of a record hold no card there
        cards = person.cards
        rows = table(cards.table, column(cards.person), *map(column, columns_of(cards)))
        named = and_(meant(cards, rows), or_(*(rows.c[one] == said for one in cards.columns)))
        key = rows.c[cards.person]
    else:
        rows = table(name, column(people.key), *([column(person.card)] if by_card else []))
        key = rows.c[people.key]
        named = rows.c[person.card] == said if by_card else key == _number(said)
    return {int(one) for one in connection.execute(select(key).where(named).distinct().limit(2)).scalars()}


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
