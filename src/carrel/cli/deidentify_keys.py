"""``carrel deidentify keys``: keys of pseudonyms, and their destruction."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import FOLDER


@click.command(epilog="Example: carrel deidentify keys keys --destroy-due")
@click.argument("folder", type=FOLDER)
@click.option("--destroy-due", is_flag=True, help="Overwrite and delete the keys whose time is over.")
@json_option
def keys(folder: Path, destroy_due: bool, as_json: bool) -> None:
    """Keys of pseudonyms: list them, and destroy those that are due.

    FOLDER is that of a release file's 'keys:'. Once a key is destroyed, nobody can find a person's token any more, and
    tokens of its period cannot be joined with others. Give this every night.
    """
    from carrel.amount import amount
    from carrel.cli.at_site import now
    from carrel.cli.screen import put_json, put_line, put_table
    from carrel.deidentification.records.pseudonym import due_on, is_due
    from carrel.systems.analytics.period_keys import PeriodKeyFolder

    place, today = PeriodKeyFolder(folder), now().date()
    gone = place.destroy_due(today) if destroy_due else []
    left = [
        (silo, period, due_on(period, kept), is_due(period, today, kept)) for silo, period, kept in place.standing()
    ]
    if as_json:
        put_json({
            "keys": [
                {"silo": silo, "period": period, "due": due, "due_on": day.isoformat()}
                for silo, period, day, due in left
            ],
            "destroyed": [{"silo": silo, "period": period} for silo, period in gone],
        })  # fmt: skip
        return
    rows = [(silo, period, day.isoformat(), "due" if due else "") for silo, period, day, due in left]
    put_table("Keys", ("silo", "period", "to be destroyed from", ""), rows)
    if not left:
        put_line("No key stands.")
    if destroy_due:
        put_line(f"{amount(len(gone), 'key was', 'keys were')} destroyed.")
