"""``carrel deidentify records``: a table of records made coarser until nobody stands alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import FILE, NEW_FILE
from carrel.cli.release_option import record_options
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted
    from carrel.deidentification.releases.measured import Measured
    from carrel.systems.analytics.record_release import Made
    from carrel.systems.analytics.release_writing import Confirmed

_SIZE = re.compile(r"[1-9][0-9]{0,5} ?(MB|GB)")


def _size(_: click.Context, __: click.Parameter, value: str) -> str:
    if not _SIZE.fullmatch(value):
        raise click.BadParameter("write a number and a unit, such as 500MB or 2GB")
    return value


@click.command(epilog="Example: carrel deidentify records release.yaml --out loans.parquet")
@click.argument("release_file", metavar="RELEASE", type=FILE)
@click.option("--out", type=NEW_FILE, help="Write the release, .csv or .parquet, and count it back.")
@click.option("--write", is_flag=True, help="Write it to the place that the release file names with 'to:'.")
@click.option("--force", is_flag=True, help="Replace a file of this name.")
@click.option(
    "--memory", metavar="SIZE", default="2GB", show_default=True, callback=_size, help="For the engine's tables."
)
@record_options()
@json_option
@click.pass_context
def records(
    ctx: click.Context, release_file: Path, out: Path | None, write: bool, force: bool, memory: str,
    wanted: Wanted | None, as_json: bool,
) -> None:  # fmt: skip
    """Make records coarser until nobody stands alone, and write them out.

    RELEASE is a file that names the records, the columns by which somebody could be recognised, whose each record is,
    and how many persons have to share each combination. Without --out or --write nothing is written: it shows what
    would be released, what is lost by that, and how wrong ten usual questions would be answered.
    """
    from carrel.cli import records_screen, release_record
    from carrel.cli.at_site import now
    from carrel.cli.progress import Progress, phase
    from carrel.systems.analytics import batch_joining, record_release, release_writing
    from carrel.systems.analytics.engine import opened

    record_release.require_compiler()
    release = record_release.read_release(release_file)
    if out is None and write and release.to is None:
        raise click.UsageError("--write wants 'to:' in the release file; or give --out.")
    place = out or (release.to if write else None)
    keeper = release_record.recorder(wanted, place)
    if place is not None:
        release_writing.require_place(place, force=force, source=release.source.file)
    searched = Progress("generalisations counted", 0)
    with opened(memory=memory) as engine:
        made = record_release.make(
            engine,
            release,
            release_file.absolute().parent,
            now().date(),
            phase,
            writes=place is not None,
            told=lambda counted, _: None if counted % 25 else searched.at(counted),
        )
        if place is None:
            records_screen.put(made, None, None, as_json=as_json)
        else:
            with (
                phase("writing and counting back"),
                release_writing.written(made.records, made.release, place, force=force) as confirmed,
            ):
                pass
            if made.state is not None and release.batches is not None:
                batch_joining.keep(release.batches, made.state)
            kept = release_record.put_on_record(keeper, place.name, [place], _measured(made, confirmed))
            records_screen.put(made, confirmed, place, kept, as_json=as_json)
    ctx.exit(int(Exit.DONE))


def _measured(made: Made, confirmed: Confirmed) -> Measured:
    from carrel.deidentification.releases.measured import of_records

    release, tokens = made.release, made.release.pseudonymise
    return of_records(
        release.k,
        confirmed.smallest,
        release.released,
        by_person=made.coded.persons is not None,
        kept=release.keep,
        tokens=() if tokens is None else tuple(tokens.columns),
    )
