"""What an audit and a night are told of everything that a site keeps outside its databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.kept_outside import KeptBackup, KeptOutside, KeptPart
from carrel.accountability.log_services import LogFacts, Looked
from carrel.errors import CarrelError
from carrel.inventory.log_service import LogService
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.retention.approval import Kind
from carrel.retention.backup_expiry import JOB, backup_rule, overdue
from carrel.retention.clearing import Standing
from carrel.systems.backups.around import findings, place_name
from carrel.systems.backups.repository import listings
from carrel.systems.faults import LOG_PARTIAL
from carrel.systems.logs.log_looking import look as look_at_logs
from carrel.systems.mailboxes.deidentified import UNREADABLE
from carrel.systems.outside import Holder, called, holders, kind_of
from carrel.systems.outside_looking import Seen, SeenPart


def outside_facts(
    site: Site, policy: Policy, seen: Sequence[Seen], at: datetime, closed: Iterable[str] = ()
) -> KeptOutside:
    """Mailboxes, folders, log services and backups by their counts and ages, logs by every line; only reads.

    Args:
        site: whose file declares them.
        policy: its periods are held against them.
        seen: from ``look``.
        at: aware time.
        closed: systems that were restored and are closed.
    """
    logs = tuple(look_at_logs(site, policy, at, whole=True))
    lines = [line for one in seen for line in _lines(one)]
    lines += [line for log in logs for line in log.lines()]
    backups, backup_lines = _backups(site, policy, at)
    rule = backup_rule(policy)
    return KeptOutside(
        parts=tuple(part for one in seen for part in _parts(one)),
        backups=tuple(backups),
        backup_rule="" if rule is None else rule.id,
        logs=logs,
        closed=tuple(closed),
        lines=tuple(lines),
        backup_lines=tuple(backup_lines),
    )


def not_seen(site: Site, code: str, why: str) -> KeptOutside:
    """Everything that a site file declares outside the databases, as what nobody could look at: of nothing a zero.

    Args:
        site: whose file declares it.
        code: of the fault.
        why: its title, or where it was met; without a patron's value.
    """
    held = holders(site)
    services = [one for one in held if isinstance(one, LogService)]
    looked = tuple(Looked(one.name, frozenset(part.record for part in one.parts), 0, 0, 0, (code,)) for one in services)
    return KeptOutside(
        parts=tuple(part for one in held for part in _closed(one, code)),
        backups=tuple(KeptBackup(place_name(one), wrong=code) for one in site.backups),
        logs=tuple(KeptLog(one.name, one.record, wrong=(f"{code}: {why}",)) for one in site.logs),
        services=LogFacts(looked) if looked else None,
        lines=(f"what lies outside the databases could not be looked at: {code}: {why}",),
    )


def _lines(one: Seen) -> list[str]:
    return [
        *one.findings(late_only=True),
        *(f"{one.name}: {wrong.code}: {wrong.faults[0].condition.title}" for wrong in one.errors),
    ]


def _parts(one: Seen) -> list[KeptPart]:
    code = "" if one.error is None else one.error.code
    if isinstance(one.holder, LogService):  # its entries are patterns; what they name is known where it was looked into
        return [*(_part(one, part) for part in one.parts), *([] if one.error is None else _closed(one.holder, code))]
    seen = {kept.place: kept for kept in (_part(one, part) for part in one.parts)}
    return [seen.get(unseen.place, unseen) for unseen in _closed(one.holder, code)]


def _part(one: Seen, seen: SeenPart) -> KeptPart:
    return KeptPart(
        called(one.holder, seen.name),
        kind_of(one.holder) is Kind.MAIL,
        seen.part.record,
        rule="" if seen.rule is None else seen.rule.id,
        total=seen.found.total,
        late=seen.found.overdue,
        undated=seen.found.stands[Standing.UNDATED],
        unread=seen.found.kept[UNREADABLE],
        wrong=_wrong(seen),
        service=isinstance(one.holder, LogService),
    )


def _wrong(seen: SeenPart) -> str:
    """What kept a part from being judged: an index that is closed counts nothing, which is not zero."""
    if seen.wrong is not None:
        return seen.wrong.code
    return LOG_PARTIAL.code if seen.shut else ""


def _closed(holder: Holder, code: str) -> list[KeptPart]:
    """The parts of what could not be looked into; of a log service, each kind of record that it holds."""
    if isinstance(holder, LogService):
        records = sorted({part.record for part in holder.parts})
        return [KeptPart(called(holder), mail=False, record=one, wrong=code, service=True) for one in records]
    mail = kind_of(holder) is Kind.MAIL
    return [KeptPart(called(holder, part.name), mail, part.record, wrong=code) for part in holder.parts]


def _backups(site: Site, policy: Policy, at: datetime) -> tuple[list[KeptBackup], list[str]]:
    found, lines, rule = [], [], backup_rule(policy)
    for one, listing in listings(site.backups, site.folder):
        name = place_name(one)
        if isinstance(listing, CarrelError):
            found.append(KeptBackup(name, wrong=listing.code))
            lines.append(f"{name}: {listing.code}: {listing.faults[0].condition.title}")
            continue
        late = 0 if rule is None else len(overdue(listing, rule, at - JOB))
        found.append(KeptBackup(name, len(listing.snapshots), late, listing.damaged + listing.leaving))
        lines += findings(one, listing, rule, at)
    return found, lines
