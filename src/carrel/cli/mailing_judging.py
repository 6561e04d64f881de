"""Who may be on a mailing list: every person of the system through the gate, and every member looked up by hashes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.contact_judging import Judge
from carrel.consent.event import Act
from carrel.consent.gate import LeftOut
from carrel.consent.mailing_list import Known, usable
from carrel.consent.subject import addresses_in, spelled
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.sql.in_lists import parts

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.consent.gate import Gate
    from carrel.consent.subject import SubjectTags
    from carrel.inventory.mailing_list import MailingList
    from carrel.store.consents import Consents

_PASSING = frozenset({LeftOut.RESTRICTED, LeftOut.EXPIRED, LeftOut.SHARED, LeftOut.ASK_AGAIN})
_TAGS = 5_000  # in one question to the store


def known_of(
    here: Premises, one: MailingList, let: Gate, members: Collection[str], restricted: frozenset[int], at: datetime
) -> Known:
    """What the library knows of its people and of a list's members, as it stands now; only reads.

    Args:
        here: open.
        one: the list.
        let: its gate.
        members: in the spelling of comparison.
        restricted: whose use is restricted.
        at: aware time.

    Raises:
        CarrelError: CNS-007, and whatever stands in the way of reading the system.

    Guarantees:
        An address is wanted where one of its people may be written to. Where one of them said no, none may: the gate
        leaves the others out as well.
    """
    there = frozenset(members)
    tags = here.store.consents.own_tags(here.system.name)
    by_tag = {tags.address(one): one for one in there}
    seen = here.store.mailing_lists.seen(one.name)
    gone = _Gone(here.store.consents, tags, let.purpose, {tag: at for tag, at in seen.items() if tag not in by_tag})
    wanted: dict[str, str] = {}
    refused: set[str] = set()
    rows = ContactRows(here.schema, here.system_map, here.stand_in, let.fields, at=here.system.name)
    with here.engine.connect() as connection:
        judge = Judge.made(here, let, restricted, at)
        for page in rows.pages(connection):
            for number, text, reason in zip(page.numbers, page.emails, judge.judged(page), strict=True):
                if not text:
                    continue
                addresses = addresses_in(text)
                if reason is None:
                    _want(wanted, addresses)
                else:
                    refused |= there.intersection(map(spelled, addresses))
                if reason is None or reason in _PASSING:
                    gone.look(number, addresses)
    silent = _held(by_tag, here.store.consents.suppressions.among)
    return Known(wanted, refused, silent, _ours(here, one, by_tag), gone.departed)


def ours_among(here: Premises, one: MailingList, members: Collection[str]) -> set[str]:
    """Those members of a list that were seen there before on a record, or put there.

    Raises:
        CarrelError: CNS-007.
    """
    tags = here.store.consents.own_tags(here.system.name)
    return _ours(here, one, {tags.address(each): each for each in members})


def _ours(here: Premises, one: MailingList, by_tag: Mapping[str, str]) -> set[str]:
    return _held(by_tag, lambda some: here.store.mailing_lists.ours(one.name, some))


@dataclass(frozen=True, slots=True, repr=False)
class _Gone:
    """Addresses that were read back on a list, and are not there any more.

    Attributes:
        consents, tags, purpose: by which it is asked whether somebody said yes since.
        seen: hash of the address to the time at which it was last seen there.
    """

    consents: Consents
    tags: SubjectTags
    purpose: str
    seen: Mapping[str, datetime]
    _left: set[str] = field(default_factory=set)
    _back: set[str] = field(default_factory=set)

    def look(self, number: int, addresses: Sequence[str]) -> None:
        """Look at the addresses of somebody who may be written to."""
        for address in addresses if self.seen else ():
            if (last := self.seen.get(self.tags.address(address))) is not None:
                (self._back if self._agreed_since(number, last) else self._left).add(spelled(address))

    @property
    def departed(self) -> frozenset[str]:
        """Those of whose people none has said yes since."""
        return frozenset(self._left - self._back)

    def _agreed_since(self, number: int, last: datetime) -> bool:
        tag = self.tags.numbers([number])[0].hex()
        events = self.consents.among([tag], self.purpose).get(tag, ())
        return any(one.act is Act.GIVEN and one.recorded_at > last for one in events)


def _want(wanted: dict[str, str], addresses: Sequence[str]) -> None:
    """One person's addresses: messages go to the first that a tool can be given, and the others may stay."""
    first = next(filter(usable, addresses), addresses[0] if addresses else "")
    for address in addresses:
        said = spelled(address)
        if said and not wanted.get(said):
            wanted[said] = address if address == first else ""


def _held(by_tag: Mapping[str, str], look: Callable[[Collection[str]], Collection[str]]) -> set[str]:
    """Those addresses whose hashes are found by a look."""
    found: set[str] = set()
    for some in parts(sorted(by_tag), _TAGS):
        found |= {by_tag[tag] for tag in look(some) if tag in by_tag}
    return found
