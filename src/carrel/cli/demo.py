"""``carrel demo``: the whole loop on an invented library, in a folder of its own, told in words a librarian uses."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.demo_library import APPROVER, PLANNER, PORT, build_site, clear
from carrel.cli.demo_summary import audited, show
from carrel.cli.option_values import ANY_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.cli.night import Report
    from carrel.cli.premises import Premises
    from carrel.ledger.note import Signer
    from carrel.retention.plan import Plan


@click.command(epilog="Example: carrel demo --policy worcester")
@click.option(
    "--folder",
    type=ANY_FOLDER,
    default=Path("carrel-demo"),
    show_default=True,
    help="Where it is built; a folder that an earlier demo made is built anew.",
)
@click.option("--policy", default="mit-libraries", show_default=True, help="One of the policies that ship with Carrel.")
@click.option(
    "--size", type=click.Choice(["tiny", "demo"]), default="demo", show_default=True, help="200 or 5,000 patrons."
)
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(1, 65535),
    help="Of its pages; where somebody listens there, another one that is free.",
)  # fmt: skip
@click.option("--no-serve", is_flag=True, help="End after the summary, as with --json; else its pages are served.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def demo(folder: Path, policy: str, size: str, port: int, no_serve: bool, as_json: bool) -> int:
    """The whole loop on an invented library, in a folder of its own.

    Builds a Koha-shaped SQLite database with the dirt of real data, then plans, approves as a second person, applies in
    stages, verifies, sweeps and audits, and serves the pages for patrons. Nobody in it exists, and nothing outside the
    folder is touched.
    """
    from carrel.cli import premises
    from carrel.cli.apply import exit_code
    from carrel.cli.check import looked_at
    from carrel.cli.serving import free_port, serve_pages

    began = time.monotonic()
    clear(folder)
    tell = (lambda _: None) if as_json else say
    tell(f"Building a sample library in {folder} …")
    port = free_port(port)
    key, card, password = build_site(folder, policy, size, port)
    with premises.enter(folder, None, read_only=True) as here:
        tell(f"Policy {policy}: {_promise(here)}")
        points = [one for one in looked_at(here) if one.is_open]
        tell(
            f"Checking: {amount(len(points), 'point is', 'points are')} open, among them {points[-1].detail}."
            if points
            else "Checking: all well."
        )
        tell("Planning: counting what is due, what is kept and why. Nothing is changed.")
        plan = _plan(here, folder)
    tell(f"{APPROVER} approves {PLANNER}'s plan, and waives the rehearsal, since this library is invented.")
    with premises.enter(folder, None, read_only=False) as here:
        _approve(here, plan, key)
        reports: list[Report] = []
        while not reports or not reports[-1].complete:
            reports.append(_stage(here, plan, tell))
            if exit_code(reports[-1]):
                break
    page, figures, remaining = audited(folder, plan, reports, time.monotonic() - began)
    if as_json:
        from carrel.cli import screen

        screen.put_json(
            {"demo": figures, "page": str(page), "pages": {"port": port, "card": card, "password": password}}
        )
    else:
        show(plan, reports, figures, remaining, page, folder)
    if no_serve and not as_json:
        say(f"The pages: carrel serve --site {shlex.quote(str(folder))} --port {port}")
        say(f"  card {card}, password {password}")
    if not (as_json or no_serve or exit_code(reports[-1])):
        serve_pages(
            folder, "127.0.0.1", port, (),
            lambda address: say(
                f"\nThe pages: {address}/en/sign-in (Ctrl-C to stop)\n  card {card}, password {password}"
            ),
        )  # fmt: skip
    return exit_code(reports[-1])


def _promise(here: Premises) -> str:
    parts = [
        f"{rule.applies} loans are parted from their reader {rule.periods[-1].keep} after they are "
        + " and ".join(sorted(event.value for event in rule.active_until))
        for rule in here.schedule.rules
    ]
    return "; ".join(parts) + "."


def _plan(here: Premises, folder: Path) -> Plan:
    from carrel.cli import plan as verb
    from carrel.cli import plan_file
    from carrel.cli.premises import now

    made, _ = verb.make(here, now(), PLANNER)
    here.store.plans.record(made, now())
    plan_file.write(made, folder / "plan.json")
    return made


def _approve(here: Premises, plan: Plan, key: Signer) -> None:
    from datetime import timedelta

    from carrel.cli.premises import now
    from carrel.retention.approval import of_plan
    from carrel.retention.signed_approval import sign, verify

    person = next(one for one in here.site.people if one.name == APPROVER)
    for waiver in (None, "an invented library"):
        at = now()
        approval = of_plan(plan, person, at, at + timedelta(hours=24), waive_rehearsal=waiver)
        note = sign(approval, key)
        verify(note, here.site.people, at)
        here.store.approvals.record(
            kind=approval.kind,
            system=plan.system,
            person=person.name,
            plan_digest=plan.digest,
            policy_digest=plan.basis.policy_digest,
            map_digest=plan.basis.map_digest,
            note=note,
            signed_at=approval.signed_at,
            expires_at=approval.expires_at,
            now=at,
        )


def _stage(here: Premises, plan: Plan, tell: object) -> Report:
    from carrel.cli import night, record
    from carrel.cli.premises import now
    from carrel.cli.screen import number

    report = night.run_plan(here, plan)
    record.deliver(here.site, here.store, now())
    if callable(tell):
        tell(
            f"Applied, stage “{report.stage.value}”: {amount(report.tally.loans, 'loan')} cut and read back; "
            f"sweep of {amount(report.sweep.pairs, 'loan')}: {number(report.hits)} led back."
        )
    return report
