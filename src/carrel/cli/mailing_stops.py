"""Mailing lists that somebody goes off at once: after a no, a restriction, a correction or an erasure."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.mailing_terms import gate_of, tags_of
from carrel.consent import faults
from carrel.consent.subject import spelled
from carrel.errors import CarrelError, fault
from carrel.retention.outcome import Outcome

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.mailing_list import MailingList

AT_ONCE = 6.0  # seconds, while somebody waits


@dataclass(frozen=True, slots=True)
class ListTold:
    """What became of one list.

    Attributes:
        name: of the list.
        off: how many members were taken off.
        code: why the next night has to do it; empty where it was read back that nobody of them is there.
    """

    name: str
    off: int
    code: str = ""

    def as_dict(self) -> dict[str, object]:
        """For ``--json``."""
        outcome = Outcome.NOT_REACHED if self.code else Outcome.VERIFIED
        return {"list": self.name, "off": self.off, "outcome": outcome.value, "code": self.code or None}

    def told_line(self) -> str:
        """In words."""
        if self.code:
            return (
                f"Mailing list {self.name}: could not be told ({self.code}). The next `carrel mailing-list apply` or "
                "night takes the address off; until then the tool may write to it."
            )
        return f"Mailing list {self.name}: {'taken off, read back' if self.off else 'not on it, read back'}."


def take_off(here: Premises, addresses: Iterable[str], purposes: Collection[str] | None = None) -> tuple[ListTold, ...]:
    """Take addresses off the lists of a system.

    A list that cannot be told is owed: the next night brings it on, whatever it is told until then.

    Args:
        here: open.
        addresses: of the person, as the records have them or had them.
        purposes: of the lists; None for all.

    Returns:
        One for each list that was looked at. Nothing is raised: what was recorded holds whether a tool hears of it.

    Guarantees:
        A tool whose recipient the policy bars is asked for no address that was not seen on its list before.
    """
    written = (form for one in addresses for form in (one.strip(), spelled(one)))  # a tool may have it either way
    mine = tuple(dict.fromkeys(filter(None, written)))
    lists = [one for one in here.site.lists_of(here.system) if purposes is None or one.purpose in purposes]
    until = time.monotonic() + AT_ONCE  # for all lists together: several can be at one tool that is away
    told = (_off(here, one, mine, until) for one in lists) if mine else ()
    return tuple(one for one in told if one is not None)


def require_told(lists: Iterable[ListTold]) -> None:
    """Refuse to take it for told where a list waits for the night; what was recorded holds.

    Raises:
        CarrelError: CNS-018.
    """
    waits = [one for one in lists if one.code]
    if waits:
        raise fault(
            faults.LIST_AWAY,
            at=", ".join(f"mailing list {one.name}" for one in waits),
            wanted="a tool from which the address was read back as gone",
            found=", ".join(dict.fromkeys(one.code for one in waits)),
            because="the tool may write to it until then",
            changed="the withdrawal itself is recorded and holds in every export from now on",
            fix="carrel doctor tells what is in the way; the next night takes the address off",
        )


def _off(here: Premises, one: MailingList, addresses: tuple[str, ...], until: float) -> ListTold | None:
    """What became of one list; None of one that was not asked, of which nothing is told."""
    from carrel.systems.mailing_lists.mailman import opened

    gone, out = 0, list[str]()
    try:
        asked = addresses if _may_be_asked(here, one) else _seen(here, one, addresses)
        if not asked:
            return None
        with opened(one, within=until - time.monotonic()) as there:
            for address in asked:
                if numbers := there.find(address):
                    here.store.mailing_lists.note_taken_off(one.name, tags_of(here, [address])[0])
                    gone += sum(there.remove(number) for number in numbers)
                    out.append(address)
            stays = [address for address in asked if there.find(address)]
        if stays:
            return _owed(here, one, gone, faults.LIST_STAYS.code, Outcome.UNVERIFIED)
        here.store.mailing_lists.forget_members(one.name, tags_of(here, out)[0])
    except CarrelError as wrong:
        return _owed(here, one, gone, wrong.code, Outcome.NOT_REACHED)
    return ListTold(one.name, gone)


def _owed(here: Premises, one: MailingList, gone: int, code: str, outcome: Outcome) -> ListTold:
    with suppress(CarrelError):  # the word is on record; a night judges everybody anew, whether it was noted or not
        here.store.mailing_lists.owe(one.name, here.original.name, outcome, code, now())
    return ListTold(one.name, gone, code)


def _may_be_asked(here: Premises, one: MailingList) -> bool:
    try:
        gate_of(here, one)
    except CarrelError:
        return False
    return True


def _seen(here: Premises, one: MailingList, addresses: tuple[str, ...]) -> tuple[str, ...]:
    tags = here.store.consents.own_tags(here.system.name)
    mine = {tags.address(address): address for address in addresses}
    return tuple(mine[tag] for tag in here.store.mailing_lists.ours(one.name, mine.keys()))
