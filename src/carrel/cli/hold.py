"""``carrel hold``: legal holds. Placing one waits for the chunk in flight, and no later chunk overtakes it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from carrel.cli.at_site import allowed, as_option, json_option, now, open_site, open_store, site_option
from carrel.cli.keeping_verbs import ended, list_entries, put_placed, unmatched, when_over
from carrel.cli.option_values import DAY, WORDS
from carrel.cli.scope_option import Said, scope_options

_SYSTEM = click.option(
    "--system", "system_name", type=WORDS, metavar="NAME", help="Which system, where the site has several."
)


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
@_SYSTEM
@as_option
@site_option
@json_option
def place(
    reason: str,
    authority: str,
    expires: datetime | None,
    sealed: bool,
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
    **said: Any,
) -> None:
    """Place a legal hold on loans, and wait until it is in force.

    The options narrow each other down: --patron with --branch means that patron's loans at that branch. Numbers given
    here are kept until the hold is released, never shown, and then deleted.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Kind, Order
    from carrel.systems.site_file import system_of

    scope = Said(**said).scope()
    site = open_site(site_path)
    system = system_of(site, system_name)
    person = allowed(site, name, May.HOLD)
    until = when_over(expires, system)
    with open_store(site) as store:
        order = Order(Kind.LEGAL_HOLD, system.name, scope, reason, authority, person.name, until, sealed)
        placed = store.keepings.place(order, now)
    put_placed(placed, unmatched(system, scope), as_json=as_json)


@hold.command(name="list", epilog="Example: carrel hold list")
@click.option("--sealed", is_flag=True, help="Also those under a gag order; needs --as with `may: hold`.")
@click.option("--as", "name", metavar="NAME", help="You, as the site file names you; only for --sealed.")
@_SYSTEM
@site_option
@json_option
def list_holds(sealed: bool, name: str | None, system_name: str | None, site_path: Path, as_json: bool) -> None:
    """List the open legal holds: since when, which loans in general words, why, and by what authority.

    Those under a gag order are left out, also of the count, unless somebody with the right to place one asks for them.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Kind

    site = open_site(site_path)
    if sealed:
        allowed(site, name or "", May.HOLD)
    list_entries(Kind.LEGAL_HOLD, site, system_name, as_json=as_json, sealed=sealed)


@hold.command(epilog='Example: carrel hold release 3f09a1c2d4e5b607 --as "Ada Example"')
@click.argument("identity", metavar="ID", type=WORDS)
@as_option
@site_option
@json_option
def release(identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """End a legal hold and delete the numbers that it names; its loans go with the next night that finds them due."""
    from carrel.inventory.site import May
    from carrel.store.placement import Kind

    site = open_site(site_path)
    person = allowed(site, name, May.HOLD)
    with open_store(site) as store:
        store.keepings.release(identity, person.name, now(), Kind.LEGAL_HOLD)
    ended(identity, "released", as_json=as_json)
