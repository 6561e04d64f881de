"""Whether a plan in one system is about the person whose request stands with a record in another one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import now
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError
from carrel.retention.faults import NO_SUBJECT
from carrel.store.erasures import new_case
from carrel.systems.access_answer import Asked, gathered
from carrel.systems.access_systems import opened
from carrel.systems.site_systems import system_of
from carrel.systems.sql import present_people
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_search import cards_of, find, is_held

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site
    from carrel.store.recorded_requests import Whose


def is_theirs(here: Premises, whose: Whose, number: int) -> bool:
    """Whether the record of a number in the open system is the person's whose request it is.

    Args:
        here: the system of the plan.
        whose: system and number of the request.
        number: whose plan it is, in the open system.

    Returns:
        In the system of the request, whether it is that number. In another one, whether a card of the person's finds
        exactly this record there, as `carrel access` looks.

    Raises:
        CarrelError: RGT-010, it does, and the two records share no whole name; whatever stands in the way of reading
            the other system: what cannot be looked up is not taken for granted.

    Source:
        MITL-9.8.
    """
    if whose.system == here.original.name:
        return whose.number == number
    names = [one.name for one in here.site.originals]
    if whose.system not in names:
        return False
    with ExitStack() as stack:
        other = stack.enter_context(opened(here.site, system_of(here.site, whose.system)))
        with other.engine.connect() as connection:
            cards = cards_of(connection, other.system_map, whose.number, at=other.name)
        theirs = next((card for card in cards if _found(here, card) == number), None)
        if theirs is None:
            return False
        mine = stack.enter_context(opened(here.site, here.original))
        looked = gathered(
            (other, mine), Asked(theirs), case=new_case(), site=here.site, policy=here.policy, at=now(), thorough=False
        )
        with looked as answer:
            return all(one.found for one in answer.systems)


def look(site_path: Path, site: Site, request: str, *, whether_gone: bool) -> dict[str, str]:
    """What somebody who says that a record is not there has to say with it: that it is not, as of now.

    Args:
        site_path: the site file, or its folder.
        site: opened.
        request: its id.
        whether_gone: what the product keeps of a record that was put together with another, such as a copy, is no
            record any more; otherwise it is held like one.

    Returns:
        The system that was looked into; empty where no record is known, or where one is still there.

    Raises:
        CarrelError: RGT-011, RGT-018; whatever stands in the way of reading the system.
    """
    with open_store(site) as store:
        whose = store.requests.subject(request)
    if whose is None:
        return {}
    with (
        premises.enter(site_path, whose.system, read_only=True) as here,
        here.engine.connect() as connection,
        told(whose.system),
    ):
        if whether_gone:
            there = bool(present_people.among(connection, here.system_map.people, {whose.number}))
        else:
            there = is_held(connection, here.system_map, whose.number, at=whose.system)
    return {} if there else {"looked": whose.system}


def _found(here: Premises, card: str) -> int | None:
    try:
        with here.engine.connect() as connection:
            return find(connection, here.system_map, card, by_card=True, at=here.system.name)
    except CarrelError as wrong:
        if wrong.code != NO_SUBJECT.code:
            raise
        return None
