"""``carrel log-service``: how old the events at log services are, their deletion by plans, and who signs for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from carrel.cli.at_site import as_option, json_option, open_site, site_option
from carrel.cli.option_values import ANY_FILE, DAY, FILE, NEW_FILE


@click.group(name="log-service")
def log_service() -> None:
    """Log services: how old their events are, and what is past its time deleted by plan."""


@log_service.command(name="list", epilog="Example: carrel log-service list --json")
@site_option
@json_option
def list_services(site_path: Path, as_json: bool) -> int:
    """Count the events of each index of the site file: how many, how old, and how many are past their time.

    Only reads, and asks for no event: for counts, times, settings and lifecycles. A lifecycle that is missing, longer
    than the policy's period, or at a stop is told, and so are snapshots and what is closed. Exit code 3 when an event
    is past its time, or something else is wrong.
    """
    from carrel.cli.clearing_screen import tell_all
    from carrel.retention.approval import Kind

    return tell_all(open_site(site_path), Kind.LOGS, as_json=as_json)


@log_service.command(epilog='Example: carrel log-service plan vendor --as "Ben Example" --out clear.json')
@click.argument("name", metavar="[SERVICE]", required=False)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: log-service-plan.json]")
@click.option(
    "--as", "by", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@site_option
@json_option
def plan(name: str | None, out: Path | None, by: str | None, site_path: Path, as_json: bool) -> None:
    """Plan which events go: those past the policy's period for what their index holds. Changes nothing.

    An index all of which is past its time goes as a whole, of any other the old events. The plan names each index, with
    counts and days. It needs a second person: `carrel approve PLAN`.
    """
    from carrel.cli.clearing import make
    from carrel.retention.approval import Kind

    make(open_site(site_path), Kind.LOGS, name, out, by, as_json=as_json)


@log_service.command(epilog="Example: carrel log-service apply clear.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@site_option
@json_option
def apply(place: Path, site_path: Path, as_json: bool) -> None:
    """Delete the events of an approved plan, and no other, and count afterwards.

    Refused when more is past its time than was approved, and while a legal hold on everything is in force. An index
    that was made anew under its name stays. Killed at any moment, the same command goes on where it was.
    """
    from carrel.cli.clearing_apply import carry_out
    from carrel.retention.approval import Kind

    carry_out(open_site(site_path), place, Kind.LOGS, as_json=as_json)


@log_service.command(epilog='Example: carrel log-service attest counts.csv campus-it --as "Ida Example" --key ida.key')
@click.argument("place", metavar="REPORT", type=FILE)
@click.argument("service", metavar="[SERVICE]", required=False)
@site_option
@as_option
@click.option("--key", "key_file", required=True, type=ANY_FILE, help="Your private key.")
@click.option("--passphrase-file", type=ANY_FILE, help="File with the key's passphrase.")
@click.option("--until", type=DAY, help="Last day on which it speaks.  [default: 35 days after the count]")
@json_option
def attest(
    place: Path,
    service: str | None,
    site_path: Path,
    name: str,
    key_file: Path,
    passphrase_file: Path | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """Sign for the counts of a log service that has no interface, as the person there whom the site file names.

    REPORT is CSV in UTF-8 with the columns record, as_of and overdue, and if you like removed and kept. Nothing of it
    is kept but its sums and its digest. What is attested is told as attested, under your name, until it expires; then
    it is a finding. Exit code 3 when records are overdue by the report, or it leaves out a kind of record there.
    """
    from carrel.cli.log_service_attest import Asked
    from carrel.cli.log_service_attest import attest as attested

    asked = Asked(service, place, name, key_file, passphrase_file, until)
    return attested(open_site(site_path), asked, as_json=as_json)
