"""What an erasure leaves of consents: nobody to tell, an end of each consent, a hashed entry of silence, told tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.mailing_stops import take_off
from carrel.consent.subject import addresses_in
from carrel.systems.consent.change_folder import Change, write_changes

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.identifiers import Subject


def forget_consents(here: Premises, erased: Iterable[Subject], case: str, *, silence: bool) -> None:
    """Tell the mailing tools, and forget whom consents were about; to be called while the case still knows them.

    Args:
        here: open.
        erased: persons whose record is gone. Of an address that others have as well nothing is said.
        case: in which; told again after a kill, it is the same file.
        silence: whether a hashed entry stays, so that nobody writes to the number or address again.

    Raises:
        CarrelError: CNS-007; CNS-009, the tools cannot be told. The case goes on when its command is given again.
    """
    consents, system, at = here.store.consents, here.original.name, now()
    people = {number: _addresses(one) if number == one.number else () for one in erased for number in one.numbers}
    if silence:  # of a card that lapsed the next night takes the address off
        take_off(here, (address for addresses in people.values() for address in addresses))
    tags = consents.tags(system)
    if tags is None and not silence:
        return
    changes = []
    for number, addresses in people.items():
        events = () if tags is None else consents.of(tags.number(number))
        purposes = dict.fromkeys(event.purpose for event in events)
        changes += [Change(address, purpose, may=False, since=at) for purpose in purposes for address in addresses]
    if changes and here.site.consent.changes is not None:
        write_changes(here.site.consent.changes, f"consent-changes.{case}.csv", changes)
    consents.forget(system, people, at, silence=silence)


def _addresses(one: Subject) -> tuple[str, ...]:
    words = (part for word in one.exact if "@" in word for part in addresses_in(word))  # a field can hold several
    return tuple(dict.fromkeys(words))
