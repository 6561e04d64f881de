"""Somebody who asked for a copy and for erasure gets the copy first: afterwards nobody can hand it out any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli.request_rules import rules_of
from carrel.errors import CarrelError, fault
from carrel.rights import faults

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises


def require_handed_out(here: Premises, number: int, at: datetime) -> None:
    """Refuse to erase somebody whose request for a copy is open, and of whom nothing was handed out for it.

    A request that nobody was identified for stands in nobody's way: anybody could have made it. Where the key of
    requests is lost it cannot be told whose they are, which `carrel doctor` says; an erasure goes on then.

    Args:
        here: open.
        number: of the person.
        at: aware time.

    Raises:
        CarrelError: RGT-028.

    Source:
        GDPR Art. 15, 20 (3): the right to a copy is without prejudice to the right to erasure.
    """
    try:
        asked = here.store.requests.of_person(here.original.name, number)
    except CarrelError as wrong:
        if wrong.code != faults.NO_KEY.code:
            raise
        return
    if not (copies := [one for one in asked if one.right.is_copy]):
        return
    rules = rules_of(here.site)
    standing = {one.id: rules.standing(one, at) for one in copies}
    owed = [name for name, now in standing.items() if now.owes_copy]
    if owed:
        raise fault(
            faults.COPY_OWED,
            at=", ".join(owed),
            wanted="the copy that the person asked for handed out before the erasure",
            found="a request for one that is open",
            because="what is erased can be handed out to nobody any more",
            changed="nothing",
            fix="carrel access FILE --request ID, or the end of that request: answered, taken back or refused",
        )
