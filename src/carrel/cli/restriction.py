"""``carrel restriction``: which restrictions of processing are in force. Nobody's name or number is shown."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option, open_site, site_option
from carrel.cli.screen import put_json, put_line, put_table
from carrel.cli.store_place import open_store


@click.group()
def restriction() -> None:
    """Restrictions of processing that are in force, by case."""


@restriction.command(name="list", epilog="Example: carrel restriction list")
@click.option("--system", "system_name", help="Only those of this system.")
@site_option
@json_option
def list_restrictions(system_name: str | None, site_path: Path, as_json: bool) -> None:
    """List the restrictions in force: since when, on which ground, and whether records are kept from disposal.

    They are planned with `carrel plan --restrict` and lifted with `carrel plan --lift`.
    """
    from carrel.retention.restriction import GROUND, INSTEAD, KEEP
    from carrel.store.sealed_cases import RUNNING
    from carrel.systems.site_systems import system_of

    site = open_site(site_path)
    if system_name is not None:
        system_name = system_of(site, system_name).name
    with open_store(site) as store:
        found = store.restrictions.in_force(system_name)
        terms = {one.case: store.person_cases.terms(one.case) for one in found}
        lost = store.restrictions.lost(system_name)
    if as_json:
        put_json(
            {
                "restrictions": [
                    {
                        "case": one.case,
                        "system": one.system,
                        "since": one.started_at.isoformat() if one.started_at else None,
                        GROUND: terms[one.case][GROUND],
                        KEEP: terms[one.case][KEEP] == "yes",
                        "interrupted": one.state == RUNNING,
                        "key_lost": one.case in lost,
                    }
                    for one in found
                ]
            }
        )
        return
    put_table(
        f"{amount(len(found), 'restriction')} in force",
        ("case", "system", "since", "ground", "keep", ""),
        [
            (
                one.case,
                one.system,
                f"{one.started_at:%Y-%m-%d}" if one.started_at else "",
                terms[one.case][GROUND],
                terms[one.case][KEEP],
                "its key is lost"
                if one.case in lost
                else "interrupted: apply its plan again"
                if one.state == RUNNING
                else "",
            )
            for one in found
        ],
    )
    stops = [case for case in lost if terms[case][KEEP] == "yes"]
    if lost:
        stopped = "nothing is disposed of" if stops else "nothing is counted, and a run that counts is refused"
        put_line(
            f"Where a key is lost, {stopped} until its file is back in the folder `cases`, or the same "
            f"person is restricted anew with `{INSTEAD}: CASE`, or the case is given up with `carrel plan --lift`."
        )
