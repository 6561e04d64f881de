"""Disclosure cases on the screen: the list, and one case as a checklist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.at_site import open_site
from carrel.cli.disclose_findings import finding_lines, findings_told
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.cli.disclose_script import process_dict, step_line
from carrel.cli.screen import put_json, put_line, put_table, say
from carrel.cli.store_place import open_store
from carrel.disclosure.asked_days import asked_days
from carrel.disclosure.process import Office, Outcome
from carrel.disclosure.standing import Notice
from carrel.errors import Exit, shown

_TOLD = {
    Notice.NONE: "the person need not be told", Notice.DUE: "the person has not been told yet",
    Notice.SUSPENDED: "nobody may tell the person while it is sealed", Notice.TOLD: "the person was told",
}  # fmt: skip

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from carrel.cli.disclose_gone import Gone
    from carrel.disclosure.case import Case
    from carrel.disclosure.standing import Standing


def list_all(*, every: bool, asks: bool, name: str, site_path: Path, as_json: bool) -> int:
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
        gone: Gone | None = None
        if asks:  # only then: nobody who wants the list alone waits for a system
            from carrel.cli.disclose_gone import no_more_there

            gone = no_more_there(site, store, [case for case, _ in found])
    late = sum(bool(_late(here)) for _, here in found)
    if as_json:
        more = {} if gone is None else {"keeps_nobody_there": list(gone.cases), "not_asked": list(gone.unasked)}
        put_json({"cases": [as_dict(case, here) for case, here in found], "late": late, "whole": whole, **more})
    else:
        rows = [
            (case.id, str(case.instrument), f"{here.state}{', sealed' if here.silent else ''}",
             f"{here.due or ''}{', LATE' if here.overdue else ''}",
             ", ".join(one.id for one in here.owed or here.open))
            for case, here in found
        ]  # fmt: skip
        put_table("Cases", ("case", "came with", "state", "due", "next"), rows)
        say(f"{amount(len(found), 'case')}; {amount(late, 'is', 'are')} late or owing a step.")
        for line in gone.lines if gone is not None else ():
            put_line(line)
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
        "process": process_dict(here.process),
    }  # fmt: skip


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
        put_line(step_line(step), f"  {mark}", hang=6)
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
