"""An audit as it is made: everything that a system is judged from is measured, and the report is put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.cli.audited import Audited, Subject

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from carrel.accountability.facts import AuditFacts
    from carrel.accountability.kept_outside import KeptOutside
    from carrel.accountability.measured_risk import MeasuredRisks
    from carrel.deidentification.releases.release import Release
    from carrel.deidentification.risk.record import Recorded


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


def _returned(subject: Subject, engine: Engine) -> int | None:
    """How many who were erased have a record again, on a system that nobody told to be restored; None if untold."""
    from carrel.cli.premises import Premises
    from carrel.cli.replay_look import back_unasked
    from carrel.errors import CarrelError
    from carrel.systems.sql import live

    name, store = subject.system.name, subject.store
    if not store.replays.entries(name) or store.replays.closed(name) is not None:
        return 0
    try:
        with engine.connect() as connection:
            schema = live.read(connection, subject.system_map, at=name)
            stand_in = live.stand_in(connection, subject.system_map, at=name)
        here = Premises(
            subject.site, subject.system, subject.policies, None, subject.system_map, store, engine, schema, stand_in,
            engine,
        )  # fmt: skip
        return back_unasked(here)
    except CarrelError:
        return None


def _gone(look: Callable[[], tuple[str, ...]], unread: list[str]) -> tuple[str, ...] | None:
    """Ids of what is open of persons whose record is gone; None where that could not be looked at, and why is added."""
    from carrel.errors import CarrelError

    try:
        return look()
    except CarrelError as wrong:
        unread.append(wrong.code)
        return None


def _records_gone(subject: Subject, engine: Engine) -> tuple[str, ...]:
    """Requests and restrictions of persons whose record is gone."""
    from carrel.cli.records_gone import gone
    from carrel.systems.sql.failure import told

    with engine.connect() as connection, told(subject.system.name):
        return gone(subject.store, subject.system.name, connection, subject.system_map.people)


def _holds_gone(subject: Subject, engine: Engine, at: datetime) -> tuple[str, ...]:
    """The same of legal holds."""
    from carrel.cli.records_gone import holds_gone
    from carrel.systems.sql.failure import told

    with engine.connect() as connection, told(subject.system.name):
        return holds_gone(subject.store, subject.system.name, connection, subject.system_map.people, at)


def _risks(recorded: Sequence[Recorded], releases: Sequence[Release], at: datetime) -> MeasuredRisks:
    from carrel.accountability.measured_risk import MeasuredRisks
    from carrel.deidentification.releases.standing import measured_again
    from carrel.deidentification.risk.record import latest

    return MeasuredRisks({one.name: one.risk for one in latest(recorded)}, measured_again(recorded, releases, at))


def facts_of(subject: Subject, at: datetime, outside: KeptOutside | None = None) -> AuditFacts:
    """Everything that the audit is judged from, measured now.

    Args:
        subject: what is audited.
        at: the present.
        outside: what the site keeps outside its databases, where that was looked at already.
    """
    from dataclasses import replace
    from functools import partial
    from zoneinfo import ZoneInfo

    from carrel.accountability.held_loans import HeldCount
    from carrel.cli import audit_record
    from carrel.cli.account_told import account_facts
    from carrel.cli.consent_told import consent_facts, wanted
    from carrel.cli.cookies_told import cookie_facts
    from carrel.cli.custody_told import custody_facts
    from carrel.cli.disclose_night import disclosure_facts
    from carrel.cli.forms_seen import form_pages
    from carrel.cli.outboxes import outboxes
    from carrel.cli.outside_told import kept_outside
    from carrel.cli.request_audit import request_facts
    from carrel.cli.stations_told import computers
    from carrel.deidentification.releases.standing import standings
    from carrel.errors import CarrelError
    from carrel.systems import surroundings_reading
    from carrel.systems.audit_facts import collect
    from carrel.systems.audited_library import Library
    from carrel.systems.sql import accounts

    site, store, name = subject.site, subject.store, subject.system.name
    kept = store.keepings.current(name, at)
    holds = frozenset(hold.id for hold in kept.legal_holds)
    before = audit_record.held_count(site, name)
    engine, unread = None, ""
    gone_unread: list[str] = []
    try:
        engine = accounts.open_compared(subject.system, read_only=True)
    except CarrelError as wrong:
        unread = f"{wrong.code}: {wrong.faults[0].condition.title}"
    try:
        facts = collect(
            Library(
                name,
                engine,
                subject.system_map,
                subject.policies,
                ZoneInfo(subject.system.time_zone),
                kept.legal_holds,
                kept.exceptions,
                lambda connection, now: surroundings_reading.read(
                    connection, site, subject.system, subject.policy, now
                ),
                subject.system.gateways,
                subject.site.records,
                store.erasures.reduced_to(name, subject.system_map.people.table),
            ),
            at,
            nights=audit_record.night_facts(site, store, name, subject.policies.policies, at),
            held_before=before.loans if before is not None and before.comparable(holds) else None,
            unread=unread,
        )
        facts = replace(
            facts,
            returned=None if engine is None else _returned(subject, engine),
            records_gone=None if engine is None else _gone(partial(_records_gone, subject, engine), gone_unread),
            holds_gone=None if engine is None else _gone(partial(_holds_gone, subject, engine, at), gone_unread),
            gone_unread=tuple(dict.fromkeys(gone_unread)),
        )
        histories = None if engine is None else wanted(subject, engine)
    finally:
        if engine is not None:
            engine.dispose()
    risks, releases = store.risks.all(), store.releases.all()
    facts = replace(
        facts,
        custody=custody_facts(site, subject.policy),
        computers=computers(site, at, subject.policy),
        outside=outside or kept_outside(site, store, subject.policy, at),
        risks=_risks(risks, releases, at),
        releases=standings(releases, risks, at),
        outboxes=outboxes(site, releases),
        requests=request_facts(site, store, name, at),
        disclosures=disclosure_facts(site, store, at),
        cookies=cookie_facts(site),
        form_pages=form_pages(site, subject.policy),
        account=account_facts(site, subject.system, subject.system_map),
        consent=consent_facts(site, store, subject.system, subject.policies, at, histories),
    )
    if facts.loans is not None:
        audit_record.keep_count(site, name, HeldCount(holds, facts.held_now, at))
    return facts
