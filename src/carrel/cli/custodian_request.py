"""``carrel custodian request``: the library asks its custodian, in writing and signed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import end_of, json_option, now, open_site, site_option
from carrel.cli.option_values import ANY_FILE, DAY, NEW_FILE, WORDS
from carrel.cli.screen import put_json, put_line, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.accountability.plan_request import PlanRequest
    from carrel.inventory.custodian import Custodian
    from carrel.inventory.site import Site

TERM_DAYS, EVIDENCE_DAYS, AS_OF_HOURS = 365, 35, 24


@click.command(epilog="Example: carrel custodian request --key keys/library.key --out request.note")
@site_option
@click.option("--key", "key_file", required=True, type=ANY_FILE, help="The library's private key.")
@click.option("--passphrase-file", type=ANY_FILE, help="File with the key's passphrase.")
@click.option("--out", required=True, type=NEW_FILE, help="Where the request goes.")
@click.option("--until", type=DAY, help="Last day on which it is in force.  [default: a year from now]")
@click.option(
    "--evidence-every",
    "evidence_days",
    type=click.IntRange(1, 100),
    default=EVIDENCE_DAYS,
    show_default=True,
    help="At most so many days between two bundles of evidence.",
)
@click.option("--branch", "branches", multiple=True, type=WORDS, help="Only this branch; may be given several times.")
@json_option
def request(
    site_path: Path,
    key_file: Path,
    passphrase_file: Path | None,
    out: Path,
    until: datetime | None,
    evidence_days: int,
    branches: tuple[str, ...],
    as_json: bool,
) -> None:
    """As the library, ask the custodian to carry out the policy.

    Writes one signed file for the custodian: the policy, whole and with its digest, which kinds of record and branches
    may be worked on, until when, and how often evidence is due. Nothing but what stands in it may be done. A newer
    request takes the place of the one before.
    """
    from carrel.accountability.plan_request import parse, sign_request
    from carrel.cli.custody_record import custodian_of, settle
    from carrel.ledger.note import parse_note
    from carrel.store.custodian_folder import CustodianFolder, write_file
    from carrel.store.key_file import read_passphrase, read_signer

    site = open_site(site_path)
    said = custodian_of(site, "library")
    made = _made(site, said, until, evidence_days, branches)
    note = sign_request(made, read_signer(key_file, read_passphrase(passphrase_file)))
    parse(parse_note(note).text)  # what is sent is what the custodian will be able to read
    folder = CustodianFolder(site.folder)
    with open_store(site) as store, folder.alone():
        folder.keep({f"requests/{made.digest}.note": note})
        write_file(out, note.encode())
        settle(site, store, now())
    if as_json:
        put_json({"request": as_dict(made), "file": str(out)})
        return
    say(f"Request {made.digest[:16]} of {made.library} to {made.host}:")
    put_line(f"policy {made.policy}, {amount(len(made.records), 'kind')} of record, until {made.valid_until:%Y-%m-%d}")
    say(f"Evidence is due every {amount(made.evidence_days, 'day')}.")
    put_line(f"Send {out} to the custodian, who gives:", hang=2)
    say(f"  carrel custodian accept {out.name} --site SITE --as NAME")


def as_dict(request: PlanRequest) -> dict[str, object]:
    """A request for programs; its policy by name and digest."""
    return {
        "digest": request.digest,
        "library": request.library,
        "host": request.host,
        "policy": request.policy,
        "policy_digest": request.policy_digest,
        "records": list(request.records),
        "branches": list(request.branches),
        "as_of_hours": request.as_of_hours,
        "evidence_days": request.evidence_days,
        "issued_at": request.issued_at.isoformat(),
        "valid_until": request.valid_until.isoformat(),
    }


def _made(
    site: Site, said: Custodian, until: datetime | None, evidence_days: int, branches: tuple[str, ...]
) -> PlanRequest:
    import secrets
    from datetime import UTC, timedelta
    from zoneinfo import ZoneInfo

    from carrel.accountability.plan_request import PlanRequest
    from carrel.policy.record_type import RecordType
    from carrel.systems import policy_files

    text = policy_files.whole_text(site.policy)
    policy = policy_files.of_text(text, Path(site.policy).name)
    kinds = [RecordType.LOANS.value, *(kind.value for kind in policy.record_schedules())]
    policy.loan_schedule()  # a policy without loans is refused here, not at the custodian's
    at = now().astimezone(UTC)
    return PlanRequest(
        library=said.library,
        library_key=said.library_key,
        host=said.host,
        host_key=said.host_key,
        policy=policy.name,
        policy_digest=policy.digest,
        policy_text=text,
        records=tuple(kinds),
        branches=tuple(dict.fromkeys(branches)),
        as_of_hours=AS_OF_HOURS,
        evidence_days=evidence_days,
        nonce=secrets.token_hex(16),
        issued_at=at,
        valid_until=at + timedelta(days=TERM_DAYS) if until is None else end_of(until.date(), ZoneInfo("UTC")),
    )
