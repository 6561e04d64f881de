"""What the demo tells at its end: figures that the audit counted, the page, and what to look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.demo_library import PLANNER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carrel.accountability.run_report import RunReport
    from carrel.cli.night import Report
    from carrel.retention.plan import Plan


def audited(
    folder: Path, plan: Plan, reports: list[Report], seconds: float
) -> tuple[Path, dict[str, object], Mapping[str, int]]:
    """The page, the figures and what is left by path, as an audit counts it in the database now.

    Args:
        folder: of the demo.
        plan: that was carried out.
        reports: of its stages.
        seconds: that all of it took so far.
    """
    from carrel.cli import premises
    from carrel.cli.audit_measure import measure
    from carrel.cli.audited import Subject
    from carrel.systems.report_files import write_report

    with premises.enter(folder, None, read_only=True) as here:
        done = measure(Subject(here.site, here.system, here.in_force, here.system_map, here.store), premises.now())
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


def show(
    plan: Plan,
    reports: list[Report],
    figures: dict[str, object],
    remaining: Mapping[str, int],
    page: Path,
    folder: Path,
) -> None:
    """The summary as a person reads it."""
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
