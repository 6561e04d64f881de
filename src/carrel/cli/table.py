"""``carrel table``: how old the rows of tables and CSV files are, and their clearing by plans of two people."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE


@click.group()
def table() -> None:
    """Tables and CSV files with a clock: how old their rows are, and what is past its time cleared by plan."""


@table.command(name="list", epilog="Example: carrel table list --json")
@site_option
@json_option
def list_tables(site_path: Path, as_json: bool) -> int:
    """Count the rows of each table of the site file: how many, how old, and how many are past their time.

    Only reads, and shows no value of a row. Of totals it looks whether a column tells of single persons. Exit code 3
    when a row is past its time or has no usable date, 4 when a table is not as the site file declares it.
    """
    from carrel.cli.clearing_screen import tell_all
    from carrel.retention.approval import Kind

    return tell_all(open_site(site_path), Kind.ROWS, as_json=as_json)


@table.command(epilog='Example: carrel table plan pc-bookings --as "Ben Example" --out clear.json')
@click.argument("name", metavar="[TABLE]", required=False)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: table-plan.json]")
@click.option(
    "--as", "by", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@site_option
@json_option
def plan(name: str | None, out: Path | None, by: str | None, site_path: Path, as_json: bool) -> None:
    """Plan which rows go, or lose columns: those past the policy's period by their own clock. Changes nothing.

    With `blank:` in the site file, rows stay and lose these columns. The plan names each row by a digest of its key. It
    needs a second person: `carrel approve PLAN`.
    """
    from carrel.cli.clearing import make
    from carrel.retention.approval import Kind

    make(open_site(site_path), Kind.ROWS, name, out, by, as_json=as_json)


@table.command(epilog="Example: carrel table apply clear.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@site_option
@json_option
def apply(place: Path, site_path: Path, as_json: bool) -> None:
    """Delete or blank the rows of an approved plan, and no other, in short steps, and look afterwards.

    A row whose clock was set since stays where it is not due any more. Refused while a trigger would run that nobody
    has looked at, and while a legal hold on everything is in force. Killed at any moment, the same command goes on.
    """
    from carrel.cli.clearing_apply import carry_out
    from carrel.retention.approval import Kind

    carry_out(open_site(site_path), place, Kind.ROWS, as_json=as_json)
