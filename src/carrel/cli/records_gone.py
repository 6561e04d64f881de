"""Requests, restrictions and legal holds of persons whose record is gone: deleted, or put together with another one.

Carrel knows a person by the number of the record. A product that puts two records of one person together drops one
number, and nothing in it says which record took its place; whoever asked under it would wait for nothing, and what a
court wants kept would be kept no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.errors import CarrelError
from carrel.store.suppressions import ERASED
from carrel.systems.sql import present_people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.inventory.system_map import People
    from carrel.store.store import Store
    from carrel.systems.check import Check

FIX = (
    "where the library put two records together, ask, restrict or place the hold anew for the one that is left; "
    "docs/requests.md"
)
_TOLD = 5  # ids in one line


def gone(store: Store, system: str, connection: Connection, people: People) -> tuple[str, ...]:
    """Open requests, and restrictions in force, whose person has no record.

    Args:
        store: of the site.
        system: of the site, whose people they are.
        connection: to it; reads only.
        people: where its records stand.

    Returns:
        Ids of requests and cases, the oldest first; those of whoever Carrel itself erased are left out, and so are
        those whose key is gone: whose they are cannot be told.

    Raises:
        CarrelError: CNS-007, the key of the hashes is gone.
    """
    whose = {**store.restrictions.known(system), **dict(_asked(store, system))}
    if not whose:
        return ()
    there = present_people.among(connection, people, set(whose.values()))
    missing = {name: number for name, number in whose.items() if number not in there}
    erased = _erased(store, system, set(missing.values()))
    return tuple(name for name, number in missing.items() if number not in erased)


def holds_gone(store: Store, system: str, connection: Connection, people: People, at: datetime) -> tuple[str, ...]:
    """Legal holds that name a person who has no record.

    Args:
        store: of the site.
        system: of the site, whose people they are.
        connection: to it; reads only.
        people: where its records stand.
        at: aware time.

    Returns:
        Their ids. Sealed ones are left out: that there is one stands in no figure for readers.
    """
    kept = store.keepings.current(system, at, to_dispose=False).legal_holds
    told = [one for one in kept if one.scope.persons and not one.sealed]
    there = present_people.among(connection, people, {number for one in told for number in one.scope.persons})
    return tuple(one.id for one in told if not there.issuperset(one.scope.persons))


def gone_checks(here: Premises) -> list[Check]:
    """The same as a check of ``carrel check``; none where everybody is there."""
    from carrel.amount import amount
    from carrel.cli.premises import now
    from carrel.systems.check import finding, unknown
    from carrel.systems.sql.failure import told

    try:
        with here.engine.connect() as connection, told(here.system.name):
            where = here.store, here.original.name, connection, here.system_map.people
            found = (*gone(*where), *holds_gone(*where, now()))
    except CarrelError as wrong:
        return [unknown("records gone", f"{wrong.code}: {wrong.faults[0].condition.title}", wrong.faults[0].fix)]
    if not found:
        return []
    what = amount(len(found), "request, restriction or hold is", "requests, restrictions or holds are")
    return [finding("records gone", f"{what} about somebody whose record is not there any more: {listed(found)}", FIX)]


def listed(found: tuple[str, ...]) -> str:
    """Ids in one line, the first of many."""
    return ", ".join(found[:_TOLD]) + (f" and {len(found) - _TOLD} more" if len(found) > _TOLD else "")


def _asked(store: Store, system: str) -> Iterator[tuple[str, int]]:
    for request in store.requests.all(open_only=True):
        if request.system != system:
            continue
        try:
            whose = store.requests.subject(request.id)
        except CarrelError:
            continue  # `carrel doctor` tells that its key is gone
        if whose is not None:
            yield request.id, whose.number


def _erased(store: Store, system: str, numbers: set[int]) -> frozenset[int]:
    tags = store.consents.tags(system) if numbers else None
    if tags is None:
        return frozenset()
    by_tag = {tags.number(one): one for one in numbers}
    return frozenset(by_tag[tag] for tag in store.consents.suppressions.among(by_tag, because=ERASED))
