"""``carrel demo``: the whole loop on an invented library, in a folder of its own, told in words a librarian uses."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import ANY_FOLDER, writing
from carrel.cli.screen import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carrel.accountability.run_report import RunReport
    from carrel.cli.night import Report
    from carrel.cli.premises import Premises
    from carrel.ledger.note import Signer
    from carrel.retention.plan import Plan

MARK = ".made-by-carrel-demo"
SEED = 20_261_122
PLANNER, APPROVER = "Ada", "Grace"
ZONE = "America/New_York"

SITE = """\
library: Sample Town Library
policy: {policy}
systems:
  - name: koha
    map: koha
    dsn_file: koha.dsn
    time_zone: {zone}
    mode: window
people:
  - {{name: {planner}, role: systems librarian, may: [plan, run]}}
  - {{name: {approver}, role: privacy officer, may: [approve], public_key: {key}}}
consumers:
  delete_patrons.pl --not_borrowed_since: not used
"""


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
@click.option("--no-serve", is_flag=True, hidden=True, help="End after the summary; so it does in any case today.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def demo(folder: Path, policy: str, size: str, no_serve: bool, as_json: bool) -> int:
    """The whole loop on an invented library, in a folder of its own.

    Builds a Koha-shaped SQLite database with the dirt of real data, then plans, approves as a second person, applies in
    stages, verifies, sweeps and audits. Nobody in it exists, and nothing outside the folder is touched.
    """
    del no_serve
    from carrel.cli import premises
    from carrel.cli.apply import exit_code
    from carrel.cli.check import looked_at
    from carrel.systems.check import State

    began = time.monotonic()
    _clear(folder)
    tell = (lambda _: None) if as_json else say
    tell(f"Building a sample library in {folder} …")
    key = _build(folder, policy, size)
    with premises.enter(folder, None, read_only=True) as here:
        tell(f"Policy {policy}: {_promise(here)}")
        points = [one for one in looked_at(here) if one.state is not State.OK]
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
    page, figures, remaining = _audit(folder, plan, reports, time.monotonic() - began)
    if as_json:
        from carrel.cli import screen

        screen.put_json({"demo": figures, "page": str(page)})
    else:
        _summary(plan, reports, figures, remaining, page, folder)
    return exit_code(reports[-1])


def _clear(folder: Path) -> None:
    from carrel.errors import fault
    from carrel.retention import faults

    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise fault(
            faults.DEMO_FOLDER,
            at=str(folder),
            wanted="a folder that is empty, or that an earlier demo made",
            found="other files",
            fix="name another folder with --folder",
        )
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    with writing(folder):
        folder.mkdir(parents=True)
        (folder / MARK).touch()


def _build(folder: Path, policy: str, size: str) -> Signer:
    from sqlalchemy import create_engine

    from carrel.cli.premises import now
    from carrel.cli.screen import Progress
    from carrel.ledger.note import Signer
    from carrel.store.key_file import write_key
    from carrel.systems import policy_files
    from carrel.systems.sample import SampleSize, build

    policy_files.require_shipped(policy)
    wanted = SampleSize.named(size)
    progress = Progress("loans", wanted.loans)
    engine = create_engine(f"sqlite:///{folder.absolute() / 'koha.db'}")
    build(engine, wanted, SEED, now(), lambda done, _: progress.at(done))
    engine.dispose()
    progress.done()
    signer = Signer.generate("sample.example/staff/grace", secrets.token_bytes(32))
    write_key(folder / "keys" / "grace.key", signer)
    address = folder / "koha.dsn"
    address.touch(mode=0o600)
    address.write_text(f"sqlite:///{folder.absolute() / 'koha.db'}\n", encoding="utf-8")
    text = SITE.format(policy=policy, zone=ZONE, planner=PLANNER, approver=APPROVER, key=signer.vkey)
    (folder / "carrel.yaml").write_text(text, encoding="utf-8")
    return signer


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


def _audit(
    folder: Path, plan: Plan, reports: list[Report], seconds: float
) -> tuple[Path, dict[str, object], Mapping[str, int]]:
    from carrel.cli import audit, premises
    from carrel.systems.report_files import write_report

    with premises.enter(folder, None, read_only=True) as here:
        done = audit.measure(
            audit.Subject(here.site, here.system, here.policy, here.system_map, here.store), premises.now()
        )
        says = {path.name: path.says for path in here.system_map.paths}
        # What is left is what the audit counted in the database just now, not what the runs say they did.
        remaining = done.facts.left
        page = write_report(folder / "report.html", _page(done.page, plan, reports[-1], remaining, says))
    counts: dict[str, int] = {}
    for one in done.report.clauses:
        counts[one.standing.value] = counts.get(one.standing.value, 0) + 1
    return (
        page,
        {
            "policy": plan.policy,
            "loans_cut": sum(report.tally.loans for report in reports),
            "kept": reports[-1].kept,
            "verified": not any(remaining.values()),
            "stages": [report.stage.value for report in reports],
            "outcome": reports[-1].outcome.value,
            "sweep": reports[-1].sweep.as_dict(),
            "clauses": counts,
            "seconds": round(seconds, 1),
        },
        remaining,
    )


def _page(page: RunReport, plan: Plan, last: Report, remaining: Mapping[str, int], says: dict[str, str]) -> RunReport:
    from carrel.accountability.run_report import TableLine
    from carrel.retention.interlock import touched

    lines = tuple(
        TableLine(
            path.table,
            says.get(path.path, "the loans themselves"),
            touched(path),
            remaining.get(path.path, 0),
            path.act,
            path.why,
        )
        for path in plan.paths
        if touched(path)
    )
    tried: dict[str, tuple[int, int]] = {}
    for attack in last.sweep.attacks:
        before = tried.get(attack.kind, (0, 0))
        bad = attack.hits if attack in last.failing else 0
        tried[attack.kind] = (max(before[0], attack.tried), before[1] + bad)
    return replace(page, title="Sample Town Library: what was promised, what was done", tables=lines, sweep=tried)


def _summary(
    plan: Plan,
    reports: list[Report],
    figures: dict[str, object],
    remaining: Mapping[str, int],
    page: Path,
    folder: Path,
) -> None:
    from carrel.cli.apply import show_places, show_sweep
    from carrel.cli.screen import figure, number, put_table
    from carrel.retention.interlock import touched

    last = reports[-1]
    put_table(
        "Rows that were due, and named or led to a reader",
        ("where", "table", "before", "after"),
        [
            (path.path, path.table, number(touched(path)), number(remaining.get(path.path, 0)))
            for path in plan.paths
            if touched(path)
        ],
        right=(2, 3),
    )
    put_table(
        "Loans that still name their reader, because",
        ("reason", "loans"),
        [(state, figure(count)) for state, count in last.kept.items()],
        right=(1,),
    )
    show_sweep(last)
    show_places(last.places)
    clauses = figures["clauses"]
    if isinstance(clauses, dict):
        say("Clauses of the policy: " + ", ".join(f"{count} {name}" for name, count in clauses.items()) + ".")
    say(f"\nThe report: {page}")
    say(f"Check the ledger yourself: carrel ledger verify {folder / 'ledger'} --key {folder / 'keys' / 'ledger.vkey'}")
    say(f"Look around: cd {folder} && carrel plan --as {PLANNER}")
