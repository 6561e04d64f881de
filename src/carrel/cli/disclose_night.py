"""What a night and an audit are told of disclosure cases: as many leaves as every night, and what is late or owed."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from carrel.accountability.legal_process import DisclosureFacts
from carrel.cli.disclose_rules import ProcessRules, everybody, people_of, process_rules
from carrel.cli.record import all_entries
from carrel.disclosure import faults
from carrel.disclosure.ending import over, sound
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.disclosure.case import Case
    from carrel.disclosure.viewer import Viewer
    from carrel.inventory.site import Site
    from carrel.store.store import Store


_LEFT_FOR = timedelta(days=1)  # a paper that still arrives is written to, and named when it has


def after_night(site: Site, store: Store, at: datetime) -> tuple[str, ...]:
    """Fill up what the ledger is owed, forget what a killed process left of papers, and tell what is late.

    Returns:
        Codes for the health files. A sealed case is in none of them, until its silence lapses and the person has to be
        told.
    """
    with suppress(CarrelError):  # what stands in the way is told below
        _end_what_is_over(store, everybody(process_rules(site), at))
    if any(people_of(site).values()):  # where offices are named: every night, whether something was done or not
        store.disclosures.cover(at)
    try:
        found = store.disclosures.all(everybody(process_rules(site), at), covered=False)
        whole, altered = store.disclosures.whole(), _altered(site, store)
    except CarrelError as wrong:
        return () if wrong.code == faults.NO_RULES.code else (wrong.code,)
    if whole and not altered:  # what is wrong is looked at first: the papers of an event that was taken out stay
        store.disclosures.forget_unnamed(at - _LEFT_FOR)
    late = any(here.owed or (here.overdue and not here.state.is_final) for _, here in found)
    told = {faults.OWED.code: late, faults.NO_KEY.code: not whole, faults.RECORD_CHANGED.code: altered > 0}
    return tuple(code for code, so in told.items() if so)


def _end_what_is_over(store: Store, viewer: Viewer) -> None:
    """Release what is kept for cases that are over, where whoever ended them was stopped; forget what was approved."""
    for case, here in store.disclosures.all(viewer, covered=False):
        if over(here):
            store.disclosures.let_go(case.id, viewer)
            store.forgotten.forget(case.id, viewer)
    store.forgotten.sweep(viewer.at)


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
    altered, unread = 0, ""
    try:
        altered = _altered(site, store)
    except CarrelError as wrong:
        unread = f"{wrong.code}: {wrong.faults[0].condition.title}"
    return DisclosureFacts(tuple(here for _, here in found), unsound, altered, store.disclosures.whole(), unread)


def _sound(case: Case, rules: ProcessRules) -> bool:
    return sound(case, rules.processes.of(case.instrument), rules.zone)


def _altered(site: Site, store: Store) -> int:
    """Events, of all cases, that do not fit the ledger: written and not told to it, or told to it and not there.

    Commitments to nothing are known by the site's key. Those of before that key was drawn are not, so what stands
    before the first that is known is not asked for.
    """
    kept = store.disclosures
    before = set(kept.commitments())
    told = _told(site, store)
    there = before.union(kept.commitments())  # one that was written down meanwhile
    first = next((n for n, one in enumerate(told) if kept.tells_of_nothing(one)), len(told))
    lost = {one for one in told[first:] if one not in there and not kept.tells_of_nothing(one)}
    return len(before.difference(told)) + len(lost)


def _told(site: Site, store: Store) -> list[str]:
    """Every commitment that is owed to the ledger, or stands in it: those that stand first."""
    standing, waiting = all_entries(site, store)
    return [
        str(decode_leaf(entry).fields.get("commitment", ""))
        for entry in (*standing, *waiting)
        if b'"kind":"disclosure"' in entry
    ]
