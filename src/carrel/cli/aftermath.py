"""What follows a night: the ledger's batch, the copies outside, the health files, and mail to the people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.accountability.kept_outside import KeptOutside
from carrel.accountability.measurement import total
from carrel.cli.authority_told import after_night as authority_after_night
from carrel.cli.custody_told import findings
from carrel.cli.disclose_night import after_night as disclosures_after_night
from carrel.cli.due_night import UNEXPECTED, SystemNight, Went
from carrel.cli.outside_told import after_night
from carrel.cli.replay_entries import forget_expired
from carrel.cli.replay_told import closed_codes
from carrel.cli.request_audit import after_night as requests_after_night
from carrel.errors import CarrelError
from carrel.rights.faults import GONE

if TYPE_CHECKING:
    from carrel.accountability.audit import AuditReport
    from carrel.accountability.facts import AuditFacts
    from carrel.accountability.health import Health, SystemHealth
    from carrel.accountability.message import Message
    from carrel.cli.audited import Subject
    from carrel.cli.mailing_course import Report
    from carrel.cli.record import Receipt
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap
    from carrel.ledger.leaf import OpenLeaf
    from carrel.store.store import Store
    from carrel.systems.mail import MailServer


@dataclass
class Aftermath:
    """What became of a night's records.

    Attributes:
        receipt: where the night stands in the ledger; None if nothing was appended.
        codes: what went wrong on the way; none of it undoes the night.
        health: as written.
        shredded: runs whose undo capsules were destroyed before the night.
        day_keys: days whose keys of logs were destroyed before the night.
        period_keys: silos and periods whose keys of pseudonyms were destroyed before the night.
        lists: how each mailing list went.
        outside: what the site keeps outside its databases, as it was looked at after the night.
        late_requests: ids of patrons' requests that are overdue.
        late_are_known: whether these could be told; without the key of requests nobody can.
        records_gone: requests, restrictions and legal holds of persons whose record is not there any more.
    """

    receipt: Receipt | None = None
    codes: list[str] = field(default_factory=list)
    health: Health | None = None
    shredded: tuple[str, ...] = ()
    day_keys: tuple[str, ...] = ()
    period_keys: tuple[str, ...] = ()
    lists: tuple[Report, ...] = ()
    outside: KeptOutside = field(default_factory=KeptOutside)
    late_requests: tuple[str, ...] = ()
    late_are_known: bool = True
    records_gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """One system after its night: what was measured again, unless that failed."""

    night: SystemNight
    facts: AuditFacts | None
    report: AuditReport | None
    system_map: SystemMap | None = None


def follow_up(
    site: Site,
    store: Store,
    nights: Iterable[SystemNight],
    began: datetime,
    shredded: tuple[str, ...] = (),
    in_the_way: tuple[str, ...] = (),
) -> Aftermath:
    """Record a night everywhere it belongs.

    Args:
        site: of the library.
        store: of the site.
        nights: one for each system.
        began: aware time at which the night began.
        shredded: runs whose undo capsules were destroyed before it.
        in_the_way: codes of what kept others from being destroyed.

    Returns:
        What was done. What goes wrong here is a finding in the health files; the night's dispositions stand.
    """
    of_requests, late = requests_after_night(site, store, began)
    of_requests = (*of_requests, *disclosures_after_night(site, store, began))
    of_requests = (*of_requests, *authority_after_night(site, store, began))
    codes = [*in_the_way, *findings(site, began), *closed_codes(site, store), *of_requests]
    outside, open_codes = after_night(site, store, began)
    after = Aftermath(codes=[*codes, *open_codes], shredded=shredded, outside=outside, late_requests=late or (),
                      late_are_known=late is not None)  # fmt: skip
    measured = [_measure(site, store, night, after) for night in nights]
    changed = any(one.night.changed for one in measured)
    _record(site, store, [_night_leaf(measured, began)] if changed else [], after)
    if changed:
        _mail_checkpoint(site, after)
        _write_pages(site, measured, after)
    for one in measured:
        if (message := _message(site, one.night)) is not None:
            _send(site, message, after)
    _mail_outside(site, after)
    _write_health(site, store, measured, after)
    return after


def _measure(site: Site, store: Store, night: SystemNight, after: Aftermath) -> Measured:
    """Look again at what the database holds, with the eyes of the audit."""
    from carrel.accountability.audit import audit
    from carrel.cli import premises
    from carrel.cli.audit_measure import facts_of

    system = site.system(night.system)
    if system is None or night.went is Went.BUSY:
        return Measured(night, None, None)
    try:
        subject = _subject(site, store, system)
        facts = facts_of(subject, premises.now(), after.outside)
        if facts.around is not None and facts.around.emptied:
            store.residues.clear_emptied(system.name, facts.around.emptied, premises.now())
        forget_expired(site, store, system)
    except CarrelError as wrong:
        after.codes.append(wrong.code)
        return Measured(night, None, None)
    after.codes.extend(one for one in facts.gone_unread if one not in after.codes)
    if gone := (*(facts.records_gone or ()), *(facts.holds_gone or ())):
        after.records_gone = (*after.records_gone, *gone)
        after.codes.append(GONE.code)
    return Measured(night, facts, audit(facts), subject.system_map)


def _subject(site: Site, store: Store, system: System) -> Subject:
    from carrel.cli.audited import Subject
    from carrel.systems import branch_policies, site_file

    policies = branch_policies.load(site, system)
    return Subject(
        site, system, policies, site_file.map_in_force(system, policies.way.records, policies.way.schedule), store
    )


def _record(site: Site, store: Store, leaves: list[OpenLeaf], after: Aftermath) -> None:
    """One padded batch of all that is owed: of this night's runs and capsules, and what a kill left before it."""
    from carrel.cli import premises, record

    if not leaves and not store.owed.any():
        return
    try:
        after.receipt = record.record(site, store, leaves, premises.now())
    except CarrelError as wrong:
        after.codes.append(wrong.code)
    except OSError:
        after.codes.append(UNEXPECTED)


def _night_leaf(measured: list[Measured], began: datetime) -> OpenLeaf:
    from carrel.accountability.audit import Standing
    from carrel.cli import premises
    from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds

    reports = [report for one in measured for report in one.night.reports]
    at = premises.now()
    applied = sum(report.tally.loans for report in reports)
    bad = sum(
        report.tally.loans for report in reports if report.tally.left or report.remaining or report.schema_changes
    )
    left = sum(total(one.facts.left) for one in measured if one.facts)
    findings = sum(one.report.count(Standing.FINDING) for one in measured if one.report)
    return OpenLeaf(
        "night",
        at,
        {
            "runs": len(reports),
            "findings": findings,
            "applied": banded(applied),
            "verified": banded(applied - bad),
            "still_due": banded(left),
            "started": utc_seconds(began),
            "finished": utc_seconds(at),
        },
    )


def _write_pages(site: Site, measured: list[Measured], after: Aftermath) -> None:
    """A page about each system's night, for whoever may read the site's folder."""
    from carrel.cli.audit_record import checkpoint_text
    from carrel.cli.run_page import page_of_runs
    from carrel.systems.report_files import write_report

    for one in measured:
        system = site.system(one.night.system)
        if system is None or one.facts is None or one.system_map is None or not one.night.reports:
            continue
        page = page_of_runs(
            one.night.reports,
            one.system_map,
            one.facts.schedule,
            library=site.library,
            checkpoint=checkpoint_text(site),
            rules=one.facts.policy.rules,
            title=f"The night of {one.night.night:%-d %B %Y} on {system.name}",
        )
        try:
            write_report(site.folder / "reports" / f"night-{one.night.night}-{system.name}.html", page)
        except OSError:
            after.codes.append(UNEXPECTED)


def _mail_checkpoint(site: Site, after: Aftermath) -> None:
    from carrel.accountability.message import checkpoint_copy
    from carrel.cli.audit_record import checkpoint_text

    addresses = tuple(copy.mail for copy in site.outside_copies if copy.mail)
    if addresses and (note := checkpoint_text(site)):
        _send(site, checkpoint_copy(site.library, note), after, to=addresses)


def _mail_outside(site: Site, after: Aftermath) -> None:
    """Once for each place: not every night anew, as long as nobody has done anything about it."""
    from carrel.accountability.message import past_outside
    from carrel.systems.health_files import told_outside

    late = {place: count for place, count in after.outside.late.items() if count}
    if {*late, *after.outside.unseen} - told_outside(site.folder / "health"):
        _send(site, past_outside(site.library, late, after.outside.unseen), after)


def _message(site: Site, night: SystemNight) -> Message | None:
    from carrel.accountability.message import approval_pending, night_failed

    if night.went is Went.PENDING:
        return approval_pending(site.library, night.system, night.plan, night.why, night.due)
    if night.went in {Went.FAILED, Went.UNVERIFIED}:
        counts = {
            "loans cut": sum(report.tally.loans for report in night.reports),
            "rows cut": sum(total(report.tally.rows) for report in night.reports),
            "rows still there": sum(total(report.remaining) for report in night.reports),
            "pairs that led back": sum(report.hits for report in night.reports),
            "joins open to readers": len(night.reports[-1].open_joins) if night.reports else 0,
        }
        return night_failed(site.library, night.system, night.night, night.codes, counts)
    return None


def _send(site: Site, message: Message, after: Aftermath, *, to: tuple[str, ...] = ()) -> None:
    from carrel.systems import mail

    if site.mail is None:
        return
    try:
        mail.send(mail_server(site, to), message)
    except CarrelError as wrong:
        after.codes.append(wrong.code)


def mail_server(site: Site, to: tuple[str, ...] = ()) -> MailServer:
    """The site's mail server, for its own recipients or for others.

    Raises:
        CarrelError: SIT-004 or SIT-005, its password cannot be read or others can read it.
    """
    import os

    from carrel.systems.mail import Encryption, MailServer
    from carrel.systems.site_file import mail_password

    said = site.mail
    if said is None:
        raise ValueError("the site has no mail server")
    return MailServer(
        host=said.host,
        port=said.port,
        sender=said.sender,
        recipients=to or said.to,
        encryption=Encryption(said.encryption),
        username=said.username,
        password=mail_password(said, os.environ),
    )


def _write_health(site: Site, store: Store, measured: list[Measured], after: Aftermath) -> None:
    from carrel.accountability.health import Health
    from carrel.cli import premises
    from carrel.systems.health_files import write_health

    at = premises.now()
    shown = [one for one in measured if one.night.went is not Went.BUSY]
    if not shown:
        return  # the run that holds the system writes it
    health = tuple(_health(store, one, at, tuple(after.codes)) for one in shown)
    late = len(after.late_requests) if after.late_are_known else None
    after.health = Health(at, health, after.outside.late, after.outside.unseen, late)
    write_health(site.folder / "health", after.health)


def _health(store: Store, one: Measured, at: datetime, codes: tuple[str, ...]) -> SystemHealth:
    from carrel.accountability.health import SystemHealth
    from carrel.cli.audit_record import last_verified, residues

    night, facts = one.night, one.facts
    return SystemHealth(
        name=night.system,
        last_verified_night=last_verified(store, night.system),
        overdue_rows=None if facts is None or facts.loans is None else total(facts.left),
        plans_awaiting_approval=int(night.went is Went.PENDING),
        residues=residues(store, night.system, at),
        failed=night.went in {Went.FAILED, Went.UNVERIFIED},
        findings=tuple(dict.fromkeys((*codes, *(code for one in night.erasures for code in one.codes)))),
        open_joins=tuple(one.first_seen for one in store.open_joins.standing(night.system)),
    )
