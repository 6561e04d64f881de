"""``carrel export``: what may leave, through a gate."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import NEW_FILE, WORDS

_FIELDS = ("name", "email address", "postal address", "telephone number")


@click.group()
def export() -> None:
    """Addresses that may leave, through the gate of the policy, of consents and of silence."""


@export.command(
    epilog='Example: carrel export contacts --purpose "library news" --recipient "the library" --out news.csv '
    '--as "Dee Example"'
)
@click.option("--purpose", required=True, type=WORDS, help="What they are for, as the policy names it.")
@click.option("--recipient", required=True, type=WORDS, help="Who gets them, as the policy names it.")
@click.option("--out", required=True, type=NEW_FILE, help="The file, for its owner alone; nothing may stand there.")
@click.option(
    "--field", "fields", multiple=True, type=click.Choice(_FIELDS),
    help="What goes.  [default: name and email address, as far as the policy gives them]",
)  # fmt: skip
@click.option("--system", "system_name", type=WORDS, metavar="NAME", help="Which system, where the site has several.")
@as_option
@site_option
@json_option
def contacts(
    purpose: str, recipient: str, out: Path, fields: tuple[str, ...], system_name: str | None, name: str,
    site_path: Path, *, as_json: bool,
) -> None:  # fmt: skip
    """Write the addresses of those who may be written to, and count those who may not.

    The policy decides whether anybody has to have agreed, which fields go, and to whom. Whoever withdrew, objected,
    asked for silence, was erased, or whose use is restricted, is never among them. Who was left out is counted by
    reason, and never listed. The database is only read. Needs `may: export`.
    """
    from carrel.cli.contact_export import Asked, carry_out

    carry_out(Asked(purpose, recipient, out, fields, system_name, name, site_path), as_json=as_json)
