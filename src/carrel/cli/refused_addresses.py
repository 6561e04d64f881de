"""Email addresses of people who said no: whoever reads them there said it, whichever record an export finds them on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from carrel.consent.subject import addresses_in, spelled
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.sql.in_lists import batches

if TYPE_CHECKING:
    from carrel.cli.premises import Premises


def refused_addresses(here: Premises, purpose: str, restricted: Collection[int]) -> frozenset[str]:
    """The addresses that nobody is written to for a purpose, on whichever record they stand.

    They are read from the records as these stand now and kept nowhere: whoever types another's address into the own
    record and takes it out again leaves nothing behind.

    Args:
        here: open.
        purpose: that was said no to.
        restricted: whose use is restricted.

    Returns:
        Each in the spelling in which addresses are compared.

    Source:
        WPL-3.7, MITL-9.3; GDPR Art. 21 (3).
    """
    tagged = here.store.consents.tags(here.system.name) is not None
    said_no = here.store.consents.objectors.numbers(here.system.name, purpose) if tagged else ()
    numbers = {*restricted, *said_no}
    if not numbers:
        return frozenset()
    rows, found = ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name), set[str]()
    with here.engine.connect() as connection:
        for some in batches(numbers):
            for one in rows.of(connection, some).values():
                found.update(spelled(address) for address in addresses_in(one.email))
    return frozenset(found - {""})
