"""``carrel custodian accept``: the custodian looks at a library's request and takes it in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import allowed, as_option, json_option, now, open_site, site_option
from carrel.cli.option_values import FILE
from carrel.cli.screen import at_site, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.accountability.plan_request import PlanRequest
    from carrel.inventory.custodian import Custodian
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy


@click.command(epilog='Example: carrel custodian accept request.note --as "Ada Example"')
@click.argument("place", metavar="REQUEST", type=FILE)
@site_option
@as_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def accept(place: Path, site_path: Path, name: str, yes: bool, as_json: bool) -> None:
    """As the custodian, look at a request and put it in force.

    It must be signed by the library that the site file has registered, be for this custodian, in time, newer than the
    one in force, and at least as strict as `at_least:`. Its policy becomes the policy of this site, in
    custodian/policy.yaml. From then on every plan bears the request's digest, and what is not in it is refused. Needs
    `may: approve`.
    """
    from carrel.accountability.plan_request import open_request, refuse_out_of_force, refuse_superseded
    from carrel.cli.custodian_request import as_dict
    from carrel.cli.custody_record import custodian_of, parties_of, settle
    from carrel.inventory.site import May
    from carrel.ledger.note import LONGEST_NOTE
    from carrel.store.custodian_folder import CustodianFolder, read_file
    from carrel.systems import policy_files

    site = open_site(site_path)
    said = custodian_of(site, "host")
    allowed(site, name, May.APPROVE)
    note = read_file(place, 4 * LONGEST_NOTE).decode("utf-8", errors="replace")
    request = open_request(note, parties_of(said))
    at = now()
    refuse_out_of_force(request, at)
    policy = policy_files.of_text(request.policy_text, f"the policy in {place.name}")
    require_fit(request, policy, said)
    require_place(site, request, policy)
    folder = CustodianFolder(site.folder)
    with open_store(site) as store, folder.alone():
        before = folder.current()
        in_force = None if before is None else open_request(before, parties_of(said))
        refuse_superseded(request, in_force, list(folder.accepted()))
        if not as_json:
            _show(request, policy)
        _confirm(yes=yes)
        if in_force is not None and before is not None:
            folder.keep({f"accepted/{in_force.digest}.note": before})
        folder.accept(request.digest, note, request.policy_text)
        settle(site, store, at)
    if as_json:
        put_json({"request": as_dict(request), "policy_file": str(folder.path / "policy.yaml")})
        return
    say(f"Request {request.digest[:16]} is in force until {request.valid_until:%Y-%m-%d}.")
    put_line(f"Next: `carrel plan{at_site()}`. A new policy needs a second person the first time.", hang=2)


def require_place(site: Site, request: PlanRequest, policy: Policy) -> None:
    """Refuse a request that cannot be carried out beside the policies of other units.

    Nobody connects to a system for it: whether the units exist, the first plan tells.

    Raises:
        CarrelError: CUS-007 and CUS-008, the lines of the site file do not fit; as `branch_policies.load`.
    """
    from carrel.cli.custodian_gate import require_lines
    from carrel.inventory.site import is_file
    from carrel.store.custodian_folder import FOLDER, POLICY
    from carrel.systems import branch_policies

    here = (site.folder / FOLDER / POLICY).resolve()
    said = {site.policy, *(one.policy for one in site.branches)}
    instead = {one: policy for one in said if is_file(one) and Path(one).resolve() == here}
    for system in site.originals:
        require_lines(site, system, request)
        branch_policies.load(site, system, instead)


def require_fit(request: PlanRequest, policy: Policy, said: Custodian) -> None:
    """Refuse a request whose policy is not what it says, or laxer than the custodian's own.

    Raises:
        CarrelError: CUS-007; CUS-006 with every point.
    """
    from carrel.accountability import faults
    from carrel.accountability.request_scope import refuse_other_policy
    from carrel.errors import CarrelError, Fault
    from carrel.policy.adoption import laxities_in_keeping
    from carrel.systems import policy_files

    refuse_other_policy(request, policy.digest)
    if said.at_least is None:
        return
    own = policy_files.load(said.at_least)
    found = [
        Fault(faults.ASKS_LESS, one.at, one.wanted, one.found, _BECAUSE, fix=_FIX)
        for one in laxities_in_keeping(policy.document, own.document, own.datasets)
    ]
    ruled = policy.record_schedules()
    found += [
        Fault(
            faults.ASKS_LESS,
            wanted=f"a rule for {kind.value}, as {own.name} has",
            found="none",
            because=_BECAUSE,
            fix=_FIX,
        )
        for kind in own.record_schedules()
        if kind not in ruled
    ]
    if found:
        raise CarrelError(tuple(found))


_BECAUSE = "a custodian keeps nothing longer for a library than its own policy allows"
_FIX = "ask the library for a request that is as strict in this point, or agree on another `at_least:`"


def _show(request: PlanRequest, policy: Policy) -> None:
    say(f"{request.library} asks {request.host}, signed by the key that is registered:")
    put_table(
        f"Request {request.digest[:16]}",
        ("", ""),
        [
            ("policy", f"{request.policy}, version {policy.version}, digest {request.policy_digest[:16]}"),
            ("records", ", ".join(request.records)),
            ("branches", ", ".join(request.branches) or "all of this system"),
            ("in force", f"{request.issued_at:%Y-%m-%d %H:%M} to {request.valid_until:%Y-%m-%d %H:%M} UTC"),
            ("periods judged", f"at most {amount(request.as_of_hours, 'hour')} before they are carried out"),
            ("evidence", f"every {amount(request.evidence_days, 'day')}"),
        ],
    )
    rules = [
        ("loans", rule.id, str(rule.periods[-1].keep), rule.disposition.value) for rule in policy.loan_schedule().rules
    ]
    rules += [
        (kind.value, rule.id, str(rule.periods[-1].keep), rule.disposition.value)
        for kind, schedule in policy.record_schedules().items()
        for rule in schedule.rules
    ]
    put_table("What it would have done", ("records", "rule", "kept for", "then"), rules)


def _confirm(*, yes: bool) -> None:
    from carrel.errors import fault
    from carrel.retention import faults

    if not (yes or (sys.stdin.isatty() and click.confirm("Put it in force?", err=True))):
        raise fault(
            faults.NOT_CONFIRMED,
            wanted="a yes",
            found="a no" if sys.stdin.isatty() else "no terminal to ask on",
            fix="look at the request and give --yes",
        )
