"""What a night and an audit are told of disclosure cases: as many leaves as every night, and what is late or owed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.accountability.legal_process import DisclosureFacts
from carrel.cli.disclose_rules import ProcessRules, everybody, people_of, process_rules
from carrel.disclosure import faults
from carrel.disclosure.ending import over, sound
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.disclosure.case import Case
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
        viewer = everybody(process_rules(site), at)
        found = store.disclosures.all(viewer, covered=False)
        for case, here in found:  # whoever ended it may have been stopped before this
            if over(here):
                store.disclosures.let_go(case.id, viewer)
                store.forgotten.forget(case.id, viewer)
        store.forgotten.sweep(at)
        whole = store.disclosures.whole()
    except CarrelError as wrong:
        return () if wrong.code == faults.NO_RULES.code else (wrong.code,)
    late = any(here.owed or (here.overdue and not here.state.is_final) for _, here in found)
    return (*((faults.OWED.code,) if late else ()), *(() if whole else (faults.NO_KEY.code,)))


def disclosure_facts(site: Site, store: Store, at: datetime) -> DisclosureFacts | None:
    """What the store tells of cases that are not sealed.

    Returns:
        None where there is none, or no policy says anything of them.
    """
    try:
        rules = process_rules(site)
    except CarrelError:
        return None
    found = store.disclosures.all(everybody(rules, at), covered=False)
    if not found:
        return None
    unsound = tuple(case.instrument for case, _ in found if not _sound(case, rules))
    missing = set(store.disclosures.commitments()) - _told(site, store)
    return DisclosureFacts(tuple(here for _, here in found), unsound, len(missing), store.disclosures.whole())


def _sound(case: Case, rules: ProcessRules) -> bool:
    return sound(case, rules.processes.of(case.instrument), rules.zone)


def _told(site: Site, store: Store) -> set[str]:
    """Every commitment that stands in the ledger, or is owed to it."""
    folder = site.folder / "ledger"
    standing = LedgerFolder(folder).entries() if (folder / "checkpoint").exists() else ()
    return {
        str(decode_leaf(entry).fields.get("commitment", ""))
        for entry in (*store.owed.entries(), *standing)
        if b'"kind":"disclosure"' in entry
    }
