"""``carrel log-service attest``: a person at a log service signs for its counts, where nobody else can look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carrel.accountability.attestation import Parts
from carrel.accountability.count_report import MOST_BYTES, read_report
from carrel.cli.at_site import allowed, now
from carrel.cli.custodian_attest import Signing, as_dict, signed
from carrel.cli.record import deliver
from carrel.cli.screen import put_json, put_line, say
from carrel.cli.signed_services import signed_services
from carrel.cli.store_place import open_store
from carrel.errors import Exit, fault
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.retention.approval import Kind
from carrel.store.attestation_folder import AttestationFolder
from carrel.store.custodian_folder import read_file
from carrel.systems import faults, policy_files
from carrel.systems.outside import called, holder_of

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.accountability.attestation import Attestation
    from carrel.inventory.log_service import LogService
    from carrel.inventory.site import Site


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    service: str | None
    place: Path
    name: str
    key_file: Path
    passphrase_file: Path | None
    until: datetime | None


def attest(site: Site, asked: Asked, *, as_json: bool) -> int:
    """Sign for a report, keep what was signed, tell the ledger, and show it; what it leaves open is a finding at once.

    Raises:
        CarrelError: CLR-006, no such service; HLS-011, it can be looked into; CUS-013 to CUS-016; HLD-006.
    """
    service = _closed(site, asked)
    person = allowed(site, asked.name, May.AUDIT)
    if person.name != service.attested_by:
        raise fault(
            faults.LOG_OPEN if service.reached else faults.LOG_CLOSED,
            at=called(service),
            wanted=f"a signature of {service.attested_by}, as 'attested_by' says",
            found="another person",
            fix="have that person sign, or name another one in the site file",
        )
    at = now().astimezone(UTC)
    report = read_report(read_file(asked.place, MOST_BYTES), at.date())
    policy = policy_files.load(site.policy)
    parts = Parts(site.library, service.name, policy.name, policy.digest)
    made, note = signed(report, parts, Signing(person, asked.key_file, asked.passphrase_file, asked.until, at), site)
    with open_store(site) as store:
        AttestationFolder(site.folder, service.name).keep(made.digest, note)
        store.owed.add([_leaf(made, at)], at)
        deliver(site, store, at)
    told = [line for one in signed_services(site, policy, at) if one.name == service.name for line in one.findings()]
    if as_json:
        put_json({"attestation": as_dict(made), "findings": told})
    else:
        say(f"Attested by {made.person}, {made.role}, for {service.name}, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")
        for one in made.counts:
            put_line(f"{one.record}: {one.overdue:,} past their period on {one.as_of}", "  - ")
        put_line("Nobody has measured these figures here: they are told as attested, wherever they are told.")
        for line in told:
            put_line(line, "  - ")
    return int(Exit.FINDINGS if made.overdue or told else Exit.DONE)


def _closed(site: Site, asked: Asked) -> LogService:
    from carrel.inventory.log_service import LogService

    found = holder_of(site, Kind.LOGS, asked.service)
    if not isinstance(found, LogService) or found.reached:
        raise fault(
            faults.LOG_OPEN,
            at=called(found),
            wanted="a service with 'interface: none'",
            found="one that can be looked into",
            because="what can be measured is not taken on anybody's word",
            fix="carrel log-service list",
        )
    return found


def _leaf(made: Attestation, at: datetime) -> OpenLeaf:
    told: dict[str, int | str | list[str]] = {
        "action": "attested",
        "attestation_digest": made.digest,
        "source_digest": made.source_digest,
        "policy_digest": made.policy_digest,
        "still_due": banded(made.overdue),
        "outcome": "attested",
        "expires": utc_seconds(made.expires_at),
    }
    return OpenLeaf("custody", at, told)
