"""Log services for which a person signs, and those that are looked into, as audits and checks are told of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from carrel.accountability.attestation import Attestation, open_attestation, parse
from carrel.accountability.log_services import LogFacts, Looked, Signed
from carrel.errors import CarrelError
from carrel.inventory.log_service import LogService
from carrel.ledger.note import parse_note
from carrel.store.attestation_folder import AttestationFolder
from carrel.systems.check import finding, ok
from carrel.systems.log_services.surroundings import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.systems.check import Check
    from carrel.systems.outside_looking import Seen


def signed_services(site: Site, policy: Policy, at: datetime) -> list[Signed]:
    """Every log service without an interface, with the newest that was signed for it, verified again.

    The newest is the one whose figures are of the latest day; of several of that day, the one that was signed last. A
    folder that cannot be read is told of its service, and ends nothing else.
    """
    return [_signed(site, one, policy, at) for one in site.log_services if not one.reached]


def _signed(site: Site, service: LogService, policy: Policy, at: datetime) -> Signed:
    newest: Attestation | None = None
    broken = kept = unread = ""
    try:
        notes = AttestationFolder(site.folder, service.name).notes()
    except CarrelError as wrong:
        notes, unread = [], wrong.code
    for note in notes:
        try:
            found = parse(parse_note(note).text)
        except CarrelError as wrong:
            broken = wrong.code
            continue
        if newest is None or _age(found) > _age(newest):
            newest, kept = found, note
    if newest is not None:
        broken = _broken(site, service, kept)
    records = frozenset(one.record for one in service.parts)
    return Signed(service.name, str(service.attested_by), records, newest, policy.digest, at, broken, unread)


def _age(said: Attestation) -> tuple[date, datetime, str]:
    """An older count that is signed later does not hide a newer one."""
    return said.as_of, said.signed_at, said.digest


def _broken(site: Site, service: LogService, note: str) -> str:
    """Why a note does not hold; one that was signed for another service or library says nothing here."""
    try:
        said = open_attestation(note, site.people)
    except CarrelError as wrong:
        return wrong.code
    return "" if (said.library, said.host) == (site.library, service.name) else "of another service"


def signed_checks(site: Site, policy: Policy, at: datetime) -> list[Check]:
    """One line for each, for ``carrel check`` and ``doctor``."""
    found = []
    for one in signed_services(site, policy, at):
        says = one.says.removeprefix(f"log-service {one.name}: ")
        fix = f"carrel log-service attest REPORT {one.name}: counts made there, signed by {one.person}"
        found.append(
            finding(f"log-service {one.name}", says, fix) if one.wrong else ok(f"log-service {one.name}", says)
        )
    return found


def log_facts(site: Site, policy: Policy, seen: Sequence[Seen], at: datetime) -> LogFacts | None:
    """What an audit is told of log services; None where the site has none."""
    if not site.log_services:
        return None
    looked = tuple(line for one in seen if isinstance(one.holder, LogService) for line in _looked(one))
    return LogFacts(looked, tuple(signed_services(site, policy, at)))


def _looked(one: Seen) -> Iterator[Looked]:
    """Each kind of record of a service by its own indices; what names none of these speaks of all kinds."""
    kinds = sorted({part.record for part in one.holder.parts})
    around = Counter(_of(line, one) for line in one.around.wrong)
    for record in kinds:
        yield _of_record(one, record, around[record])
    codes = tuple(wrong.code for wrong in (one.error, *one.around.unread) if wrong is not None)
    if codes or around[""]:
        yield Looked(one.holder.name, frozenset(kinds), 0.0, 0, around[""], codes)


def _of_record(one: Seen, record: str, around: int) -> Looked:
    mine = tuple(part for part in one.parts if part.part.record == record)
    rules = [part.rule for part in mine if part.rule is not None]
    days = max((rule.periods[-1].keep.days_at_most for rule in rules), default=0.0)
    late = [part.found.overdue for part in mine if part.found.overdue and part.rule is not None]
    other = len(list(replace(one, parts=mine, around=NOTHING).findings(late_only=True))) - len(late)
    codes = tuple(part.wrong.code for part in mine if part.wrong is not None)
    return Looked(one.holder.name, frozenset({record}), days, sum(late), other + around, codes)


def _of(line: str, one: Seen) -> str:
    """The kind of record of the one index or pattern that a finding on a service begins with; else empty."""
    named = {part.part.record for part in one.parts if line.startswith((f"{part.name}: ", f"{part.name} is "))}
    named |= {part.record for part in one.holder.parts if line.startswith(f"'{part.name}' names ")}
    return named.pop() if len(named) == 1 else ""
