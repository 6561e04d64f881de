"""Backups on a screen: per repository how many copies there are, how old, and which are past their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from carrel.cli.at_site import now
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.errors import CarrelError, Exit
from carrel.retention.backup_expiry import backup_rule, expires_at, overdue
from carrel.systems import policy_files
from carrel.systems.backups.around import findings
from carrel.systems.backups.repository import listings

if TYPE_CHECKING:
    from carrel.inventory.backup import Backup
    from carrel.inventory.site import Site
    from carrel.policy.schedule import RecordRule
    from carrel.retention.backup_expiry import Listing


@dataclass(frozen=True)
class Seen:
    """One repository as it was listed a moment ago, or what kept it from being listed."""

    backup: Backup
    listing: Listing | None
    findings: list[str]
    error: CarrelError | None = None


def look(site: Site, rule: RecordRule | None, at: datetime) -> list[Seen]:
    """Every backup of the site file."""
    return [
        Seen(one, None, [], listing)
        if isinstance(listing, CarrelError)
        else Seen(one, listing, findings(one, listing, rule, at))
        for one, listing in listings(site.backups, site.folder)
    ]


def tell_all(site: Site, *, as_json: bool) -> int:
    """Show every backup of the site file; the exit code."""
    at = now()
    rule = backup_rule(policy_files.load(site.policy))
    seen = look(site, rule, at)
    told = [line for one in seen for line in one.findings]
    wrong = [fault for one in seen if one.error is not None for fault in one.error.faults]
    if as_json:
        errors = {"errors": [one.as_dict() for one in wrong]} if wrong else {}
        put_json({"backups": [_as_dict(one, rule, at) for one in seen], "findings": told, **errors})
    else:
        _show(seen, rule, at)
        for line in told:
            put_line(line, "  - ")
        if any(one.listing is not None and one.listing.snapshots for one in seen):
            put_line("Only the tools' own lists were read: whether a copy can be restored, they do not tell.")
        if rule is None:
            put_line("The policy says no period for backups, so none is past its time: see docs/backups.md.")
        if wrong:
            raise CarrelError(tuple(wrong))
    if wrong:
        return int(CarrelError(tuple(wrong)).exit)
    return int(Exit.FINDINGS if told else Exit.DONE)


def _as_dict(one: Seen, rule: RecordRule | None, at: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {"name": one.backup.name, "tool": str(one.backup.tool), "systems": list(one.backup.systems)}
    if one.listing is None:
        return {**told, "copies": None}
    late = set() if rule is None else set(overdue(one.listing, rule, at))
    copies = [
        {
            "id": copy.id,
            "made_at": copy.made_at.isoformat(),
            "expires_at": until.isoformat() if rule and (until := expires_at(rule, copy.made_at, at)) else None,
            "past_its_time": copy in late,
            "built_on": list(copy.on),
        }
        for copy in one.listing.snapshots
    ]
    return {
        **told,
        "copies": copies,
        "half_written": one.listing.damaged,
        "half_removed": one.listing.leaving,
        "unusable": list(one.listing.spoiled),
    }


def _nothing(one: Seen) -> str:
    broken = one.listing is not None and (one.listing.damaged or one.listing.leaving)
    return "none whole" if broken else "nothing in it"


def _show(seen: list[Seen], rule: RecordRule | None, at: datetime) -> None:
    if not seen:
        say("The site file declares no backups: see docs/backups.md.")
        return
    rows = []
    for one in seen:
        if one.listing is None or not one.listing.snapshots:
            why = _nothing(one) if one.error is None else one.error.code
            rows.append((one.backup.name, str(one.backup.tool), why, "", "", ""))
            continue
        copies = one.listing.snapshots
        late = "" if rule is None else number(len(overdue(one.listing, rule, at)))
        first, last = (f"{copy.made_at:%Y-%m-%d %H:%M}" for copy in (copies[0], copies[-1]))
        rows.append((one.backup.name, str(one.backup.tool), number(len(copies)), first, last, late))
    heads = ("backup", "tool", "copies", "oldest (UTC)", "newest (UTC)", "past their time")
    put_table("Backups, as their tools list them", heads, rows, right=(2, 5))
