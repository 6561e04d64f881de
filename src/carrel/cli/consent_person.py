"""The person whom a consent is about: found by the card, and told by hashes from then on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.erasure_plan import said_in
from carrel.consent.subject import addresses_in
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.sql.person_search import find, require_somebody

if TYPE_CHECKING:
    from carrel.cli.premises import Premises


@dataclass(frozen=True, slots=True)
class Person:
    """One person, for as long as the command runs.

    Attributes:
        number: of the record.
        addresses: for email, as the system has them now.
        tag: keyed hash of the number.
        address_tags: of the addresses.
    """

    number: int = field(repr=False)
    addresses: tuple[str, ...] = field(repr=False)
    tag: str
    address_tags: tuple[str, ...]


def person_of(here: Premises, given: Path, *, by_card: bool) -> Person:
    """The person whose card, or number, stands in a file.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; CNS-007.
    """
    return _person(here, said_in(given, "CARD_FILE"), by_card=by_card)


def person_of_card(here: Premises, card: str) -> Person:
    """The person who has this card.

    Raises:
        CarrelError: ERA-001, nobody has, or several; CNS-007.
    """
    return _person(here, card, by_card=True)


def _person(here: Premises, said: str, *, by_card: bool) -> Person:
    with here.engine.connect() as connection:
        number = find(connection, here.system_map, said, by_card=by_card, at=here.system.name)
    return person_numbered(here, number)


def person_numbered(here: Premises, number: int) -> Person:
    """The person of that number.

    Raises:
        CarrelError: ERA-001, it is nobody's; CNS-007.
    """
    require_somebody(number, here.stand_in, here.system.name)
    with here.engine.connect() as connection:
        rows = ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name)
        found = rows.of(connection, (number,)).get(number)
    addresses = addresses_in(found.email) if found is not None else ()
    tags = here.store.consents.own_tags(here.system.name)
    return Person(number, addresses, tags.number(number), tuple(map(tags.address, addresses)))
