"""Whom Carrel's records speak of by number, and who has no record after a restore: the number goes to somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.at_site import now
from carrel.errors import CarrelError
from carrel.systems.sql.failure import told
from carrel.systems.sql.present_people import numbers

if TYPE_CHECKING:
    from carrel.cli.premises import Premises


@dataclass(frozen=True, slots=True)
class Absent:
    """Persons without a record, such as those who were registered after the copy was made.

    Attributes:
        consents, requests: hashes of their numbers, each under its own key.
        restrictions: cases in force.
    """

    consents: frozenset[str]
    requests: frozenset[str]
    restrictions: tuple[str, ...]


def without_record(here: Premises) -> Absent:
    """Look who of those that are known by number has no record now; only reads.

    Guarantees:
        What a lost key hides is left out: nobody is taken for anybody by it either.
    """
    system = here.system.name
    consents, requests, restricted = here.store.consents, here.store.requests, {}
    by_consent = by_request = None
    agreed: set[str] = set()
    asked: set[str] = set()
    try:
        by_consent, agreed = consents.tags(system), consents.people(system)
    except CarrelError:
        agreed = set()
    try:
        by_request, asked = requests.people(system)
    except CarrelError:
        asked = set()
    try:
        restricted = here.store.restrictions.people(system)
    except CarrelError:
        restricted = {}
    absent = set(restricted.values())
    if not (agreed or asked or absent):
        return Absent(frozenset(), frozenset(), ())
    with here.engine.connect() as connection, told(system):
        for number in numbers(connection, here.system_map.people):
            absent.discard(number)
            if by_consent is not None and agreed:
                agreed.discard(by_consent.number(number))
            if by_request is not None and asked:
                asked.discard(by_request.number(number))
    cases = tuple(sorted(case for case, number in restricted.items() if number in absent))
    return Absent(frozenset(agreed), frozenset(asked), cases)


def part(here: Premises) -> Absent:
    """End the consents of persons without a record, and have their requests be nobody's; a repeat changes nothing."""
    found = without_record(here)
    here.store.consents.forget_tags(here.system.name, found.consents, now())
    here.store.requests.part(found.requests)
    return found


def notes(absent: Absent) -> Iterator[str]:
    """What whoever reads a plan has to know of them; only counts and cases."""
    if absent.consents:
        who = amount(len(absent.consents), "person who has", "persons who have")
        yield f"consents of {who} no record end as the system is opened: the product gives numbers a second time"
    if absent.requests:
        who = amount(len(absent.requests), "person who has", "persons who have")
        yield f"requests of {who} no record are nobody's from then on; write down whose they are before that"
    for case in absent.restrictions:
        yield f"{case}: restricts a person who has no record; lift it, or whoever gets the number is restricted"
