"""The beginning of a scope, on the screen: what a case knows of what it asks for."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.cli.screen import put_json
from carrel.cli.store_place import open_store
from carrel.disclosure.scope_draft import draft


def print_scope(*, identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """A scope to be edited, for `carrel disclose produce`.

    Raises:
        CarrelError: DSC-001, DSC-003, DSC-022.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        case, here = store.disclosures.case(identity, viewer)
        words = store.disclosures.words(identity, viewer)
    begun = draft(case, words[0], rules.zone, names_title=here.order_names_title)
    if as_json:
        put_json({"scope": begun})
    else:
        click.echo(begun, nl=False)
