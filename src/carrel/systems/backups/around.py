"""Backups as places around the tables: what stands in them, and until when."""

from __future__ import annotations

from datetime import datetime

from carrel.accountability.surroundings import Nothing, Place, Surroundings, Unseen
from carrel.amount import amount
from carrel.errors import CarrelError
from carrel.inventory.backup import Backup, Tool
from carrel.inventory.site import Site, System
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordRule
from carrel.retention.backup_expiry import JOB, Listing, backup_rule, expires_at, overdue, waiting
from carrel.systems.backups.repository import listings

_AHEAD = JOB


def backups(site: Site, system: System, policy: Policy, now: datetime) -> Surroundings:
    """Every declared backup that holds a system's data, as its tool lists it now.

    A backup that was made before a cut holds what the cut took out, until it is expired.

    Args:
        site: whose file declares them.
        system: of the site.
        policy: its rule for backups, if it has one, says how old one may be.
        now: aware time.

    Guarantees:
        What cannot be listed is among the unseen. Only reads.
    """
    places: list[Place] = []
    unseen: list[Unseen] = []
    late: list[str] = []
    empty: list[Nothing] = []
    rule = backup_rule(policy)
    for one, listing in listings(site.backups_of(system), site.folder):
        name = place_name(one)
        if isinstance(listing, CarrelError):
            first = listing.faults[0]
            unseen.append(Unseen(name, f"{first.condition.code}: {first.condition.title}", first.fix))
            continue
        late.extend(findings(one, listing, rule, now))
        if listing.snapshots:
            places.append(_place(name, one, listing, rule, now))
        elif not listing.damaged and not listing.leaving:
            # A folder that is empty can be a disk that is not mounted; a repository that opens is there.
            empty.append(Nothing(name, "none", proved=not one.tool.is_folder))
    return Surroundings(tuple(places), tuple(unseen), tuple(late), tuple(empty))


def place_name(backup: Backup) -> str:
    """How a residue calls it."""
    return f"backup {backup.name}"


def findings(backup: Backup, listing: Listing, rule: RecordRule | None, now: datetime) -> list[str]:
    """What is wrong with the backups of one repository, in words with counts."""
    name, found = place_name(backup), []
    if rule is not None and (late := overdue(listing, rule, now - JOB)):
        told = amount(len(late), "copy is", "copies are")
        under = len(waiting(listing, rule, now - JOB))
        found.append(
            f"{name}: {told} older than the policy allows (rule '{rule.id}'), the oldest of {late[0].made_at:%Y-%m-%d}"
            + (f"; {amount(under, 'is', 'are')} the base of newer ones" if under else "")
        )
    if listing.damaged:
        told = amount(listing.damaged, "copy is", "copies are")
        found.append(f"{name}: {told} half-written or cannot be read{listing.which}")
    if listing.leaving:
        found.append(f"{name}: {amount(listing.leaving, 'copy is', 'copies are')} half removed")
    if ahead := sum(one.made_at > now + _AHEAD for one in listing.snapshots):
        found.append(f"{name}: {amount(ahead, 'copy bears', 'copies bear')} a time in the future")
    return found


def _place(name: str, backup: Backup, listing: Listing, rule: RecordRule | None, now: datetime) -> Place:
    oldest, newest = listing.snapshots[0].made_at, listing.snapshots[-1].made_at
    until = None if rule is None or listing.reach is None else expires_at(rule, newest + listing.reach, now)
    broken = listing.damaged or listing.leaving or (rule is not None and overdue(listing, rule, now - JOB))
    return Place(
        name,
        None if until is None or broken else until + JOB,
        "`carrel backup plan` expires what is past its time; the newest stays until a newer one is there",
        holds="the whole database as it was when each was made",
        read="names, sizes and times" if backup.tool is Tool.DUMPS else f"the list of {backup.tool}",
        figures={
            "copies": len(listing.snapshots),
            "oldest": f"{oldest:%Y-%m-%d}",
            "newest": f"{newest:%Y-%m-%d}",
        },
    )
