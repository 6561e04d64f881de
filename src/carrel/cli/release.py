"""``carrel release``: what left the house, when, for whom, and how well it was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option, site_option
from carrel.cli.option_values import FILE, WORDS
from carrel.cli.release_option import record_options
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted


@click.group()
def release() -> None:
    """Releases on record: what left the house, when, for whom, and how well it was measured."""


@release.command(name="list", epilog="Example: carrel release list --json")
@site_option
@json_option
def list_releases(site_path: Path, as_json: bool) -> int:
    """List what left the house, the newest first, and what speaks against it.

    A release whose own figures are above its threshold, or of which nothing was measured, stands with that. Records
    that share columns with later ones have to be measured again. Files without a record in the folders of
    `release_folders:` are told as well. Exit code 3 where anything speaks against one.
    """
    from carrel.cli.release_screen import tell_all

    return tell_all(site_path, as_json=as_json)


@release.command(epilog="Example: carrel release show 5f2c9a01")
@click.argument("which", metavar="RECORD|NAME", type=WORDS)
@site_option
@json_option
def show(which: str, site_path: Path, as_json: bool) -> int:
    """Show one release with its figures, and whether its files are still what left.

    RECORD is the beginning of its digest, NAME what it is called; several of one name are listed. With --json it has
    all that the digest in the ledger is made of. Exit code 3 where a file is another by now, or anything speaks
    against it.
    """
    from carrel.cli.release_screen import tell_one

    return tell_one(site_path, which, as_json=as_json)


@release.command(epilog="Example: carrel release record 2026.json --as 'Ben Example' --for 'ARL statistics' --to ARL")
@click.argument("place", metavar="FILE", type=FILE)
@click.option("--name", type=WORDS, help="What the release is called.  [default: as its file says]")
@click.option("--unmeasured", is_flag=True, help="A file that Carrel did not make: on record without any figure.")
@click.option("--register", type=FILE, help="Of a cube: file of earlier releases, with which it is compared again.")
@record_options(always=True)
@json_option
def record(
    place: Path, name: str | None, unmeasured: bool, register: Path | None, wanted: Wanted, as_json: bool
) -> int:  # fmt: skip
    """Put a file that is there on record, with figures that are measured again from it.

    For a release that a killed command left without its record, one of a time before there were records, and a text
    that was sampled since. A cube is attacked anew, and compared with what --register holds; of a text the note beside
    it counts. Released records do not tell their figures: make them again with --force --record. The same bytes on
    record already keep the figures that they have there: only a text gets better. Exit code 3 where it is not low.
    """
    from carrel.cli import release_record, remeasuring
    from carrel.cli.release_kind import measured_of
    from carrel.cli.screen import put_json, put_line
    from carrel.deidentification.releases.measured import Kind
    from carrel.deidentification.releases.measured import unmeasured as without
    from carrel.inventory.risk import RiskClass

    keeper = release_record.required(wanted)
    called, found = (
        (place.name, without(Kind.OTHER))
        if unmeasured
        else measured_of(place, register, remeasuring.known_totals(keeper))
    )
    kept, already = remeasuring.recorded(keeper, name or called, place, found)
    if as_json:
        put_json({**release_record.as_json(kept), "already": already})
    else:
        if already:
            put_line("On record already, with the figures that it has there: nothing is written.")
        release_record.tell_record(kept)
    return int(Exit.FINDINGS if kept.measured.risk not in {None, RiskClass.LOW} else Exit.DONE)
