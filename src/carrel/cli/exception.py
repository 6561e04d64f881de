"""``carrel exception``: recorded exceptions (MITL-6.7). Each names scope, reason, approver and an end."""

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
def exception() -> None:
    """Recorded exceptions: keep named loans longer, with a reason."""


@exception.command(
    epilog='Example: carrel exception add --branch MUSIC --until 2025-06-30 --reason "insurance claim" '
    '--approver "Ben Example" --expires 2026-12-31 --as "Ada Example"'
)
@scope_options
@click.option("--reason", required=True, type=WORDS, help="Why, in words that name no patron.")
@click.option("--approver", required=True, metavar="NAME", help="Who approved it: a person who may approve.")
@click.option("--expires", type=DAY, metavar="DATE", help="Last day. It must have one.")
@_SYSTEM
@as_option
@site_option
@json_option
def add(
    reason: str,
    approver: str,
    expires: datetime | None,
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
    **said: Any,
) -> None:
    """Record an exception to the periods of the policy, and wait until it is in force.

    The options narrow each other down. It ends by itself; it appears in the plan, the audit and the notice.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Kind, Order
    from carrel.systems.site_file import system_of

    scope = Said(**said).scope()
    site = open_site(site_path)
    system = system_of(site, system_name)
    person = allowed(site, name, May.HOLD)
    by = allowed(site, approver, May.APPROVE)
    until = when_over(expires, system)
    with open_store(site) as store:
        order = Order(Kind.EXCEPTION, system.name, scope, reason, by.name, person.name, until)
        placed = store.keepings.place(order, now)
    put_placed(placed, unmatched(system, scope), as_json=as_json)


@exception.command(name="list", epilog="Example: carrel exception list")
@_SYSTEM
@site_option
@json_option
def list_exceptions(system_name: str | None, site_path: Path, as_json: bool) -> None:
    """List the open exceptions: since when, until when, which loans in general words, why, and who approved."""
    from carrel.store.placement import Kind

    list_entries(Kind.EXCEPTION, open_site(site_path), system_name, as_json=as_json)


@exception.command(epilog='Example: carrel exception revoke 3f09a1c2d4e5b607 --as "Ada Example"')
@click.argument("identity", metavar="ID", type=WORDS)
@as_option
@site_option
@json_option
def revoke(identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """End an exception before its time and delete the numbers that it names."""
    from carrel.inventory.site import May
    from carrel.store.placement import Kind

    site = open_site(site_path)
    person = allowed(site, name, May.HOLD)
    with open_store(site) as store:
        store.keepings.release(identity, person.name, now(), Kind.EXCEPTION)
    ended(identity, "revoked", as_json=as_json)
