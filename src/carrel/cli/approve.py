"""``carrel approve``: a second named person looks at a plan and signs for it."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from carrel.amount import amount
from carrel.cli.at_site import as_option, end_of, json_option, named, now, open_site, site_option
from carrel.cli.option_values import DAY, FILE, FILE_OR_INPUT, WORDS
from carrel.cli.screen import at_site, figure, put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.errors import fault

if TYPE_CHECKING:
    from carrel.cli.erasure_approve import Asked
    from carrel.inventory.site import Person, Site, System
    from carrel.ledger.note import Signer
    from carrel.retention.approval import Approval, Kind
    from carrel.retention.interlock import Need
    from carrel.retention.plan import Plan
    from carrel.store.store import Store

PLAN_TERM = timedelta(hours=24)


@click.command(epilog='Example: carrel approve plan.json --as "Ada Example" --key keys/ada.key')
@click.argument("place", metavar="PLAN", type=FILE)
@as_option
@click.option(
    "--key",
    "key_file",
    required=True,
    type=FILE,
    help="Your private key, as `carrel key new` wrote it.",
)
@click.option(
    "--passphrase-file",
    type=FILE,
    help="File (mode 0600) whose first line opens the private key.",
)
@click.option("--standing", is_flag=True, help="Sign for every ordinary night under this plan's policy and map.")
@click.option("--until", type=DAY, metavar="DATE", help="Last day of the approval.")
@click.option(
    "--waive-rehearsal", type=WORDS, metavar="REASON", help="Let the first run go without a rehearsal on a copy."
)
@click.option(
    "--request",
    type=FILE_OR_INPUT,
    help="Of a correction: the request as you hold it. Its person and values must be those of the plan.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@site_option
@json_option
def approve(
    place: Path,
    name: str,
    key_file: Path,
    passphrase_file: Path | None,
    standing: bool,
    until: datetime | None,
    waive_rehearsal: str | None,
    request: Path | None,
    yes: bool,
    site_path: Path,
    as_json: bool,
) -> None:
    """Approve a plan, or sign a standing approval, as a second person.

    Shows what would be cut and why a person must look, asks, and signs with your key. Whoever made the plan cannot
    approve it. An approval of a plan lasts 24 hours unless --until says otherwise, and seven days at most.

    A plan to correct a record shows no value. With --request it is compared with the request in your hand.
    """
    from carrel.cli import plan_file
    from carrel.retention.interlock import next_step
    from carrel.retention.signed_approval import may_approve
    from carrel.store.key_file import read_passphrase, read_signer
    from carrel.systems.site_systems import system_of

    site = open_site(site_path)
    kind = plan_file.person_kind(place)
    if request is not None:
        from carrel.cli import rectify_plan
        from carrel.retention.approval import Kind

        if kind is not Kind.RECTIFICATION:
            raise click.UsageError("--request goes with a plan to correct a record only.")
        rectify_plan.require_asked(site, place, request)
    if kind is not None or plan_file.is_erasure(place) or plan_file.own_verb(place):
        from carrel.cli.erasure_approve import Asked

        if standing or waive_rehearsal is not None:
            raise click.UsageError(
                "A plan for persons, backups, mail or files has no standing approval and no rehearsal."
            )
        asked = Asked(site, place, name, key_file, passphrase_file, until)
        _named_one_by_one(asked, kind, yes=yes, as_json=as_json)
        return
    with open_store(site) as store:
        plan = plan_file.read(store, place)
        system = system_of(site, plan.system)
        person = may_approve(named(site, name), plan.made_by, site.people)
        _still_good(plan, system, site)
        signer = read_signer(key_file, read_passphrase(passphrase_file))
        needed = _needs(store, site, plan)
        if not as_json:
            _show(plan, needed, standing=standing, waiver=waive_rehearsal)
        confirm(yes=yes)
        end = None if until is None else end_of(until.date(), ZoneInfo(system.time_zone))
        approvals = _approvals(plan, person, site, end, standing=standing, waiver=waive_rehearsal)
        signed = [record(store, site, one, signer) for one in approvals]
        left = _needs(store, site, plan)
    if as_json:
        put_json({"plan": plan.digest, "approvals": signed, "still_needed": [need.line() for need in left]})
        return
    for one in signed:
        say(f"signed: {one['kind']} on {plan.system}, until {one['expires_at']}")
    for need in left:
        put_line(need.line(), "still needed: ")
    if not standing:
        put_line(f"Next: {next_step(left, f'{place}{at_site()}')}", hang=2)


def _named_one_by_one(asked: Asked, kind: Kind | None, *, yes: bool, as_json: bool) -> None:
    """A plan over one person, or over named backups."""
    from carrel.cli import erasure_approve, expiry_approve, person_case, plan_file

    if plan_file.outside_verb(asked.place):
        expiry_approve.approve(asked, yes=yes, as_json=as_json)
        return
    form = erasure_approve.ERASURE if kind is None else person_case.form(kind)
    if plan_file.is_replay(asked.place):
        from carrel.cli.replay_plan import FORM

        form = FORM
    erasure_approve.approve(asked, form, yes=yes, as_json=as_json)


def confirm(*, yes: bool) -> None:
    """Ask whether to sign.

    Raises:
        CarrelError: APR-009, the answer is no, or nobody can be asked.
    """
    from carrel.retention import faults

    if not (yes or (sys.stdin.isatty() and click.confirm("Approve and sign?", err=True))):
        raise fault(
            faults.NOT_CONFIRMED,
            wanted="a yes",
            found="a no" if sys.stdin.isatty() else "no terminal to ask on",
            fix="look at the plan and give --yes",
        )


def _still_good(plan: Plan, system: System, site: Site) -> None:
    from carrel.inventory.office import NIGHT
    from carrel.retention import faults
    from carrel.retention.blockers import of_plan, refuse_blocked
    from carrel.retention.staleness import refuse_stale

    refuse_stale(plan, plan.basis, now(), system.max_plan_age)
    if plan.made_by != NIGHT and site.person(plan.made_by) is None:
        raise fault(
            faults.STALE,
            at=f"plan {plan.digest[:16]}",
            wanted="a plan of somebody in the site file",
            found="a planner who does not stand there",
            because="nobody could tell that the one who approves is another person",
            fix="`carrel plan --as NAME`, and have the new plan approved",
        )
    today = now().astimezone(ZoneInfo(system.time_zone)).date()
    refuse_blocked(f"plan {plan.digest[:16]}", of_plan(plan), today)


def _needs(store: Store, site: Site, plan: Plan) -> tuple[Need, ...]:
    from carrel.retention.clearance import weigh
    from carrel.retention.interlock import needs, unmet

    moment = now()
    history = store.runs.history(plan.system, plan.basis.policy_digest, plan.basis.map_digest)
    notes = [given.note for given in store.approvals.of_system(plan.system)]
    weighed = weigh(plan, notes, site.people, moment)
    return unmet(needs(plan, history, weighed.standing, moment), weighed.cleared)


def _approvals(
    plan: Plan,
    person: Person,
    site: Site,
    end: datetime | None,
    *,
    standing: bool,
    waiver: str | None,
) -> list[Approval]:
    from carrel.retention.approval import of_plan, standing_for

    moment = now()
    if standing:
        longest = site.standing_approval.at_most
        return [standing_for(plan, person, moment, end or moment + longest, longest)]
    made = [of_plan(plan, person, moment, end or moment + PLAN_TERM)]
    if waiver is not None:
        made.append(of_plan(plan, person, moment, end or moment + PLAN_TERM, waive_rehearsal=waiver))
    return made


def record(store: Store, site: Site, approval: Approval, signer: Signer) -> dict[str, str]:
    """Sign an approval, see that it holds, and keep it."""
    from carrel.retention.signed_approval import sign, verify

    note = sign(approval, signer)
    verify(note, site.people, approval.signed_at)  # what is kept is what apply will find to hold
    identity = store.approvals.record(
        kind=approval.kind,
        system=approval.system,
        person=approval.approver,
        plan_digest=approval.plan or None,
        policy_digest=approval.policy_digest,
        map_digest=approval.map_digest,
        note=note,
        signed_at=approval.signed_at,
        expires_at=approval.expires_at,
        now=now(),
    )
    return {"id": identity, "kind": approval.kind, "expires_at": approval.expires_at.isoformat(timespec="minutes")}


def _show(plan: Plan, needed: tuple[Need, ...], *, standing: bool, waiver: str | None) -> None:
    from carrel.cli.plan_screen import need_lines, put_list, put_paths
    from carrel.cli.policy_screen import governing
    from carrel.retention.reasons import by_reason

    what = "every ordinary night like this one" if standing else "this plan"
    under = governing([one.policy for one in plan.policies] or [plan.policy])
    put_line(
        f"You are asked to approve {what}: {under}, on {plan.system}, made by {plan.made_by} at "
        f"{plan.made_at.isoformat(timespec='minutes')}, digest {plan.digest[:16]}."
    )
    put_paths(f"{amount(plan.due, 'loan is', 'loans are')} due", plan)
    for state, count in by_reason({state: rows for state, rows in plan.states.items() if state != "due"}).items():
        say(f"kept: {state}: {figure(count)}" if isinstance(count, int) else f"kept: {state}")
    if plan.cards is not None:
        people = amount(plan.cards.due, "person whose card has lapsed is", "people whose card has lapsed are")
        each = "On every such night whoever is due goes" if standing else "They go"
        put_line(f"{people} due. {each} from every table, and nothing brings them back.")
    put_list("What the desk will notice", plan.notices)
    put_list("Why a person must look", need_lines(needed))
    if waiver is not None:
        put_line(f"and to waive the rehearsal, because: {waiver}")
