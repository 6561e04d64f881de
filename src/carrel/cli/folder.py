"""``carrel folder``: how old the files of folders are, and their deletion by plans that a second person approves."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE


@click.group()
def folder() -> None:
    """Folders of files: how old their events are, and what is past its time deleted by plan."""


@folder.command(name="list", epilog="Example: carrel folder list --json")
@site_option
@json_option
def list_folders(site_path: Path, as_json: bool) -> int:
    """Count the files of each folder of the site file: how many, how old, and how many are past their time.

    Only reads, and shows no line and no name of a file. Exit code 3 when a file is past its time, has no usable date,
    or cannot be read.
    """
    from carrel.cli.clearing_screen import tell_all
    from carrel.retention.approval import Kind

    return tell_all(open_site(site_path), Kind.FILES, as_json=as_json)


@folder.command(epilog='Example: carrel folder plan bookings --as "Ben Example" --out clear.json')
@click.argument("name", metavar="[FOLDER]", required=False)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: folder-plan.json]")
@click.option(
    "--as", "by", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@site_option
@json_option
def plan(name: str | None, out: Path | None, by: str | None, site_path: Path, as_json: bool) -> None:
    """Plan which files go: those whose newest event is past the policy's period. Changes nothing.

    With `lines: yes` in the site file, it plans from which files the old lines go. The plan names each file by a
    digest. It needs a second person: `carrel approve PLAN`.
    """
    from carrel.cli.clearing import make
    from carrel.retention.approval import Kind

    make(open_site(site_path), Kind.FILES, name, out, by, as_json=as_json)


@folder.command(epilog="Example: carrel folder apply clear.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@site_option
@json_option
def apply(place: Path, site_path: Path, as_json: bool) -> None:
    """Delete the files, or the old lines, of an approved plan, and nothing else, and look afterwards.

    A file that has changed since, or that a program is writing, stays. Refused while a legal hold on everything is in
    force. Killed at any moment, the same command goes on where it was.
    """
    from carrel.cli.clearing_apply import carry_out
    from carrel.retention.approval import Kind

    carry_out(open_site(site_path), place, Kind.FILES, as_json=as_json)
