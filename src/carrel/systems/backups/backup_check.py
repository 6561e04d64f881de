"""Checks of ``carrel doctor`` over backups: the tool is there, the repository opens, no copy is past its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.retention.backup_expiry import backup_rule
from carrel.systems.backups.around import findings, place_name
from carrel.systems.backups.repository import listings
from carrel.systems.check import Check, State, finding, ok


def backup_checks(site: Site, policy: Policy, at: datetime) -> Iterator[Check]:
    """How each declared backup stands. A repository that cannot be listed stands in the way of no run."""
    rule = backup_rule(policy)
    for one, listing in listings(site.backups, site.folder):
        name = place_name(one)
        if isinstance(listing, CarrelError):
            first = listing.faults[0]
            parts = [first.condition.code, first.condition.title, first.found]
            yield Check(name, State.UNKNOWN, ": ".join(filter(None, parts)), first.fix)
            continue
        told = [line.removeprefix(f"{name}: ") for line in findings(one, listing, rule, at)]
        if told:
            yield finding(name, "; ".join(told), "carrel backup list shows each copy; carrel backup plan expires them")
        elif rule is None and listing.snapshots:
            fix = "write a rule under 'records: backups: retention:' of the policy: docs/backups.md"
            yield finding(name, "the policy says no period for backups, so none ever goes", fix)
        else:
            yield ok(name, f"{amount(len(listing.snapshots), 'copy', 'copies')}, none past its time")
