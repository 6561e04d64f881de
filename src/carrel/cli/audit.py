"""``carrel audit``: every clause of the adopted policy, measured again on the live system."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER, NEW_FILE, writing
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.accountability.audit import AuditReport
    from carrel.accountability.facts import AuditFacts
    from carrel.accountability.run_report import RunReport
    from carrel.accountability.surroundings import Surroundings
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap
    from carrel.policy.resolve import Policy
    from carrel.store.store import Store


@click.command(epilog="Example: carrel audit --html audit.html")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--html", type=NEW_FILE, help="Write the report as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def audit(site: Path, system_name: str | None, html: Path | None, as_json: bool) -> int:
    """Measure every clause of the policy on the live systems.

    Read-only. A clause that is measured holds, is a finding, or cannot be told; a clause that nothing measures yet is
    listed as a promise. Exit code 3 with findings or where something cannot be told, 5 if the ledger does not verify.
    """
    from carrel.cli import premises, screen
    from carrel.cli.at_site import open_store
    from carrel.systems import policy_files, site_file, site_systems

    here = site_file.load_site(site)
    system = site_systems.system_of(here, system_name)
    policy = policy_files.load(Path(here.policy) if here.policy_is_file else here.policy)
    with open_store(here) as store:
        done = measure(Subject(here, system, policy, site_file.map_in_force(system, policy), store), premises.now())
    if html is not None:
        from carrel.systems.report_files import write_report

        with writing(html):
            write_report(html, done.page)
    if as_json:
        screen.put_json({key: value for key, value in done.report.as_dict().items() if key != "format_version"})
    else:
        show(done.report)
        if html is not None:
            say(f"The page is in {html}.")
    return int(done.report.exit)


@dataclass(frozen=True)
class Subject:
    """What is audited: one system of a site, under its policy, with the site's own records."""

    site: Site
    system: System
    policy: Policy
    system_map: SystemMap
    store: Store


@dataclass(frozen=True)
class Audited:
    """One audit: its facts, its report, its page."""

    facts: AuditFacts
    report: AuditReport
    page: RunReport


def measure(subject: Subject, at: datetime) -> Audited:
    """Audit one system now; also counts the loans under legal hold for the next audit.

    Args:
        subject: what is audited. Its database is opened read-only; one that cannot be reached is told as such.
        at: the present.
    """
    from carrel.accountability.audit import audit as judge
    from carrel.accountability.run_report import page_of
    from carrel.cli import audit_record

    facts = facts_of(subject, at)
    report = judge(facts)
    says = {path.name: path.says for path in subject.system_map.paths}
    says[subject.system_map.loans.closed.table] = "the loans themselves"
    page = page_of(
        report,
        facts,
        library=subject.site.library,
        says=says,
        checkpoint=audit_record.checkpoint_text(subject.site),
    )
    return Audited(facts, report, page)


def facts_of(subject: Subject, at: datetime) -> AuditFacts:
    """Everything that the audit is judged from, measured now."""
    from zoneinfo import ZoneInfo

    from carrel.accountability.held_loans import HeldCount
    from carrel.cli import audit_record
    from carrel.errors import CarrelError
    from carrel.systems import surroundings_reading
    from carrel.systems.audit_facts import collect
    from carrel.systems.audited_library import Library
    from carrel.systems.sql import database

    site, store, name = subject.site, subject.store, subject.system.name
    kept = store.keepings.current(name, at)
    holds = frozenset(hold.id for hold in kept.legal_holds)
    before = audit_record.held_count(site, name)
    engine, unread = None, ""
    try:
        engine = database.open_system(subject.system, read_only=True)
    except CarrelError as wrong:
        unread = f"{wrong.code}: {wrong.faults[0].condition.title}"
    try:
        facts = collect(
            Library(
                name,
                engine,
                subject.system_map,
                subject.policy,
                ZoneInfo(subject.system.time_zone),
                kept.legal_holds,
                kept.exceptions,
                lambda connection, now: surroundings_reading.read(connection, subject.system, subject.policy, now),
                subject.system.gateways,
                subject.site.records,
                store.erasures.reduced_to(name, subject.system_map.people.table),
            ),
            at,
            nights=audit_record.night_facts(site, store, name, subject.policy, at),
            held_before=before.loans if before is not None and before.comparable(holds) else None,
            unread=unread,
        )
    finally:
        if engine is not None:
            engine.dispose()
    if facts.loans is not None:
        audit_record.keep_count(site, name, HeldCount(holds, facts.held_now, at))
    return facts


def show(report: AuditReport) -> None:
    """The report as a person reads it."""
    from carrel.accountability.audit import Standing
    from carrel.cli.screen import WIDTH, put_table

    say(f"{report.title}, measured on {report.system} at {report.as_of:%Y-%m-%d %H:%M} UTC")
    for standing in (Standing.FINDING, Standing.CANNOT_TELL, Standing.HOLDS):
        lines = [(one.clause.id, one.evidence) for one in report.clauses if one.standing is standing]
        if lines:
            advice = standing is not Standing.HOLDS
            put_table(
                standing.value.capitalize(),
                ("clause", "", "what to do") if advice else ("clause", ""),
                [
                    (clause, proof.says, proof.fix) if advice else (clause, proof.says)
                    for clause, proof in lines
                    if proof is not None
                ],
            )
    if report.contradictions:
        put_table(
            "Settings that work against the policy",
            ("setting", "", "what to do"),
            [(one.setting, one.says, one.fix) for one in report.contradictions],
        )
    for line in report.process:
        say(f"Process: {line}.")
    for one in report.residues:
        say(f"Old values also stand in: {one.place} ({one.when}).")
    if report.around is not None:
        _show_around(report.around)
    say(textwrap.fill(report.verdict, WIDTH, break_on_hyphens=False))
    if report.not_covered:
        say(f"`carrel map show --policy` lists the {amount(len(report.not_covered), 'table')}.")


def _show_around(around: Surroundings) -> None:
    """What lies around the tables now: what it holds, until when, what ends it, and what was not seen."""
    from carrel.cli.screen import WIDTH, put_table

    if around.places:
        put_table(
            "Around the tables, read now",
            ("place", "holds", "until", "to end it sooner"),
            [(one.name, one.told, one.when, one.advice) for one in around.places],
        )
    if around.unseen:
        put_table(
            "Around the tables, not seen",
            ("", "because", "what would show it"),
            [(one.name, one.because, one.fix) for one in around.unseen],
        )
    if around.looked_at:
        said = f"Around the tables, looked at, and nothing there: {'; '.join(map(str, around.looked_at))}."
        say(textwrap.fill(said, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
