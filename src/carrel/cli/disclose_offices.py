"""Who stands in for whom, and who is away."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from carrel.cli.at_site import end_of, named, now, open_site
from carrel.cli.disclose_rules import people_of, process_rules, viewer_of
from carrel.cli.screen import put_json, say
from carrel.cli.store_place import open_store
from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.process import Office


def delegate_one(
    *, office: str, other: str, until: datetime | None, revoke: bool, name: str, site_path: Path, as_json: bool
) -> None:
    """Name an alternate, or take it back.

    Raises:
        CarrelError: DSC-003, DSC-010.
    """
    turn = Turn.REVOKED if revoke else Turn.DELEGATED
    _write(turn, office, name, other, until, name=name, site_path=site_path, as_json=as_json)


def absent_one(
    *, office: str, holder: str | None, until: datetime | None, over: bool, name: str, site_path: Path, as_json: bool
) -> None:
    """Record that somebody is away, or back.

    Raises:
        CarrelError: DSC-003, DSC-011.
    """
    turn = Turn.RETURNED if over else Turn.ABSENT
    _write(turn, office, holder or name, "", until, name=name, site_path=site_path, as_json=as_json)


def _write(
    turn: Turn,
    office: str,
    holder: str,
    alternate: str,
    until: datetime | None,
    *,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    site = open_site(site_path)
    rules = process_rules(site)
    for one in filter(None, (holder, alternate)):
        named(site, one)  # a name that looks like another's is refused
    with open_store(site) as store:
        viewer, at = viewer_of(site, store, rules, name), now()
        ends = None if until is None else end_of(until.date(), rules.zone)
        event = OfficeEvent(turn, Office(office), holder, viewer.person, at, at, ends, alternate, viewer.account)
        store.disclosures.turn(event, people_of(site), rules.processes.alternates)
    if as_json:
        body = {"turn": str(turn), "office": office, "holder": holder, "alternate": alternate or None}
        put_json({"office": body | {"until": None if until is None else until.date().isoformat()}})
    else:
        last = f" until {until.date()}" if until is not None else ""
        say(f"{office}: {holder} {turn}{f' to {alternate}' if alternate else ''}{last}.")
