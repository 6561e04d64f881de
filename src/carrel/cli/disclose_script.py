"""The script for the desk on the screen: what is said, what follows, and by whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from carrel.amount import amount
from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules
from carrel.cli.screen import put_json, put_line, say
from carrel.disclosure.process import Instrument, Process, Step


def print_script(*, instrument: str | None, site_path: Path, as_json: bool) -> None:
    """What is said at the desk, and what follows; of no kind in particular, which kinds there are."""
    processes = process_rules(open_site(site_path)).processes
    if instrument is None:
        _print_kinds([processes.of(one) for one in Instrument], as_json=as_json)
        return
    process = processes.of(Instrument(instrument))
    if as_json:
        put_json({"script": process_dict(process)})
        return
    put_line(f"{instrument}: {process.says}")
    for n, line in enumerate(process.script, 1):
        put_line(line, f"  {n}. ")
    if process.release_first:
        say("Then:")
    for step in (*process.steps, *process.afterwards):
        put_line(step_line(step), "  - ")
    if process.working_days:
        put_line(f"answered within {amount(process.working_days, 'working day')}")
    if process.wait:
        put_line(f"nothing is released for {amount(process.wait.days, 'day')} after the person was told")
    if (rule := process.education) is not None:
        wait = f" for {amount(rule.wait.days, 'day')}" if rule.wait else ""
        cited, unless = ", ".join(rule.clauses), ", ".join(rule.exemptions) or "nothing"
        put_line(
            f"a student's education records are released only after the student was told, and nothing of them{wait} "
            f"after that [{cited}]; but for a finding of: {unless}"
        )
    put_line(f"may end: {', '.join(sorted(process.outcomes))}")
    for line in process.precedence:
        put_line(line, "policies differ: ")


def _print_kinds(kinds: list[Process], *, as_json: bool) -> None:
    if as_json:
        put_json({"scripts": [process_dict(one) for one in kinds]})
        return
    unknown = next(one for one in kinds if one.instrument is Instrument.INFORMAL_ASK)
    say("Nobody knows yet what it is:")
    for n, line in enumerate(unknown.script, 1):
        put_line(line, f"  {n}. ")
    say("With what do they come?")
    for one in kinds:
        put_line(one.says, f"  {one.instrument}: ", hang=6)
    say('The words for one of them: carrel disclose script "search warrant"')


def process_dict(process: Process) -> dict[str, Any]:
    """How one kind of paper is handled, for programs."""
    return {
        "instrument": str(process.instrument),
        "says": process.says,
        "script": list(process.script),
        "papers": list(process.papers),
        "steps": [_step_dict(one) for one in process.steps],
        "afterwards": [_step_dict(one) for one in process.afterwards],
        "outcomes": sorted(process.outcomes),
        "signed_by": sorted(process.signed_by),
        "cites": [process.statutes[one].cite for one in process.cites if one in process.statutes],
        "clauses": list(process.clauses),
        "precedence": list(process.precedence),
    }


def _step_dict(step: Step) -> dict[str, Any]:
    return {"id": step.id, "says": step.says, "by": sorted(step.by), "clauses": list(step.clauses)}


def step_line(step: Step) -> str:
    """A step for people: what it says, whose it is, and by which clauses."""
    cited = f" [{', '.join(step.clauses)}]" if step.clauses else ""
    return f"{step.id}: {step.says} By: {', '.join(sorted(step.by))}.{cited}"
