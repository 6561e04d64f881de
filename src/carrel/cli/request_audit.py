"""What an audit and a night are told of requests: where each stands, and whether what follows from it was done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carrel.accountability.patron_requests import RequestFacts
from carrel.cli.record import all_entries
from carrel.cli.request_follow import follow_all
from carrel.cli.request_rules import Rules, rules_of
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.ledger.word import slug
from carrel.retention.approval import Kind
from carrel.rights import faults
from carrel.rights.access_leaf import ON_THE_PAGES
from carrel.rights.event import Act
from carrel.rights.request import Right, Route
from carrel.rights.standing import SETTLED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.ledger.leaf import OpenLeaf
    from carrel.rights.request import Request
    from carrel.rights.standing import Standing
    from carrel.store.store import Store

_DONE = frozenset({Act.PLANNED, Act.CARRIED_OUT, Act.TOLD, Act.ANSWERED})
_OF_REQUESTS, _OF_ACCESS = b'"kind":"request"', b'"kind":"access"'
_TOLD_OF = (Kind.ERASURE, Kind.RECTIFICATION, Kind.RESTRICTION)


def request_facts(site: Site, store: Store, system: str, at: datetime) -> RequestFacts | None:
    """What the store tells of the requests about a system, and of those of which nobody knows the system.

    Returns:
        None where there is none. A ledger that cannot be read is told as that, beside what the store knows.
    """
    own = [one for one in store.requests.all() if one.system in {"", system}]
    entries, torn = _all_entries(site, store)
    if not own and not torn and not any(_OF_ACCESS in one for one in entries):
        return None
    try:
        rules = rules_of(site)
    except CarrelError as wrong:
        return RequestFacts(unread=f"{wrong.code}: {wrong.faults[0].condition.title}")
    known = _identity(entries, rules, own, system)
    if not own:
        return replace(known, unread=torn) if known.handed_out or torn else None
    found = [(one, rules.standing(one, at)) for one in own]
    missing, seen, unread = _silence(store, found)
    addresses, gone = store.consents.suppressions.erased()
    return replace(
        known,
        standings=tuple(here for _, here in found),
        before_identity=sum(_before_identity(one) for one in own),
        silence_missing=missing,
        silence_seen=seen,
        addresses_seen=addresses,
        addresses_missing=gone,
        untold=_untold(store, rules, found),
        kept_too_long=store.requests.kept_too_long(at, rules.clocks.kept),
        altered=0 if torn else _altered(entries, store),
        unread=torn or unread,
    )


def after_night(site: Site, store: Store, at: datetime) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Write into requests what the night carried out, forget what is due, and tell what is overdue.

    Returns:
        Codes for the health files, and the ids of what is overdue; None where nobody can tell.
    """
    try:
        rules = rules_of(site)
        follow_all(store, rules)
        store.requests.purge(at, rules.clocks.kept)
        late = tuple(one.id for one in store.requests.all(open_only=True) if rules.standing(one, at).overdue)
    except CarrelError as wrong:
        return (wrong.code,), None
    return ((faults.OVERDUE.code,) if late else ()), late


def _altered(entries: Iterable[bytes], store: Store) -> int:
    """Events that do not fit what the ledger was told, and events that it was told of and that are gone."""
    told = {str(decode_leaf(entry).fields.get("commitment", "")) for entry in entries if _OF_REQUESTS in entry}
    there = set(store.requests.commitments())
    return max(len(there - told), len(told - there))


def _identity(entries: Iterable[bytes], rules: Rules, own: Iterable[Request], system: str) -> RequestFacts:
    """Who was identified by what no policy accepts, since the day from which policies say by what."""
    accepted, since = rules.clocks.identity, rules.clocks.identity_since
    if accepted is None or since is None:
        return RequestFacts()
    said = [
        one.term("how")
        for request in own
        for one in request.events
        if one.act is Act.IDENTIFIED and one.at.astimezone(rules.zone).date() >= since
    ]
    leaves = [decode_leaf(one) for one in entries if _OF_ACCESS in one]
    handed = [
        str(one.fields["identity"])
        for one in leaves
        if slug(system) in _systems(one) and one.at.astimezone(rules.zone).date() >= since
    ]
    words = {slug(one) for one in (*accepted, ON_THE_PAGES)}
    return RequestFacts(
        unaccepted=sum(not rules.clocks.accepts(how) for how in said),
        handed_out=len(handed),
        handed_unaccepted=sum(one not in words for one in handed),
        accepted=tuple(sorted(accepted)),
    )


def _systems(leaf: OpenLeaf) -> list[str]:
    told = leaf.fields["systems"]
    return told if isinstance(told, list) else []


def _all_entries(site: Site, store: Store) -> tuple[tuple[bytes, ...], str]:
    """What is owed to the ledger and stands in it, and why the latter could not be read."""
    standing, waiting = all_entries(site, store)
    try:
        return (*waiting, *standing), ""
    except CarrelError as wrong:
        return waiting, f"{wrong.code}: {wrong.faults[0].condition.title}"


def _before_identity(request: Request) -> bool:
    acts = [one.act for one in request.events]
    until = acts.index(Act.IDENTIFIED) if Act.IDENTIFIED in acts else len(acts)
    return request.right.needs_identity and any(act in _DONE for act in acts[:until])


def _silence(store: Store, found: Iterable[tuple[Request, Standing]]) -> tuple[int, int, str]:
    """How many of the erased are not on the list, how many were looked up, and why others could not be."""
    missing = seen = 0
    unread = ""
    for request, here in found:
        went = any(one.kind == Kind.ERASURE and one.outcome in SETTLED for one in here.cases)
        if request.right is not Right.ERASURE or not went or not request.about_somebody:
            continue
        try:
            whose = store.requests.subject(request.id)
            tags = None if whose is None else store.consents.tags(whose.system)
        except CarrelError as wrong:
            unread = unread or f"{wrong.code}: {wrong.faults[0].condition.title}"
            continue
        if whose is not None:
            tag = None if tags is None else tags.number(whose.number)
            on_list = tag is not None and bool(store.consents.suppressions.among((tag,)))
            seen, missing = seen + 1, missing + (not on_list)
    return missing, seen, unread


def _untold(store: Store, rules: Rules, found: Iterable[tuple[Request, Standing]]) -> int:
    count = 0
    for _, here in found:
        told = {one.to for one in here.tasks if one.kind in {Route.RECIPIENT, Route.VENDOR}}
        for case in here.cases:
            if case.outcome in SETTLED and case.kind in _TOLD_OF:
                count += len(set(rules.told(store, case.kind, case.system)) - told)
    return count
