"""``carrel mailbox``: how old messages are, and their end by plans that a second person approves."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.option_values import ANY_FILE, NEW_FILE


@click.group()
def mailbox() -> None:
    """Mailboxes: how old their messages are, and what is past its time deleted or de-identified by plan."""


@mailbox.command(name="list", epilog="Example: carrel mailbox list --json")
@site_option
@json_option
def list_mailboxes(site_path: Path, as_json: bool) -> int:
    """Count the messages of each folder of the site file: how many, how old, and how many are past their time.

    Only reads, marks nothing as read, and shows no subject, sender or text. Exit code 3 when a message is past its
    time, or has no usable date.
    """
    from carrel.cli.clearing_screen import tell_all
    from carrel.retention.approval import Kind

    return tell_all(open_site(site_path), Kind.MAIL, as_json=as_json)


@mailbox.command(epilog='Example: carrel mailbox plan reference --as "Ben Example" --out clear.json')
@click.argument("name", metavar="[MAILBOX]", required=False)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: mailbox-plan.json]")
@click.option(
    "--as", "by", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@site_option
@json_option
def plan(name: str | None, out: Path | None, by: str | None, site_path: Path, as_json: bool) -> None:
    """Plan which messages go: those past the policy's period for what their folder holds. Changes nothing.

    Where the folder says `then: de-identify`, threads past the period stay, and lose whom they name.

    The plan names each message by a digest, and shows nothing of it. It needs a second person: `carrel approve PLAN`.
    """
    from carrel.cli.clearing import make
    from carrel.retention.approval import Kind

    make(open_site(site_path), Kind.MAIL, name, out, by, as_json=as_json)


@mailbox.command(epilog="Example: carrel mailbox apply clear.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@site_option
@json_option
def apply(place: Path, site_path: Path, as_json: bool) -> None:
    """Delete or de-identify what an approved plan names, and look afterwards.

    Refused when a folder was made or numbered anew, and while a legal hold on everything is in force. Killed at any
    moment, the same command goes on where it was.
    """
    from carrel.cli.clearing_apply import carry_out
    from carrel.retention.approval import Kind

    carry_out(open_site(site_path), place, Kind.MAIL, as_json=as_json)
