"""``carrel run-due``: the nightly run, for cron or a systemd timer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER
from carrel.cli.screen import put_line, say
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.cli.aftermath import Aftermath
    from carrel.cli.due_night import SystemNight
    from carrel.inventory.site import Site

# The worst comes first: what was cut and is still there, a failure, a refusal, a plan that waits.
_WORST = (Exit.VERIFICATION_FAILED, Exit.FAILED, Exit.USAGE, Exit.REFUSED, Exit.APPROVAL_PENDING, Exit.FINDINGS)


@click.command(epilog="Example: carrel run-due --site /srv/carrel")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "names", multiple=True, help="Only this system; may be given several times.")
@click.option("--print-units", is_flag=True, help="Print systemd units for this site, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the night as JSON.")
def run_due(site: Path, names: tuple[str, ...], print_units: bool, as_json: bool) -> int:
    """The nightly run: plan, apply, verify, sweep, record.

    First shreds the undo capsules whose time is over, and goes on with a run that was interrupted. Then plans, and
    applies only what a standing approval or a person's approval covers; otherwise writes the plan into the site's
    folder, mails the people, and ends with 6. Keeps opening hours and blackout dates. Leaves copies alone. A second
    call in one night finds nothing to do.
    """
    from carrel.cli import aftermath, capsules, due_night, premises, screen
    from carrel.cli.at_site import open_store
    from carrel.systems import site_file, site_systems

    here = site_file.load_site(site)
    if print_units:
        _print_units(here, site_file.place_of(site), as_json=as_json)
        return int(Exit.DONE)
    systems = [site_systems.system_of(here, name) for name in dict.fromkeys(names)] or list(here.originals)
    began = premises.now()
    with open_store(here) as store:
        shredded, in_the_way = capsules.shred_due(here, store, began)
    nights = [due_night.run_system(site, system, began) for system in systems]
    with open_store(here) as store:
        after = aftermath.follow_up(here, store, nights, began, shredded, in_the_way)
    if as_json:
        screen.put_json(as_dict(nights, after))
    else:
        show(nights, after, here.folder)
    return int(exit_of(nights, after))


def exit_of(nights: list[SystemNight], after: Aftermath) -> Exit:
    """The worst of all systems; what only went wrong around a night counts as a finding."""
    codes = {night.exit for night in nights} | ({Exit.FINDINGS} if after.codes else set())
    return next((code for code in _WORST if code in codes), Exit.DONE)


def as_dict(nights: list[SystemNight], after: Aftermath) -> dict[str, Any]:
    """The night for programs."""
    return {
        "systems": [
            {
                "system": night.system,
                "night": night.night.isoformat(),
                "went": night.went.value,
                "why": list(night.why),
                "codes": list(night.codes),
                "pending_plan": night.plan if night.exit is Exit.APPROVAL_PENDING else None,
                "runs": [
                    {
                        "id": report.run,
                        "outcome": report.outcome.value,
                        "loans": report.tally.loans,
                        "rows": report.tally.rows,
                        "remaining": report.remaining,
                        "led_back": report.hits,
                        "open_joins": [one.as_dict() for one in report.open_joins],
                    }
                    for report in night.reports
                ],
            }
            for night in nights
        ],
        "ledger": None if after.receipt is None else {"size": after.receipt.size, "root": after.receipt.root},
        "shredded": list(after.shredded),
        "findings": list(after.codes),
        "health": after.health.as_dict() if after.health else None,
    }


def show(nights: list[SystemNight], after: Aftermath, folder: Path) -> None:
    """The night as a person reads it; ``folder`` is the site's own, where a plan that waits was written."""
    from carrel.cli.due_night import PENDING_FILE
    from carrel.cli.open_joins import lines

    for night in nights:
        cut = sum(report.tally.loans for report in night.reports)
        erased = sum(report.cards.people for report in night.reports)
        also = f", {amount(erased, 'lapsed card')} erased" if erased else ""
        reduced = sum(report.cards.reduced for report in night.reports)
        also += f", {amount(reduced, 'record')} reduced and kept for the financial record" if reduced else ""
        say(f"{night.system}, night of {night.night}: {night.went.value}; {amount(cut, 'loan')} de-identified{also}")
        for line in (*night.why, *night.codes, *(lines(night.reports[-1].open_joins) if night.reports else ())):
            put_line(line, "  - ")
        if night.exit is Exit.APPROVAL_PENDING and night.plan:
            waiting = folder / PENDING_FILE.format(system=night.system)
            say(f"  carrel approve {waiting} --as NAME --key FILE")
    for run in after.shredded:
        say(f"Undo capsule of run {run}: shredded, its loans are disposed of for good")
    if after.receipt is not None:
        say(f"Ledger: {amount(after.receipt.size, 'leaf', 'leaves')}, root {after.receipt.root[:16]}…")
    for code in after.codes:
        say(f"Afterwards: {code}")


def _print_units(site: Site, place: Path, *, as_json: bool) -> None:
    import getpass
    import shutil

    from carrel.cli.screen import put_json
    from carrel.systems.unit_files import units

    command = Path(shutil.which("carrel") or Path(sys.executable).with_name("carrel")).absolute()
    copies = [copy.folder for copy in site.outside_copies if copy.folder is not None]
    found = units(site.folder.absolute(), command, site=place.absolute(), user=getpass.getuser(), writable=copies)
    if as_json:
        put_json({"units": found})
        return
    for name, text in found.items():
        say(f"# /etc/systemd/system/{name}\n{text}")
