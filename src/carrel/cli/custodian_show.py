"""``carrel custodian show``: how things stand between a library and its custodian."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option, now, open_site, site_option
from carrel.cli.screen import put_json, put_line, put_table, say, sentence

if TYPE_CHECKING:
    from carrel.inventory.site import Site


@click.command(epilog="Example: carrel custodian show")
@site_option
@json_option
def show(site_path: Path, as_json: bool) -> int:
    """Tell what is asked for, what came back, and what is due next. Reads files only.

    Exit code 3 at the library when evidence is overdue or not as it was asked for, or nothing was asked.
    """
    site = open_site(site_path)
    if site.custodian is not None and not site.custodian.is_library:
        return _as_host(site, as_json=as_json)
    return as_library(site, as_json=as_json)


def instead(site_path: Path, *, as_json: bool) -> None:
    """Where the site has no system of its own, tell this in place of a look at the database, and end the verb.

    Raises:
        Exit: with the exit code, where it was told.
    """
    site = open_site(site_path)
    if not site.originals and site.custodian is not None:
        raise click.exceptions.Exit(as_library(site, as_json=as_json))


def as_library(site: Site, *, as_json: bool) -> int:
    """The library's side, by evidence that was checked here or by figures that somebody attested.

    Raises:
        CarrelError: CUS-009.
    """
    from carrel.accountability.custody import custody_reading, left_out, next_due, silent_branches
    from carrel.accountability.evidence import State
    from carrel.cli.custody_record import custodian_of
    from carrel.cli.custody_told import custody_facts
    from carrel.errors import Exit
    from carrel.systems import policy_files

    said = custodian_of(site, "library")
    custody = custody_facts(site, policy_files.load(site.policy))
    if custody is None:
        raise ValueError("a library's site has a custody")
    reading = custody_reading(custody, now())
    due = next_due(custody)
    if as_json:
        put_json(
            {
                "custodian": said.host,
                "state": reading.state.value,
                "says": reading.says,
                "because": reading.because,
                "fix": reading.fix,
                "figures": dict(reading.measured),
                "request": None if custody.asked is None else custody.asked.digest,
                "nothing_shown_of": list(left_out(custody)),
                "branches_left_out": {name: list(kinds) for name, kinds in silent_branches(custody).items()},
                "next_evidence_due": None if due is None else due.isoformat(),
            }
        )
    else:
        if told := [(name, str(value)) for name, value in reading.measured.items()]:
            put_table("Custody", ("", ""), [("library", said.library), *told])
        put_line(reading.says)
        if reading.fix:
            put_line(f"{sentence(reading.because)}. {sentence(reading.fix)}", hang=2)
    return int(Exit.DONE if reading.state in {State.BY_CUSTODIAN, State.ATTESTED} else Exit.FINDINGS)


def _as_host(site: Site, *, as_json: bool) -> int:
    from carrel.cli.custodian_gate import in_force
    from carrel.cli.custodian_request import as_dict
    from carrel.errors import Exit
    from carrel.store.custodian_folder import CustodianFolder

    request = in_force(site)
    made = CustodianFolder(site.folder).made()
    if request is None:
        raise ValueError("a custodian's site has a request")
    over = now() >= request.valid_until
    if as_json:
        given = [{"digest": one.digest, "request": one.request, "leaves": one.size, "runs": one.runs} for one in made]
        put_json({"request": as_dict(request), "in_force": not over, "bundles": given})
    else:
        until = f"{'ended' if over else 'until'} {request.valid_until:%Y-%m-%d}"
        say(f"Request {request.digest[:16]} of {request.library}, policy {request.policy}, {until}.")
        for one in made:
            say(f"  - bundle {one.digest[:16]}, up to leaf {one.size - 1}, {one.runs} runs")
        if not made:
            say("No bundle was made yet: carrel custodian bundle --out FILE")
    return int(Exit.FINDINGS if over else Exit.DONE)
