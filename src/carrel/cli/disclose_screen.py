"""Disclosure cases on the screen: the script for the desk, the list, one case as a checklist, the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.at_site import open_site
from carrel.cli.disclose_findings import finding_lines, findings_told
from carrel.cli.disclose_gone import no_more_there, say_gone
from carrel.cli.disclose_rules import everybody, process_rules, viewer_of
from carrel.cli.premises import now
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.disclosure.asked_days import asked_days
from carrel.disclosure.process import Instrument, Office, Outcome, Process, Step
from carrel.disclosure.report import ENDS, transparency
from carrel.disclosure.standing import Notice
from carrel.errors import Exit, shown

_TOLD = {
    Notice.NONE: "the person need not be told", Notice.DUE: "the person has not been told yet",
    Notice.SUSPENDED: "nobody may tell the person while it is sealed", Notice.TOLD: "the person was told",
}  # fmt: skip

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from carrel.disclosure.case import Case
    from carrel.disclosure.standing import Standing


def print_script(*, instrument: str | None, site_path: Path, as_json: bool) -> None:
    """What is said at the desk, and what follows; of no kind in particular, which kinds there are."""
    processes = process_rules(open_site(site_path)).processes
    if instrument is None:
        _print_kinds([processes.of(one) for one in Instrument], as_json=as_json)
        return
    process = processes.of(Instrument(instrument))
    if as_json:
        put_json({"script": _process(process)})
        return
    put_line(f"{instrument}: {process.says}")
    for n, line in enumerate(process.script, 1):
        put_line(line, f"  {n}. ")
    if process.release_first:
        say("Then:")
    for step in (*process.steps, *process.afterwards):
        put_line(_step(step), "  - ")
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
        put_json({"scripts": [_process(one) for one in kinds]})
        return
    unknown = next(one for one in kinds if one.instrument is Instrument.INFORMAL_ASK)
    say("Nobody knows yet what it is:")
    for n, line in enumerate(unknown.script, 1):
        put_line(line, f"  {n}. ")
    say("With what do they come?")
    for one in kinds:
        put_line(one.says, f"  {one.instrument}: ", hang=6)
    say('The words for one of them: carrel disclose script "search warrant"')


def list_all(*, every: bool, name: str, site_path: Path, as_json: bool) -> int:
    """The cases of which somebody may know.

    Returns:
        3 when one is late, or owes something.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        found = [(case, here) for case, here in store.disclosures.all(viewer) if every or _open(here)]
        whole = Office.CUSTODIAN not in viewer.offices or not store.disclosures.unopened  # no case is opened twice
        gone, unasked = no_more_there(site, store, [case for case, _ in found])
    late = sum(bool(_late(here)) for _, here in found)
    if as_json:
        put_json({"cases": [as_dict(case, here) for case, here in found], "late": late, "whole": whole,
                  "keeps_nobody_there": list(gone), "not_asked": list(unasked)})  # fmt: skip
    else:
        rows = [
            (case.id, str(case.instrument), f"{here.state}{', sealed' if here.silent else ''}",
             f"{here.due or ''}{', LATE' if here.overdue else ''}",
             ", ".join(one.id for one in here.owed or here.open))
            for case, here in found
        ]  # fmt: skip
        put_table("Cases", ("case", "came with", "state", "due", "next"), rows)
        say(f"{amount(len(found), 'case')}; {amount(late, 'is', 'are')} late or owing a step.")
        say_gone(gone, unasked)
        if not whole:
            say("A key in the folder `disclosures` is gone, or something was changed: put it back from a copy.")
    return int(Exit.FINDINGS if late or not whole else Exit.DONE)


def show_one(*, identity: str, with_words: bool, salts: bool, name: str, site_path: Path, as_json: bool) -> None:
    """One case.

    Raises:
        CarrelError: DSC-001, DSC-003, DSC-022.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        case, here = store.disclosures.case(identity, viewer)
        words = store.disclosures.words(identity, viewer) if with_words else ()
        leaves = store.disclosures.salts(identity, viewer) if salts else ()
    if as_json:
        body = as_dict(case, here)
        body["events"] = [
            {"act": str(one.act), "at": one.at.isoformat(), "by": one.by, **dict(one.terms)} for one in case.events
        ]
        if with_words:
            body["words"] = list(words)
        if salts:
            body["leaves"] = [{"commitment": commitment, "salt": salt} for commitment, salt in leaves]
        put_json({"case": body})
        return
    _show(case, here, rules.zone, words)
    for commitment, salt in leaves:
        say(f"leaf {commitment} salt {salt}")


def print_report(*, year: int | None, site_path: Path, as_json: bool) -> None:
    """The transparency report of a year."""
    site = open_site(site_path)
    rules, at = process_rules(site), now()
    wanted = year or at.astimezone(rules.zone).year
    with open_store(site) as store:
        cases, past = store.disclosures.reported(everybody(rules, at), wanted), store.disclosures.past()
    lines = transparency(cases, wanted, rules.processes.band, rules.zone, past)
    if as_json:
        told = [
            {"instrument": str(one.instrument), "received": one.received,
             **{str(state): band for state, band in zip(ENDS, one.ended, strict=True)}}
            for one in lines
        ]  # fmt: skip
        since = None if site.cases_since is None else site.cases_since.isoformat()
        put_json({"report": {"year": wanted, "band": rules.processes.band, "since": since, "lines": told}})
        return
    put_table(
        f"Who asked for records in {wanted}",
        ("came with", "received", *map(str, ENDS)),
        [(str(one.instrument), one.received, *one.ended) for one in lines],
    )
    put_line("Every figure is a band that begins at nothing. What the library may not speak of is in none of them.")
    if site.cases_since is None:
        put_line("Since when every paper is written down, the site file does not say: `cases_since:` would. The page "
                 "/en/transparency shows no year without it.")  # fmt: skip
    elif site.cases_since.year >= wanted:
        put_line(f"Papers were written down from {site.cases_since} on. What came before is in no figure.")


def as_dict(case: Case, here: Standing) -> dict[str, Any]:
    """One case for programs."""
    return {
        "id": case.id,
        "instrument": str(case.instrument),
        "state": str(here.state),
        "served_on": here.served_on,
        "from": case.received.term("from"),
        "received": here.received_at.isoformat(),
        "opened_by": here.opened_by,
        "sealed": here.silent,
        "notice": str(here.notice),
        "due": None if here.due is None else here.due.isoformat(),
        "overdue": here.overdue,
        "next": [one.id for one in here.open],
        "missing": [one.id for one in here.missing],
        "papers_missing": list(here.papers_missing),
        "defects": [{"id": one.id, "what": one.what, "cured": one.cured} for one in here.defects],
        "challenge": here.challenge or None,
        "package": None if here.package is None else {"kind": str(here.package), "manifest": here.manifest or None},
        "signed_by": here.signed_by or None,
        "ground": here.ground or None,
        "owed": [one.id for one in here.owed],
        "education": None if here.process.education is None else {
            "in_package": here.education, "exemptions": sorted(here.exemptions),
            "findings": findings_told(here.findings),
            "kinds": sorted(here.process.education.kinds), "wait_days": here.process.education.wait.days,
        },
        "may_release_from": None if here.may_release_from is None else here.may_release_from.isoformat(),
        "holds": list(case.holds),
        "process": _process(here.process),
    }  # fmt: skip


def _process(process: Process) -> dict[str, Any]:
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


def _step(step: Step) -> str:
    cited = f" [{', '.join(step.clauses)}]" if step.clauses else ""
    return f"{step.id}: {step.says} By: {', '.join(sorted(step.by))}.{cited}"


def _show(case: Case, here: Standing, zone: ZoneInfo, words: tuple[str, ...]) -> None:
    sealed = f", sealed until {here.silence.last_day or 'further notice'}" if here.silent and here.silence else ""
    put_line(f"{case.id}: {case.instrument}, {here.state}{sealed}" + (", LATE" if here.overdue else ""))
    put_line(f"came {here.received_at.astimezone(zone):%Y-%m-%d %H:%M} from {case.received.term('from')}, served on "
             f"{here.served_on}, taken in by {here.opened_by}" + (f"; due {here.due}" if here.due else ""))  # fmt: skip
    if case.keeps_on or case.let_go:
        put_line(f"what it kept from deletion {'stays kept, as was said at its end' if case.keeps_on else 'is let go'}")
    asked = asked_days(case.events)
    put_line(f"asks for records of {asked.first or 'no first day'} to {asked.last or 'no last day'}" if asked else
             "names no days")  # fmt: skip
    put_line(_TOLD[here.notice])
    _show_waits(here, zone)
    nexts = {one.id for one in here.open}
    for step in (*here.process.steps, *here.process.afterwards):
        done = here.done.get(step.id)
        mark = f"[x] {done.by}: " if done else "[>] " if step.id in nexts else "[ ] "
        put_line(_step(step), f"  {mark}", hang=6)
    for mark, line in _endings(here):
        put_line(line, f"  {mark} ", hang=6)
    for paper in here.process.papers:
        put_line(paper, "  [ ] paper: " if paper in here.papers_missing else "  [x] paper: ")
    for one in here.defects:
        put_line(one.what, f"  {one.id}, {'cured' if one.cured else 'open'}: ")
    for line in here.process.precedence:
        put_line(line, "policies differ: ")
    say("Events:")
    for n, event in enumerate(case.events):
        terms = ", ".join(f"{key} {value}" for key, value in event.terms.items() if value)
        put_line(
            f"{event.at.astimezone(zone):%Y-%m-%d %H:%M} {event.act} by {event.by}" + (f": {terms}" if terms else ""),
            "  ",
        )
        if n < len(words) and words[n]:
            put_line(shown(words[n], lines=True), "    ")


def _show_waits(here: Standing, zone: ZoneInfo) -> None:
    if (rule := here.process.education) is not None:
        found = f"found: {'; '.join(finding_lines(here.findings))}" if here.findings else "no exemption was found"
        there = "the package has records of education: these wait" if here.education else "records of education wait"
        put_line(f"{there} until {amount(rule.wait.days, 'day')} after the student was told; {found}")
    if here.may_release_from is not None and not here.ended_at:
        put_line(f"nothing is released before {here.may_release_from.astimezone(zone):%Y-%m-%d %H:%M}")


def _endings(here: Standing) -> list[tuple[str, str]]:
    """What a release takes after the steps: the package, a signature, and a second person."""
    process = here.process
    if process.release_first or not process.signed_by:
        return []
    over = here.state.is_final and not here.released_by  # without a release, for which nobody waits any more
    if (over and here.package is None) or not process.outcomes & {Outcome.RELEASED, Outcome.NOTHING}:
        return []
    ready = (
        "" if here.package is None else f": {here.package}" + (f", manifest {here.manifest}" if here.manifest else "")
    )
    lines = [
        ("[x]" if here.package else "[ ]", f"made ready{ready}" if ready else
         "what is asked for is made ready: carrel disclose produce, or by-hand"),
        ("[x]" if here.signed_by else "[ ]", f"signed by {here.signed_by}" if here.signed_by else
         f"signed. By: {', '.join(sorted(process.signed_by))}."),
        ("[x]" if here.released_by else "[ ]", f"handed over by {here.released_by}" if here.released_by else
         "handed over by somebody else"),
    ]  # fmt: skip
    return lines[:1] if over or Outcome.RELEASED not in process.outcomes else lines


def _open(here: Standing) -> bool:
    return not here.state.is_final or bool(here.owed)


def _late(here: Standing) -> bool:
    return bool(here.owed) or (here.overdue and not here.state.is_final)
