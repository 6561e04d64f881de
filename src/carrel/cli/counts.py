"""``carrel counts``: loans and readers in counts, as far as they may be told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option, now, open_site, site_option
from carrel.cli.option_values import FILE_OR_FOLDER, writing
from carrel.cli.screen import number, put_json, put_table, say
from carrel.cli.store_place import open_store

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.accountability.circulation_told import Month
    from carrel.inventory.site import Site, System
    from carrel.store.store import Store


@click.command(epilog="Example: carrel counts --out statistics")
@site_option
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--out", type=FILE_OR_FOLDER, help="Folder for the files; `counts` in the site's folder unless given.")
@json_option
def counts(site_path: Path, system_name: str | None, out: Path | None, as_json: bool) -> None:
    """Show loans and readers in counts, and write them as CSV.

    Loans are counted as they are cut: by branch, item type, patron category and month of the checkout. Cells with
    fewer than ten readers are merged, so that no sum and no later telling gives them back. Months that are not over
    are not told yet. A night writes the same files by itself.
    """
    from carrel.systems import site_systems
    from carrel.systems.count_files import FOLDER

    site, at = open_site(site_path), now()
    system = site_systems.system_of(site, system_name)
    folder = out or site.folder / FOLDER
    with open_store(site) as store, writing(folder):
        files, months = tell(site, system, store, at, folder)
    if as_json:
        put_json({"system": system.name, "files": [str(one) for one in files], "months": [m.as_dict() for m in months]})
        return
    put_table(
        f"{system.name}: loans that were counted as they were cut",
        ("month", "loans", "in parts", "branches with readers told"),
        [
            (one.month or "unknown", number(one.loans), str(len(one.parts)), str(_told_branches(one)))
            if one.parts
            else (one.month or "unknown", "too few to tell", "", "")
            for one in months
        ],
        right=(1, 2, 3),
    )
    if not system.counts:
        say("Counting is switched off for this system.")
    say(f"The counts are in {files[0]} and {files[1]}.")


def tell(
    site: Site, system: System, store: Store, at: datetime, folder: Path | None = None
) -> tuple[tuple[Path, Path], tuple[Month, ...]]:
    """Bring what is told up to date, and write it.

    Raises:
        OSError: a file cannot be written.
    """
    from zoneinfo import ZoneInfo

    from carrel.accountability.circulation_told import Month, renewed, told
    from carrel.store.circulation import BRANCHES, CELLS
    from carrel.systems.count_files import FOLDER, write_counts

    counted = store.circulation.counts(system.name)
    this_month = f"{at.astimezone(ZoneInfo(system.time_zone)):%Y-%m}"
    before = {month: Month.of_dict(body) for month, body in store.circulation.told(system.name).items()}
    months = tuple(renewed(before.get(one.month), one) for one in told(counted[CELLS], counted[BRANCHES], this_month))
    store.circulation.tell(system.name, {one.month: one.as_dict() for one in months})
    return write_counts(folder or site.folder / FOLDER, system.name, months), months


def _told_branches(month: Month) -> int:
    return sum(isinstance(one.readers, int) for one in month.readers)
