"""Everything around the tables of one system of a site: its server, the folders of dumps, the backups."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from carrel.accountability.surroundings import Surroundings, joined
from carrel.inventory.site import Site, System
from carrel.policy.resolve import Policy
from carrel.systems.backups.around import backups
from carrel.systems.check import Check, State, finding, ok
from carrel.systems.dump_files import dumps
from carrel.systems.sql import residue

_FIX = "carrel audit names each place, until when it holds old values, and what ends it"


def read(connection: Connection, site: Site, system: System, policy: Policy, now: datetime) -> Surroundings:
    """What holds what a cut made now would take out of the tables.

    Args:
        connection: any session of the system; nothing is changed.
        site: whose file declares the backups.
        system: of the site.
        policy: in force; its rule for backups judges dumps and backups.
        now: aware time.
    """
    around = residue.around(connection, now)
    return joined((around, dumps(system.dumps, policy, now), backups(site, system, policy, now)))


def surroundings_check(found: Surroundings) -> Check:
    """What was read, as one line of ``carrel check``.

    Guarantees:
        Never OK while a place has no end, something is overdue, or something could not be looked at.
    """
    name = "around tables"
    said = []
    if found.until is not None:
        said.append(f"old values in logs until {found.until:%Y-%m-%d}")
    if endless := found.endless:
        said.append(f"no date for {_names([one.name for one in endless])}")
    said.extend(found.overdue)
    if found.unseen:
        said.append(f"not seen: {_names([one.name for one in found.unseen])}")
    detail = "; ".join(said) or "only pages that the server reuses by itself hold old values"
    if endless or found.overdue:
        return finding(name, detail, _FIX)
    if found.unseen:
        return Check(name, State.UNKNOWN, detail, "carrel audit names the right that would show each")
    return ok(name, detail)


def _names(names: list[str]) -> str:
    return ", ".join(names)
