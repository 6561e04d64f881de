"""``carrel approve`` of a plan that deletes what lies outside the databases: backups, messages, files, rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from carrel.cli import backup_expiry, clearing, plan_file
from carrel.cli.approve import PLAN_TERM, confirm, record
from carrel.cli.at_site import end_of, named, now
from carrel.cli.screen import at_site, put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.retention.approval import Kind
from carrel.retention.backup_plan import BackupPlan
from carrel.retention.erasure_approval import of_erasure
from carrel.retention.signed_approval import may_approve
from carrel.retention.staleness import MAX_AGE, refuse_stale
from carrel.store.key_file import read_passphrase, read_signer
from carrel.systems import outside, policy_files
from carrel.systems.backups.repository import backup_of

if TYPE_CHECKING:
    from carrel.cli.erasure_approve import Asked
    from carrel.cli.expiry_course import OutsidePlan
    from carrel.inventory.site import Site
    from carrel.retention.plan import Basis


def approve(asked: Asked, *, yes: bool, as_json: bool) -> None:
    """Show what would go, ask, sign and keep the approval.

    Raises:
        CarrelError: of the APR codes; BAK-011 or CLR-006, the site file does not name it any more.
    """
    site = asked.site
    with open_store(site) as store:
        plan = plan_file.read_outside(store, asked.place)
        person = may_approve(named(site, asked.name), plan.made_by, site.people)
        refuse_stale(plan, _basis(site, plan), now(), MAX_AGE)
        signer = read_signer(asked.key_file, read_passphrase(asked.passphrase_file))
        kind = Kind.BACKUPS if isinstance(plan, BackupPlan) else plan.kind
        if not as_json:
            say(f"You are asked to approve this {kind}, planned by {plan.made_by}.")
            _show(plan)
        confirm(yes=yes)
        moment = now()
        end = moment + PLAN_TERM
        if asked.until is not None:
            end = end_of(asked.until.date(), _zone(site, plan))
        signed = record(store, site, of_erasure(plan, person, moment, end, kind), signer)
    if as_json:
        put_json({"plan": plan.digest, "approvals": [signed], "still_needed": []})
    else:
        say(f"signed: {signed['kind']}, {plan.system}, until {signed['expires_at']}")
        verb = plan_file.outside_verb(asked.place)
        put_line(f"Next: `carrel {verb} apply {asked.place}{at_site()}`", hang=2)


def _basis(site: Site, plan: OutsidePlan) -> Basis:
    policy = policy_files.load(site.policy)
    if isinstance(plan, BackupPlan):
        return backup_expiry.basis_of(backup_of(site, plan.backup), policy)
    return clearing.basis_of(outside.holder_of(site, plan.kind, plan.holder), policy)


def _show(plan: OutsidePlan) -> None:
    if isinstance(plan, BackupPlan):
        backup_expiry.show(plan)
    else:
        clearing.show(plan)


def _zone(site: Site, plan: OutsidePlan) -> ZoneInfo:
    """Where the day of an approval ends: in the zone of the first system that it touches, or of the site."""
    touched = backup_of(site, plan.backup).systems if isinstance(plan, BackupPlan) else None
    zones = [one.time_zone for one in site.systems if touched is None or one.name in touched]
    return ZoneInfo(zones[0] if zones else "UTC")
