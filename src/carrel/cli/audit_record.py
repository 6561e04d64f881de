"""What the site's own records tell an audit: runs, nights, the ledger, and how many loans were under hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.accountability.authority import AuthorityFacts
from carrel.accountability.facts import CapsuleFacts, NightFacts
from carrel.accountability.health import Residue
from carrel.accountability.held_loans import HeldCount, next_count
from carrel.cli.authority_told import authority_facts
from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.store.store import Store

HELD = "held-loans-{system}.json"
ENDED_WELL = frozenset({Outcome.VERIFIED, Outcome.RESIDUE, Outcome.KEPT})
_MOST_RUNS = 10_000


def night_facts(site: Site, store: Store, system: str, policies: Sequence[Policy], at: datetime) -> NightFacts:
    """What the store and the ledger say of the nights of one system, under its policies, the site's own first."""
    runs, policy = store.runs.newest(system, _MOST_RUNS), policies[0]
    approved = {one.digest: one.approved for one in policies[1:]}
    altered, early = 0, Counter[str]()
    for digest in {run.plan_digest for run in runs}:
        try:
            plan = store.plans.get(digest)
        except CarrelError:
            altered += 1
            continue
        days = [run.started_at.date() for run in runs if run.plan_digest == digest]
        for line in plan.policies:
            if since := approved.get(line.digest):
                early[line.digest] += sum(day < since for day in days)
    return NightFacts(
        runs=len(runs),
        altered_plans=altered,
        early_runs=sum(run.started_at.date() < policy.approved for run in runs),
        early_under=dict(early),
        last_verified=last_verified(store, system),
        ledger=ledger_state(site),
        capsules=_capsules(site, store, system),
        residues=residues(store, system, at),
        open_joins=store.open_joins.standing(system),
        authority=_authority(site, store),
    )


def _authority(site: Site, store: Store) -> AuthorityFacts:
    """Who may act; where the ledger cannot be read, that alone: the rest of an audit does not wait for it."""
    try:
        return authority_facts(site, store)
    except CarrelError as wrong:
        return AuthorityFacts(unread=f"{wrong.code}: {wrong.faults[0].condition.title}")


def residues(store: Store, system: str, at: datetime) -> tuple[Residue, ...]:
    """What the store knows of places that still keep old values."""
    return tuple(Residue(one.place, one.until, lasting=one.lasting) for one in store.residues.standing(system, at))


def _capsules(site: Site, store: Store, system: str) -> tuple[CapsuleFacts, ...]:
    """The undo capsules of a system: what they hold is cut, and not yet disposed of."""
    from carrel.cli.capsules import folder_of

    loans = {run.id: run.loans for run in store.runs.newest(system, _MOST_RUNS)}
    here = [one for one in folder_of(site).capsules() if one.system == system]
    return tuple(CapsuleFacts(loans.get(one.run), one.expires) for one in here)


def last_verified(store: Store, system: str) -> datetime | None:
    """When the last night ended that was read back and found without rest; None before the first."""
    nights = store.nights.newest(system, limit=400)
    return next((night.finished_at for night in nights if night.outcome in ENDED_WELL), None)


def ledger_state(site: Site) -> str:
    """``none``, ``verified``, or the code of the fault that checking the whole ledger gave.

    It is checked with the public key beside the private one, and against every outside copy that can be read here.
    """
    from carrel.cli.record import key_place, ledger_folder
    from carrel.store.key_file import public_file, read_verifier
    from carrel.store.outside_copy import outside_copies

    folder = ledger_folder(site)
    if not folder.is_begun:
        return "none"
    try:
        known = [
            path.read_text(encoding="utf-8")
            for copy in site.outside_copies
            if copy.folder is not None
            for path in outside_copies(copy.folder)
        ]
        folder.verify(read_verifier(str(public_file(key_place(site)))), known)
    except CarrelError as wrong:
        return wrong.code
    except (OSError, UnicodeDecodeError):
        return "unreadable outside copy"
    return "verified"


def checkpoint_text(site: Site) -> str:
    """The signed checkpoint, or nothing where there is no ledger yet."""
    from carrel.cli.record import ledger_folder

    folder = ledger_folder(site)
    return folder.checkpoint_text() if folder.is_begun else ""


def held_count(site: Site, system: str) -> HeldCount | None:
    """The last count of the loans under hold; None before the first, or where its file cannot be read."""
    try:
        return HeldCount.from_dict(json.loads(_held_file(site, system).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def keep_count(site: Site, system: str, now: HeldCount) -> None:
    """Keep a count for the next audit; a loss stays on record while its holds are in force."""
    from carrel.systems.durable_file import replace_file

    kept = next_count(held_count(site, system), now)
    replace_file(_held_file(site, system), json.dumps(kept.as_dict(), indent=1) + "\n")


def _held_file(site: Site, system: str) -> Path:
    return site.folder / HELD.format(system=system)
