"""``carrel exception``: recorded exceptions (MITL-6.7). Each names scope, reason, approver and an end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from carrel.cli import keeping_verbs
from carrel.cli.at_site import allowed
from carrel.cli.option_values import DAY, WORDS
from carrel.cli.scope_option import scope_options


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
@keeping_verbs.placing_options
def add(approver: str, **given: Any) -> None:
    """Record an exception to the periods of the policy, and wait until it is in force.

    The options narrow each other down. It ends by itself; it appears in the plan, the audit and the notice.
    """
    from carrel.inventory.site import May
    from carrel.store.placement import Kind

    keeping_verbs.place(Kind.EXCEPTION, lambda site: allowed(site, approver, May.APPROVE).name, **given)


@exception.command(name="list", epilog="Example: carrel exception list")
@keeping_verbs.listing_options
def list_exceptions(system_name: str | None, site_path: Path, as_json: bool) -> None:
    """List the open exceptions: since when, until when, which loans in general words, why, and who approved."""
    from carrel.store.placement import Kind

    keeping_verbs.list_entries(Kind.EXCEPTION, system_name, site_path, as_json=as_json)


@exception.command(epilog='Example: carrel exception revoke 3f09a1c2d4e5b607 --as "Ada Example"')
@keeping_verbs.ending_options
def revoke(**given: Any) -> None:
    """End an exception before its time and delete the numbers that it names."""
    from carrel.store.placement import Kind

    keeping_verbs.end(Kind.EXCEPTION, "revoked", **given)
