"""Email addresses of people who said no: whoever reads them there said it, whichever record an export finds them on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carrel.consent.subject import addresses_in, spelled
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.consent.former_addresses import former_addresses
from carrel.systems.sql.in_lists import batches

if TYPE_CHECKING:
    from carrel.cli.premises import Premises

_NEVER, _ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def refused_addresses(here: Premises, purpose: str, restricted: Collection[int]) -> frozenset[str]:
    """The addresses that nobody is written to for a purpose, on whichever record they stand.

    They are read from the records as these stand now and kept nowhere: whoever types another's address into the own
    record and takes it out again leaves nothing behind. Of a record that the product has deleted since, or has put
    together with another one, they are read from the copies that it keeps: whoever said no under the first number is
    the same reader under the second. An address whose reader asked since, before somebody of the library and in as many
    words, to be written to again (``--lift-silence``) is not among them.

    Args:
        here: open.
        purpose: that was said no to.
        restricted: whose use is restricted.

    Returns:
        Each in the spelling in which addresses are compared.

    Source:
        WPL-3.7, MITL-9.3; GDPR Art. 21 (3).
    """
    consents = here.store.consents
    tags = consents.tags(here.system.name)
    said_no = {} if tags is None else dict(consents.objectors.numbers(here.system.name, purpose))
    numbers = {*restricted, *said_no}
    if not numbers:
        return frozenset()
    rows, found = (
        ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name),
        dict[str, datetime](),
    )
    with here.engine.connect() as connection:
        for some in batches(numbers):
            there = rows.of(connection, some)
            said = {number: (one.email,) for number, one in there.items()}
            gone = [number for number in some if number not in there or there[number].deleted]
            if gone:
                former = former_addresses(connection, here.schema, here.system_map, gone)
                said |= {number: (*said.get(number, ()), *texts) for number, texts in former.items()}
            for number, texts in said.items():
                since = _ALWAYS if number in restricted else said_no[number]
                for address in (spelled(one) for text in texts for one in addresses_in(text)):
                    found[address] = max(since, found.get(address, since))
    back = {} if tags is None else consents.suppressions.asked_back([tags.asked_back(one) for one in found])
    later = {one for one, at in found.items() if tags is not None and back.get(tags.asked_back(one), _NEVER) > at}
    return frozenset(found.keys() - later - {""})
