"""``carrel run-due``: the nightly run, for cron or a systemd timer."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from carrel.amount import amount
from carrel.cli.option_values import FILE_OR_FOLDER, PERIOD, workers_option
from carrel.cli.screen import at_site, put_line, say
from carrel.errors import Exit

if TYPE_CHECKING:
    from datetime import timedelta

    from carrel.cli.aftermath import Aftermath
    from carrel.cli.due_night import SystemNight
    from carrel.inventory.site import Site

# The worst comes first: what was cut and is still there, a failure, a refusal, a plan that waits.
WORST = (Exit.VERIFICATION_FAILED, Exit.FAILED, Exit.USAGE, Exit.REFUSED, Exit.APPROVAL_PENDING, Exit.FINDINGS)


@click.command(epilog="Example: carrel run-due --site /srv/carrel\n\nExample: carrel run-due --sites /srv/tenants")
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option(
    "--sites",
    multiple=True,
    type=FILE_OR_FOLDER,
    help="Instead: the sites of many tenants, as files or as a folder of folders. May be given several times.",
)
@click.option(
    "--time-limit",
    type=PERIOD,
    default="4 hours",
    show_default=True,
    help="With --sites: how long one tenant's night may take.",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="With --sites: how many tenants run side by side.",
)
@click.option("--system", "names", multiple=True, help="Only this system; may be given several times.")
@workers_option
@click.option("--print-units", is_flag=True, help="Print systemd units for this site, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the night as JSON.")
def run_due(
    site: Path,
    sites: tuple[Path, ...],
    time_limit: timedelta,
    at_once: int,
    names: tuple[str, ...],
    workers: int,
    print_units: bool,
    as_json: bool,
) -> int:
    """The nightly run: plan, apply, verify, sweep, record.

    First shreds the undo capsules whose time is over, and goes on with a run that was interrupted. Then plans, and
    applies only what a standing approval or a person's approval covers; otherwise writes the plan into the site's
    folder, mails the people, and ends with 6. Carries out the erasures that were left to it. Brings mailing lists to
    hold what consents say. Keeps opening hours and blackout dates. Leaves copies alone. A second call in one night
    finds nothing to do.

    With --sites every tenant's night is a process of its own; what fails in one costs the others nothing. The exit code
    is that of the worst.
    """
    if sites:
        return _run_sites(sites, time_limit, at_once, names, print_units=print_units, as_json=as_json)
    from carrel.cli import (
        aftermath,
        capsules,
        consent_told,
        due_night,
        mailing_night,
        outside_told,
        premises,
        screen,
        tenant_process,
    )
    from carrel.cli.store_place import open_store
    from carrel.systems import site_file, site_systems

    tenant_process.end_with_host()
    here = site_file.load_site(site)
    if print_units:
        _print_units(here, site_file.place_of(site), as_json=as_json)
        return int(Exit.DONE)
    systems = [site_systems.system_of(here, name) for name in dict.fromkeys(names)] or list(here.originals)
    began = premises.now()
    with open_store(here) as store:
        shredded, in_the_way = capsules.shred_due(here, store, began)
    keys, of_keys = outside_told.destroy_day_keys(here, began)
    periods, of_periods = outside_told.destroy_period_keys(here, began)
    nights = [due_night.run_system(site, system, began, workers) for system in systems]
    of_tools = consent_told.tell_again(site, here, systems, premises.now())
    lists = mailing_night.follow(site, here, systems)
    of_tools += mailing_night.codes(lists)
    with open_store(here) as store:
        after = aftermath.follow_up(
            here, store, nights, began, shredded, (*in_the_way, *of_keys, *of_periods, *of_tools)
        )
    after.day_keys, after.period_keys, after.lists = tuple(keys), tuple(periods), tuple(lists)
    if as_json:
        screen.put_json(as_dict(nights, after, here.folder))
    else:
        show(nights, after, here.folder)
    return int(exit_of(nights, after))


def _run_sites(
    sites: tuple[Path, ...],
    time_limit: timedelta,
    at_once: int,
    names: tuple[str, ...],
    *,
    print_units: bool,
    as_json: bool,
) -> int:
    from carrel.cli import premises, tenant_night, tenants

    given = click.get_current_context().get_parameter_source("site")
    if names or given is not ParameterSource.DEFAULT:
        raise click.UsageError("--sites goes with --time-limit, --at-once, --print-units and --json only.")
    if print_units:
        return _print_fleet(sites, as_json=as_json)
    return tenant_night.tell(tenants.run_sites(sites, time_limit, at_once, premises.now()), as_json=as_json)


def _print_fleet(sites: tuple[Path, ...], *, as_json: bool) -> int:
    import getpass

    from carrel.systems.tenant_files import find_sites
    from carrel.systems.unit_files import fleet_units

    found = [(one.place, one.site) for one in find_sites(sites) if one.site is not None]
    writable = {place.parent: _writable(site) for place, site in found}
    _put_units(fleet_units(writable, _command(), user=getpass.getuser()), as_json=as_json)
    return int(Exit.DONE)


def exit_of(nights: list[SystemNight], after: Aftermath) -> Exit:
    """The worst of all systems; what only went wrong around a night counts as a finding."""
    codes = {night.exit for night in nights} | {one.exit for night in nights for one in night.erasures}
    codes |= {Exit.FINDINGS} if after.codes else set()
    return next((code for code in WORST if code in codes), Exit.DONE)


def as_dict(nights: list[SystemNight], after: Aftermath, folder: Path) -> dict[str, Any]:
    """The night for programs; ``folder`` is the site's own, where a plan that waits was written."""
    from carrel.cli.due_night import PENDING_FILE
    from carrel.cli.mailing_screen import as_dict as mailing_as_dict
    from carrel.cli.policy_screen import as_list

    return {
        "systems": [
            {
                "system": night.system,
                "night": night.night.isoformat(),
                "went": night.went.value,
                "why": list(night.why),
                "codes": list(night.codes),
                "faults": [one.as_dict() for one in night.faults],
                "policies": as_list(night.policies),
                "pending_plan": night.plan if night.exit is Exit.APPROVAL_PENDING else None,
                "pending_file": str(folder / PENDING_FILE.format(system=night.system))
                if night.exit is Exit.APPROVAL_PENDING and night.plan
                else None,
                "runs": [
                    {
                        "id": report.run,
                        "outcome": report.outcome.value,
                        "loans": report.tally.loans,
                        "rows": report.tally.rows,
                        "remaining": report.remaining,
                        "led_back": report.hits,
                        "schema_changes": list(report.schema_changes),
                        "workers": report.crew.as_dict(),
                        "open_joins": [one.as_dict() for one in report.open_joins],
                    }
                    for report in night.reports
                ],
                "erasures": [one.as_dict() for one in night.erasures],
            }
            for night in nights
        ],
        "ledger": None if after.receipt is None else {"size": after.receipt.size, "root": after.receipt.root},
        "shredded": list(after.shredded),
        "day_keys_destroyed": list(after.day_keys),
        "period_keys_destroyed": list(after.period_keys),
        "outside": {
            "past_their_time": after.outside.late,
            "not_seen": list(after.outside.unseen),
            "findings": [*after.outside.lines, *after.outside.backup_lines],
        },
        "mailing_lists": [mailing_as_dict(one) for one in after.lists],
        "findings": list(after.codes),
        "requests_overdue": list(after.late_requests),
        "records_gone": list(after.records_gone),
        "health": after.health.as_dict() if after.health else None,
    }


def show(nights: list[SystemNight], after: Aftermath, folder: Path) -> None:
    """The night as a person reads it; ``folder`` is the site's own, where a plan that waits was written."""
    from carrel.cli.due_night import PENDING_FILE
    from carrel.cli.open_joins import lines
    from carrel.cli.policy_screen import show_policies
    from carrel.cli.screen import one_line

    for night in nights:
        cut = sum(report.tally.loans for report in night.reports)
        erased = sum(report.cards.people for report in night.reports)
        also = f", {amount(erased, 'lapsed card')} erased" if erased else ""
        reduced = sum(report.cards.reduced for report in night.reports)
        also += f", {amount(reduced, 'record')} reduced and kept for the financial record" if reduced else ""
        say(f"{night.system}, night of {night.night}: {night.went.value}; {amount(cut, 'loan')} de-identified{also}")
        titles = {one.condition.title for one in night.faults}
        said = [*(line for line in night.why if line not in titles), *map(one_line, night.faults)]
        other = [code for code in night.codes if code not in {one.condition.code for one in night.faults}]
        for line in (*dict.fromkeys(said), *other, *(lines(night.reports[-1].open_joins) if night.reports else ())):
            put_line(line, "  - ")
        for one in night.erasures:
            put_line(one.line(), "  - ")
        if night.exit is Exit.APPROVAL_PENDING and night.plan:
            waiting = folder / PENDING_FILE.format(system=night.system)
            say(f"  carrel approve {shlex.quote(str(waiting))} --as NAME --key FILE{at_site()}")
        show_policies(night.policies)
    _show_afterwards(after)


def _show_afterwards(after: Aftermath) -> None:
    from carrel.cli import mailing_night
    from carrel.cli.afterwards import line_of

    for run in after.shredded:
        say(f"Undo capsule of run {run}: shredded, its loans are disposed of for good")
    if after.day_keys:
        say(f"Day keys of logs destroyed, of {', '.join(after.day_keys)}")
    if after.period_keys:
        say(f"Keys of pseudonyms destroyed, of {', '.join(after.period_keys)}")
    for line in (*after.outside.lines, *after.outside.backup_lines):
        put_line(line, "Outside the databases: ")
    for line in mailing_night.lines(after.lists):
        put_line(line)
    if after.receipt is not None:
        say(f"Ledger: {amount(after.receipt.size, 'leaf', 'leaves')}, root {after.receipt.root[:16]}…")
    for code in dict.fromkeys(after.codes):
        put_line(line_of(code, after.late_requests, after.records_gone), "Afterwards: ")


def _print_units(site: Site, place: Path, *, as_json: bool) -> None:
    import getpass

    from carrel.systems.unit_files import units

    found = units(
        site.folder.absolute(), _command(), site=place.absolute(), user=getpass.getuser(), writable=_writable(site)
    )
    _put_units(found, as_json=as_json)


def _writable(site: Site) -> list[Path]:
    """What a night writes to besides the site's folder: outside copies, and folders in which it destroys day keys."""
    copies = [copy.folder for copy in site.outside_copies if copy.folder is not None]
    keys = [one.keys.absolute() for one in site.logs if one.keys is not None]
    keys += [one.absolute() for one in site.pseudonym_keys]
    return [*copies, *(one for one in dict.fromkeys(keys) if not one.is_relative_to(site.folder.absolute()))]


def _command() -> Path:
    import shutil

    return Path(shutil.which("carrel") or Path(sys.executable).with_name("carrel")).absolute()


def _put_units(found: dict[str, str], *, as_json: bool) -> None:
    from carrel.cli.screen import put_json
    from carrel.systems.unit_files import ENABLE

    if as_json:
        put_json({"units": found})
        return
    for name, text in found.items():
        say(f"# /etc/systemd/system/{name}\n{text}" if name != ENABLE else f"# then\n{text}")
