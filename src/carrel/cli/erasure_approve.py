"""``carrel approve`` of a plan to erase a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from carrel.cli import plan_file
from carrel.cli.approve import PLAN_TERM, confirm, record
from carrel.cli.at_site import end_of, named, now
from carrel.cli.erasure_plan import show
from carrel.cli.screen import at_site, put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.retention.approval import Kind
from carrel.retention.erasure_approval import of_erasure
from carrel.retention.signed_approval import may_approve
from carrel.retention.staleness import refuse_stale
from carrel.store.key_file import read_passphrase, read_signer
from carrel.systems.site_systems import system_of

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.store.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Who signs what: the site, the plan's file, the person's name and key, and the last day, if one was given."""

    site: Site
    place: Path
    name: str
    key_file: Path
    passphrase_file: Path | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Form:
    """How a plan over one person is read and shown, and as what it is signed."""

    kind: Kind
    read: Callable[[Store, Path], Any]
    show: Callable[[Any], None]


ERASURE = Form(Kind.ERASURE, plan_file.read_erasure, show)


def approve(asked: Asked, form: Form = ERASURE, *, yes: bool, as_json: bool) -> None:
    """Show what would be done, ask, sign and keep the approval.

    Raises:
        CarrelError: of the APR codes.
    """
    site = asked.site
    with open_store(site) as store:
        plan = form.read(store, asked.place)
        system = system_of(site, plan.system)
        person = may_approve(named(site, asked.name), plan.made_by, site.people)
        refuse_stale(plan, plan.basis, now(), system.max_plan_age)
        signer = read_signer(asked.key_file, read_passphrase(asked.passphrase_file))
        if not as_json:
            say(f"You are asked to approve this {form.kind}, planned by {plan.made_by}.")
            form.show(plan)
        confirm(yes=yes)
        moment = now()
        end = moment + PLAN_TERM
        if asked.until is not None:
            end = end_of(asked.until.date(), ZoneInfo(system.time_zone))
        signed = record(store, site, of_erasure(plan, person, moment, end, form.kind), signer)
    if as_json:
        put_json({"plan": plan.digest, "approvals": [signed], "still_needed": []})
    else:
        say(f"signed: {signed['kind']} on {plan.system}, until {signed['expires_at']}")
        verb = "replay apply" if form.kind is Kind.REPLAY else "apply"
        put_line(f"Next: `carrel {verb} {asked.place}{at_site()}`", hang=2)
