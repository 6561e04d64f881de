"""What a case keeps from deletion while it is open: placed with the case itself, let go when nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import open_site
from carrel.cli.erasure_plan import said_in
from carrel.cli.scope_option import Said
from carrel.disclosure import faults
from carrel.errors import CarrelError, fault
from carrel.retention.faults import NO_SUBJECT
from carrel.retention.legal_hold import Scope
from carrel.store.placement import Kind, Order
from carrel.systems.site_systems import system_of
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_search import find, find_left, is_held, require_somebody
from carrel.systems.sql.title_items import items_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.inventory.system_map import SystemMap


@dataclass(frozen=True)
class Asked:
    """What a paper asks for, by system: people and items, by their numbers."""

    persons: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    items: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.persons or self.items)


def people_on(site_path: Path, system_name: str | None, cards: Sequence[Path], *, by_card: bool) -> Asked:
    """The people whose cards stand in these files.

    Raises:
        CarrelError: ERA-001, nobody's card, or several people's.
    """
    return people_with(site_path, system_name, (said_in(card, "CARD_FILE") for card in cards), by_card=by_card)


def people_with(site_path: Path, system_name: str | None, said: Iterable[str], *, by_card: bool = True) -> Asked:
    """The people with these cards, or numbers; each once.

    Raises:
        CarrelError: ERA-001, nobody's card, or several people's.
    """
    found: dict[str, set[int]] = {}
    for one in said:
        system, number = whose(site_path, system_name, one, by_card=by_card)
        found.setdefault(system, set()).add(number)
    return Asked({name: tuple(sorted(numbers)) for name, numbers in found.items()})


def asked_on(
    site_path: Path, system_name: str | None, people: Asked, items: tuple[str, ...], titles: tuple[str, ...]
) -> Asked:
    """People and items that are to be kept; of a title every item that is there.

    Raises:
        CarrelError: DSC-021, no item of a title; HLD-003, something else than a number.
    """
    if not items and not titles:
        return people
    said = items_on(site_path, system_name or next(iter(people.persons), None), items, titles)
    return Asked(people.persons, said.items)


def items_on(site_path: Path, system_name: str | None, items: tuple[str, ...], titles: tuple[str, ...]) -> Asked:
    """These items, and every item that is there of these titles.

    Raises:
        CarrelError: DSC-021, no item of a title; HLD-003, something else than a number.
    """
    numbers = set(_numbers(items)) if items else set()
    if not titles:
        return Asked(items={system_of(open_site(site_path), system_name).name: tuple(sorted(numbers))})
    with premises.enter(site_path, system_name, read_only=True) as here:
        with told(here.system.name), here.engine.connect() as connection:
            found = items_of(connection, here.system_map, _numbers(titles))
        if not found:
            raise fault(
                faults.PRESERVED, at=here.system.name, wanted="a title with items", found="none of this number",
                fix="give the number of the title's record; what was deleted is named by --item",
            )  # fmt: skip
        return Asked(items={here.original.name: tuple(sorted(numbers | found))})


def _numbers(said: tuple[str, ...]) -> tuple[int, ...]:
    return Said((), None, said, (), (), None, None, everything=False).scope().items


def orders(asked: Asked, by: str) -> tuple[Order, ...]:
    """The legal holds that keep it, one of each system. Each is sealed, whatever the case: none tells of another."""
    return tuple(
        Order(
            Kind.LEGAL_HOLD, name, Scope(persons=asked.persons.get(name, ()), items=asked.items.get(name, ())),
            "what a case asks for", "legal process", by, None, sealed=True,
        )
        for name in sorted({*asked.persons, *asked.items})
    )  # fmt: skip


def whose(site_path: Path, system_name: str | None, said: str, *, by_card: bool = True) -> tuple[str, int]:
    """System and number of whoever has this card, had it, or was merged into another record: copies are kept too.

    Raises:
        CarrelError: ERA-001, nobody's card, or several people's.
    """
    with premises.enter(site_path, system_name, read_only=True) as here:
        system_map, at = here.system_map, here.system.name
        with here.engine.connect() as connection:
            try:
                number = find(connection, system_map, said, by_card=by_card, at=at)
            except CarrelError as nobody:
                number = _left(connection, system_map, said, nobody, by_card=by_card, at=at)
            require_somebody(number, here.stand_in, at)
        return here.original.name, number


def _left(
    connection: Connection, system_map: SystemMap, said: str, nobody: CarrelError, *, by_card: bool, at: str
) -> int:
    if nobody.code != NO_SUBJECT.code:
        raise nobody
    try:
        number = find_left(connection, system_map, said, by_card=by_card, at=at)
    except CarrelError:
        raise nobody from None
    if not is_held(connection, system_map, number, at=at):
        raise nobody
    return number
