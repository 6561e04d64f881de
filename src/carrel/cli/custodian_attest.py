"""``carrel custodian attest``: a named person signs for a report of counts; nothing here was measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import allowed, as_option, end_of, json_option, now, open_site, site_option
from carrel.cli.option_values import ANY_FILE, DAY, FILE
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from carrel.accountability.attestation import Attestation, Parts
    from carrel.accountability.count_report import CountReport
    from carrel.inventory.site import Person, Site

TERM_DAYS = 35


@click.command(epilog='Example: carrel custodian attest counts.csv --as "Dee Example" --key dee.key')
@click.argument("place", metavar="REPORT", type=FILE)
@site_option
@as_option
@click.option("--key", "key_file", required=True, type=ANY_FILE, help="Your private key.")
@click.option("--passphrase-file", type=ANY_FILE, help="File with the key's passphrase.")
@click.option("--until", type=DAY, help="Last day on which it speaks.  [default: 35 days after the count]")
@json_option
def attest(
    place: Path,
    site_path: Path,
    name: str,
    key_file: Path,
    passphrase_file: Path | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """As the library, sign for the counts in a custodian's report.

    Where the custodian gives reports and nothing else. REPORT is CSV in UTF-8 with the columns record, as_of and
    overdue, and if you like branch, removed and kept; any other column is refused, and so is a branch that the site
    file does not have. Nothing of the file is kept but sums by kind of record and its digest. What is attested is told
    as attested, under your name, until it expires; a branch that a report by branches leaves out is attested by nobody.
    Needs `may: audit`. Exit code 3 when records are overdue by the report.
    """
    from datetime import UTC

    from carrel.accountability.attestation import Parts
    from carrel.accountability.count_report import MOST_BYTES, read_report
    from carrel.cli.custody_record import custodian_of, settle
    from carrel.errors import Exit
    from carrel.inventory.site import May
    from carrel.store.custodian_folder import CustodianFolder, read_file
    from carrel.systems import policy_files

    site = open_site(site_path)
    said = custodian_of(site, "library")
    person = allowed(site, name, May.AUDIT)
    at = now().astimezone(UTC)
    known = {*said.branches, *(one.unit for one in site.branches)}
    report = read_report(read_file(place, MOST_BYTES), at.date(), known, said.branches)
    policy = policy_files.load(site.policy)
    parts = Parts(said.library, said.host, policy.name, policy.digest, said.branches)
    made, note = signed(report, parts, Signing(person, key_file, passphrase_file, until, at), site)
    folder = CustodianFolder(site.folder)
    with open_store(site) as store, folder.alone():
        folder.keep({f"attestations/{made.digest}.note": note})
        settle(site, store, at)
    if as_json:
        put_json({"attestation": as_dict(made)})
    else:
        _show(made)
    return int(Exit.FINDINGS if made.overdue else Exit.DONE)


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs for a report, with which key, when, and until which day it is to speak; None for the usual term."""

    person: Person
    key_file: Path
    passphrase_file: Path | None
    until: datetime | None
    at: datetime


def signed(report: CountReport, parts: Parts, by: Signing, site: Site) -> tuple[Attestation, str]:
    """An attestation of a report, and its signed note, which holds under the keys of the site file.

    Raises:
        CarrelError: CUS-013 to CUS-015, and of the codes of key files.
    """
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from carrel.accountability.attestation import attest as attested
    from carrel.accountability.attestation import open_attestation, sign_attestation
    from carrel.store.key_file import read_passphrase, read_signer

    last = report.as_of + timedelta(days=TERM_DAYS) if by.until is None else by.until.date()
    made = attested(report, parts, by.person, by.person.role.value, by.at, end_of(last, ZoneInfo("UTC")))
    note = sign_attestation(made, read_signer(by.key_file, read_passphrase(by.passphrase_file)))
    open_attestation(note, site.people)
    return made, note


def as_dict(made: Attestation) -> dict[str, object]:
    """An attestation for programs."""
    return {
        "attested": True,
        "digest": made.digest,
        "person": made.person,
        "role": made.role,
        "host": made.host,
        "policy": made.policy,
        "source_digest": made.source_digest,
        "rows": made.rows,
        "counts": [
            {
                "record": one.record,
                "overdue": one.overdue,
                "removed": one.removed,
                "kept": one.kept,
                "as_of": one.as_of.isoformat(),
                "branches": one.branches,
                "without": list(one.without),
            }
            for one in made.counts
        ],
        "signed_at": made.signed_at.isoformat(),
        "expires_at": made.expires_at.isoformat(),
    }


def _show(made: Attestation) -> None:
    say(f"Attested by {made.person}, {made.role}, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")
    put_table(
        f"By the report of {made.host}, SHA-256 {made.source_digest[:16]}…",
        ("record", "counted on", "branches", "overdue", "removed", "kept"),
        [
            (
                one.record,
                one.as_of.isoformat(),
                number(one.branches) if one.branches else "",
                number(one.overdue),
                "not told" if one.removed is None else number(one.removed),
                "not told" if one.kept is None else number(one.kept),
            )
            for one in made.counts
        ],
        right=(2, 3, 4, 5),
    )
    if made.overdue:
        say(f"{amount(made.overdue, 'record is', 'records are')} past their period by these figures.")
    for branches in sorted({one.without for one in made.counts if one.without}):
        kinds = ", ".join(one.record for one in made.counts if one.without == branches)
        put_line(f"The report says nothing of {', '.join(branches)}: {kinds}.", hang=2)
    put_line("Nobody has measured these figures here: they are told as attested, wherever they are told.")
