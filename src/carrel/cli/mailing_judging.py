"""Who may be on a mailing list: every person of the system through the gate, and every member looked up by hashes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from carrel.cli.contact_judging import Judge
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
    wanted: dict[str, str] = {}
    refused: set[str] = set()
    rows = ContactRows(here.schema, here.system_map, here.stand_in, let.fields, at=here.system.name)
    with here.engine.connect() as connection:
        judge = Judge.made(here, let, restricted, at)
        for page in rows.pages(connection):
            for field, reason in zip(page.emails, judge.judged(page), strict=True):
                if not field:
                    continue
                addresses = addresses_in(field)
                if reason is None:
                    _want(wanted, addresses)
                else:
                    refused |= there.intersection(map(spelled, addresses))
    tags = here.store.consents.own_tags(here.system.name)
    silent = _held(tags, there, here.store.consents.suppressions.among)
    ours = _held(tags, there, lambda some: here.store.mailing_lists.ours(one.name, some))
    return Known(wanted, refused, silent, ours)


def _want(wanted: dict[str, str], addresses: Sequence[str]) -> None:
    """One person's addresses: messages go to the first that a tool can be given, and the others may stay."""
    first = next(filter(usable, addresses), addresses[0] if addresses else "")
    for address in addresses:
        said = spelled(address)
        if said and not wanted.get(said):
            wanted[said] = address if address == first else ""


def _held(
    tags: SubjectTags, addresses: Collection[str], look: Callable[[Collection[str]], Collection[str]]
) -> set[str]:
    """Those addresses whose hashes are found by a look."""
    found: set[str] = set()
    for some in parts(sorted(addresses), _TAGS):
        by_tag = {tags.address(one): one for one in some}
        found |= {by_tag[tag] for tag in look(by_tag.keys()) if tag in by_tag}
    return found
