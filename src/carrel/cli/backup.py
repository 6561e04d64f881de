"""``carrel backup``: backups as their own tool lists them, and their expiry by plans that a second person approves."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE


@click.group()
def backup() -> None:
    """Backups: their ages by their own tool, and what is past its time expired by plan."""


@backup.command(name="list", epilog="Example: carrel backup list --json")
@site_option
@json_option
def list_backups(site_path: Path, as_json: bool) -> int:
    """List the backups of the site file: how many copies, how old, and which are past their time.

    Only reads, and takes no lock. Exit code 3 when a copy is past its time, half-written or made in the future.
    """
    from carrel.cli.backup_screen import tell_all

    return tell_all(open_site(site_path), as_json=as_json)


@backup.command(epilog='Example: carrel backup plan nightly --as "Ben Example" --out expire.json')
@click.argument("name", metavar="[BACKUP]", required=False)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: backup-plan.json]")
@click.option(
    "--as", "by", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@click.option("--read-data", "read", is_flag=True, help="Have all data of what stays read first.")
@site_option
@json_option
def plan(name: str | None, out: Path | None, by: str | None, read: bool, site_path: Path, as_json: bool) -> None:
    """Plan which copies go: those past the policy's period for backups, and never the newest. Changes nothing.

    The plan names each copy by its id. It needs a second person: `carrel approve PLAN`.
    """
    from carrel.cli.backup_expiry import make

    make(open_site(site_path), name, out, by, read=read, as_json=as_json)


@backup.command(epilog="Example: carrel backup apply expire.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@click.option("--read-data", "read", is_flag=True, help="Have all data of what stays read first.")
@site_option
@json_option
def apply(place: Path, read: bool, site_path: Path, as_json: bool) -> None:
    """Delete the copies of an approved plan through their own tool, and read the list back.

    Refused when the list has changed so that something else would go, and while a legal hold on everything is in force.
    Killed at any moment, the same command goes on where it was.
    """
    from carrel.cli.backup_expiry import carry_out

    carry_out(open_site(site_path), place, read=read, as_json=as_json)
