"""What a night does for disclosure cases: as many leaves as every night, and that a case is late or owes a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli.disclose_rules import everybody, people_of, process_rules
from carrel.disclosure import faults
from carrel.errors import CarrelError

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.store.store import Store


def after_night(site: Site, store: Store, at: datetime) -> tuple[str, ...]:
    """Fill up what the ledger is owed, and tell what is late.

    Returns:
        Codes for the health files. A sealed case is in none of them, until its silence lapses and the person has to be
        told.
    """
    if any(people_of(site).values()):  # where offices are named: every night, whether something was done or not
        store.disclosures.cover(at)
    try:
        found = store.disclosures.all(everybody(process_rules(site), at))
        whole = store.disclosures.whole()
    except CarrelError as wrong:
        return () if wrong.code == faults.NO_RULES.code else (wrong.code,)
    late = any(here.owed or (here.overdue and not here.state.is_final) for _, here in found)
    return (*((faults.OWED.code,) if late else ()), *(() if whole else (faults.NO_KEY.code,)))
