"""The expiry of backups: planned by ids, approved, carried out by their own tool, read back, and told to the ledger."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from carrel import __version__
from carrel.amount import amount
from carrel.cli import plan_file, record
from carrel.cli.at_site import allowed, now
from carrel.cli.expiry_course import NARROW, OVER, course, has_narrow, leaf, refuse_kept
from carrel.cli.host_account import said_name
from carrel.cli.replay_entries import forget_expired
from carrel.cli.screen import put_json, put_line, put_table, say, tell_written
from carrel.cli.store_place import open_store
from carrel.errors import fault
from carrel.inventory.site import May
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.backup_expiry import backup_rule, expiring, waiting
from carrel.retention.backup_plan import BackupPlan, left_to_expire, refuse_damaged, refuse_left
from carrel.retention.plan import Basis
from carrel.store.sealed_cases import DONE
from carrel.systems import policy_files
from carrel.systems.backups.repository import backup_of, besides, examine, repository

_BASE = "only such as are the base of newer ones"

if TYPE_CHECKING:
    from carrel.inventory.backup import Backup
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.policy.schedule import RecordRule
    from carrel.retention.backup_expiry import Listing, Snapshot
    from carrel.store.store import Store


def make(site: Site, name: str | None, out: Path | None, by: str | None, *, read: bool, as_json: bool) -> None:
    """Plan an expiry, record it, write it and show it.

    Raises:
        CarrelError: BAK-001 to BAK-005 and BAK-007 to BAK-009, BAK-011, BAK-013.
    """
    planner = allowed(site, said_name(by), May.PLAN).name
    backup, policy, at = backup_of(site, name), policy_files.load(site.policy), now()
    rule = _rule(policy)
    with open_store(site) as store:
        refuse_kept(store, backup.systems, at, faults.BACKUPS_KEPT, f"backup {backup.name}")
        source = repository(backup, site.folder)
        listing = source.listing()
        refuse_damaged(f"backup {backup.name}", listing)
        goes, under = expiring(listing, rule, at), len(waiting(listing, rule, at))
        if not goes or listing.newest is None:
            raise fault(
                faults.NOTHING_EXPIRES,
                at=f"backup {backup.name}",
                wanted="a copy past its time, and a newer one that stays",
                found="none in it" if not listing.snapshots else _BASE if under else "none",
                fix="look at `carrel backup list`",
            )
        looked = examine(source, _staying(listing, goes), read=read)
        narrow = has_narrow(store, backup.systems, at)
        made = BackupPlan(
            backup=backup.name,
            tool=str(backup.tool),
            policy=policy.name,
            rule=rule.id,
            made_at=at,
            made_by=planner,
            basis=basis_of(backup, policy),
            goes=goes,
            newest=listing.newest.id,
            stays=len(listing.snapshots) - len(goes),
            notices=(
                "nothing brings a deleted backup back",
                looked,
                *besides(source, goes),
                *([_under(under)] if under else []),
                *([_half_removed(listing.leaving)] if listing.leaving else []),
                *([NARROW] if narrow else []),
            ),
        )
        store.backup_expiries.record(made, at)
        target = plan_file.write(made, out or Path("backup-plan.json"))
    if as_json:
        put_json({"plan": made.as_dict(), "file": str(target)})
        return
    show(made)
    tell_written(target)


def _staying(listing: Listing, goes: tuple[Snapshot, ...]) -> tuple[Snapshot, ...]:
    gone = {one.id for one in goes}
    return tuple(one for one in listing.snapshots if one.id not in gone)


def _under(copies: int) -> str:
    return amount(
        copies,
        "copy that is past its time stays: newer ones are built on it",
        "copies that are past their time stay: newer ones are built on them",
    )


def _half_removed(copies: int) -> str:
    return f"{amount(copies, 'copy that is', 'copies that are')} half removed is taken away with them"


def basis_of(backup: Backup, policy: Policy) -> Basis:
    """What a plan is computed from: the policy, and which repository the entry of the site file speaks of."""
    entry = [backup.name, str(backup.tool), backup.place, backup.only, list(backup.files)]
    digest = hashlib.sha256(json.dumps(entry).encode()).hexdigest()
    return Basis(policy.digest, digest, "", str(backup.tool), __version__)


def show(plan: BackupPlan) -> None:
    """The plan as a person reads it."""
    say(f"backup {plan.backup} ({plan.tool}): expire what is past its time by rule '{plan.rule}' of {plan.policy}")
    rows = [(one.id[:48], f"{one.made_at:%Y-%m-%d %H:%M}") for one in plan.goes]
    total = len(plan.goes) + plan.stays
    put_table(f"Goes, {len(plan.goes)} of {amount(total, 'copy', 'copies')}", ("id", "made (UTC)"), rows)
    for notice in plan.notices:
        put_line(notice, "note: ")


def carry_out(site: Site, place: Path, *, read: bool, as_json: bool) -> None:
    """Carry out an approved expiry, or go on with it.

    Raises:
        CarrelError: APR-001, APR-007, APR-008, the BAK codes, RUN-001 and RUN-003.
    """
    with open_store(site) as store:
        plan = plan_file.read_backup(store, place)
        over = store.backup_expiries.state(plan.digest) == DONE
        if not over:
            _expire(site, store, plan, read=read)
        for system in site.originals:
            if system.name in backup_of(site, plan.backup).systems:
                forget_expired(site, store, system)
        receipt = record.deliver(site, store, now())
    told = {
        "backup": plan.backup,
        "plan": plan.digest,
        "deleted": [one.id for one in plan.goes],
        "outcome": OVER if over else "verified",
        "ledger": receipt.as_dict(),
    }
    if as_json:
        put_json({"expiry": told})
        return
    gone = amount(len(plan.goes), "copy is gone", "copies are gone")
    if over:
        say(f"backup {plan.backup}: this plan was carried out before ({gone}, by the list read then).")
        put_line("Now nothing was read.")
    else:
        there = f"those that were to stay ({plan.stays}) are in it"
        say(f"backup {plan.backup}: {gone}, by the list read afterwards; {there}.")
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")


def _expire(site: Site, store: Store, plan: BackupPlan, *, read: bool) -> None:
    backup, policy = backup_of(site, plan.backup), policy_files.load(site.policy)
    rule, basis = _rule(policy), basis_of(backup, policy)
    refuse_other_place(plan, basis)

    def guard() -> None:
        refuse_kept(store, backup.systems, now(), faults.BACKUPS_KEPT, f"backup {backup.name}")

    with course(site, store, plan, Kind.BACKUPS, store.backup_expiries, basis, guard) as under:
        source = repository(backup, site.folder)
        before = source.listing()
        refuse_damaged(f"backup {backup.name}", before)
        left = left_to_expire(plan, before, rule, now())
        examine(source, _staying(before, plan.goes), under.beat, read=read)
        again = under.begin()
        under.beat()
        if left or again:
            source.expire(left, under.beat, again=again)
        refuse_left(plan, before, source.listing())
        copies = {"copies": len(plan.goes), "left": plan.stays}
        end = now()
        under.cases.finish(plan.digest, len(plan.goes), end, lambda began: [leaf(plan, plan.backup, began, **copies)])


def refuse_other_place(plan: BackupPlan, basis: Basis) -> None:
    """Refuse a plan where the site file's entry speaks of another place by now.

    Raises:
        CarrelError: BAK-006.
    """
    if plan.basis.map_digest != basis.map_digest:
        raise fault(
            faults.OTHER_BACKUPS,
            at=f"backup {plan.backup}",
            wanted="the entry of the site file as it was planned with",
            found="another place, tool or choice",
            fix="`carrel backup plan`, and have the new plan approved",
        )


def _rule(policy: Policy) -> RecordRule:
    rule = backup_rule(policy)
    if rule is None:
        raise fault(
            faults.NO_PERIOD,
            at=f"policy {policy.name}",
            wanted="a rule for backups that is 'active until: made'",
            found="none",
            fix="write under 'records: backups: retention:' such as "
            "'- {id: copies, active until: made, keep: 30 days, then: delete}'",
        )
    return rule
