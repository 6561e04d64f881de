"""``carrel replay``: what follows a restore, before the system is opened."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.option_values import ANY_FILE, FILE_OR_FOLDER, NEW_FILE

_site = click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
_system = click.option("--system", "system_name", help="The system; may be left out where the site has one.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group()
def replay() -> None:
    """After a restore: do again what was done since the backup, before the system is opened."""


@replay.command(epilog='Example: carrel replay plan --system koha --as "Ben Example" --out replay.json')
@_site
@_system
@click.option(
    "--from", "copy", metavar="ID", help="The copy that was restored; tasks from before it was made are left out."
)
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: replay.json]")
@click.option(
    "--as", "name", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@click.option(
    "--card-changed",
    is_flag=True,
    help="Also erase records under a known number with another card: nobody was registered since the restore.",
)
@click.option(
    "--restored-again",
    is_flag=True,
    help="It was restored once more since it was closed: what was done again or settled meanwhile is undone.",
)
@_json
def plan(
    site: Path,
    system_name: str | None,
    copy: str | None,
    out: Path | None,
    name: str | None,
    card_changed: bool,
    restored_again: bool,
    as_json: bool,
) -> int:
    """Close a system that was restored, find who is back, and write a plan.

    Whoever was erased since is found by the keyed entries that each erasure leaves. Restrictions in force are compared
    with the product's switches. Corrections and liftings are listed by case, since their values are not kept.

    The plan needs a second person: `carrel approve PLAN`. Exit code 3 when there is nothing to approve; the system
    stays closed until `carrel replay open` finds it clean.
    """
    from carrel.cli.replay_plan import make

    return make(site, system_name, copy, out, name, changed_cards=card_changed, anew=restored_again, as_json=as_json)


@replay.command(epilog="Example: carrel replay apply replay.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@_site
@_system
@_json
def apply(place: Path, site: Path, system_name: str | None, as_json: bool) -> int:
    """Erase and restrict again by an approved plan, and open the system if it is clean then.

    Each person is erased in small pieces and looked for everywhere, as by `carrel apply`. Killed at any moment, the
    same command goes on. Exit code 5 while something keeps the system closed.
    """
    from carrel.cli import replay_apply

    return replay_apply.apply(place, site, system_name, as_json=as_json)


@replay.command(name="open", epilog="Example: carrel replay open --system koha")
@_site
@_system
@_json
def open_again(site: Path, system_name: str | None, as_json: bool) -> int:
    """Look at everything anew, and open the system if nothing keeps it closed.

    That is: nobody who was erased is there, every case of the replay is at its end, restrictions are switched, tasks
    are done or settled, and no loan past its time leads to a reader. Exit code 5 while something does.
    """
    from carrel.cli.replay_open import open_system

    return open_system(site, system_name, as_json=as_json)


@replay.command(epilog='Example: carrel replay settle case-abcdefghijkl --as "Ada Example"')
@click.argument("case", metavar="CASE")
@_site
@_system
@click.option(
    "--as",
    "name",
    help="You, as the site file names you; needs `may: approve`.  [default: $CARREL_PERSON or the account]",
)
@_json
def settle(case: str, site: Path, system_name: str | None, name: str | None, as_json: bool) -> int:
    """Note that a task is seen to: the value is right already, or the record is somebody else's."""
    from carrel.cli import replay_open

    return replay_open.settle(case, site, system_name, name, as_json=as_json)
