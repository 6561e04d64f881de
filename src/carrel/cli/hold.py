"""``carrel hold``: legal holds. Placing one waits for the chunk in flight, and no later chunk overtakes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from carrel.cli import keeping_verbs
from carrel.cli.at_site import allowed, open_site
from carrel.cli.option_values import DAY, WORDS
from carrel.cli.scope_option import scope_options


@click.group()
def hold() -> None:
    """Legal holds: keep named loans, whatever the policy says."""


@hold.command(
    epilog='Example: carrel hold place --patron-file named.txt --reason "preservation letter" '
    '--authority "County court 26-117" --as "Ada Example"'
)
@scope_options
@click.option("--reason", required=True, type=WORDS, help="Why, in words that name no patron.")
@click.option("--authority", required=True, type=WORDS, help="The court, the law or the office that it rests on.")
@click.option("--expires", type=DAY, metavar="DATE", help="Last day, where it is known.")
@click.option("--sealed", is_flag=True, help="Under a gag order: it shows in no list and no figure.")
@keeping_verbs.placing_options
def place(authority: str, **given: Any) -> None:
    """Place a legal hold on loans, and wait until it is in force.

    The options narrow each other down: --patron with --branch means that patron's loans at that branch. Numbers given
    here are kept until the hold is released, never shown, and then deleted.
    """
    from carrel.store.placement import Kind

    keeping_verbs.place(Kind.LEGAL_HOLD, lambda _: authority, **given)


@hold.command(name="list", epilog="Example: carrel hold list")
@click.option("--sealed", is_flag=True, help="Also those under a gag order; needs --as with `may: hold`.")
@click.option("--as", "name", metavar="NAME", help="You, as the site file names you; only for --sealed.")
@keeping_verbs.listing_options
def list_holds(sealed: bool, name: str | None, system_name: str | None, site_path: Path, as_json: bool) -> None:
    """List the open legal holds: since when, which loans in general words, why, and by what authority.

    Those under a gag order are left out, also of the count, unless somebody with the right to place one asks for them.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Kind

    if sealed:
        allowed(open_site(site_path), name or "", May.HOLD)
    keeping_verbs.list_entries(Kind.LEGAL_HOLD, system_name, site_path, as_json=as_json, sealed=sealed)


@hold.command(epilog='Example: carrel hold release 3f09a1c2d4e5b607 --as "Ada Example"')
@keeping_verbs.ending_options
def release(**given: Any) -> None:
    """End a legal hold and delete the numbers that it names; its loans go with the next night that finds them due."""
    from carrel.store.placement import Kind

    keeping_verbs.end(Kind.LEGAL_HOLD, "released", **given)
