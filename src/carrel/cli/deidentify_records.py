"""``carrel deidentify records``: a table of records made coarser until nobody stands alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import FILE, NEW_FILE, WORDS
from carrel.cli.release_option import record_options
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted
    from carrel.deidentification.releases.measured import Measured
    from carrel.systems.analytics.record_release import Made, Reading
    from carrel.systems.analytics.release_writing import Confirmed


@contextmanager
def _reading(spark: str | None, memory: str) -> Iterator[Reading | None]:
    """How records come to the engine: grouped by Spark, where a master is named."""
    if spark is None:
        yield None
        return
    from carrel.systems.analytics import spark_engine, spark_records

    with spark_engine.started(spark, memory=spark_engine.java_size(memory)) as session:
        yield lambda engine, source, columns, enough: spark_records.grouped(session, engine, source, columns, enough)


@click.command(epilog="Example: carrel deidentify records release.yaml --out loans.parquet")
@click.argument("release_file", metavar="RELEASE", type=FILE)
@click.option("--out", type=NEW_FILE, help="Write the release, .csv or .parquet, and count it back.")
@click.option("--write", is_flag=True, help="Write it to the place that the release file names with 'to:'.")
@click.option("--force", is_flag=True, help="Replace a file of this name.")
@click.option("--memory", type=WORDS, default="2GB", show_default=True, help="What the engine may take, such as 3GB.")
@click.option("--spark", metavar="MASTER", type=WORDS, help="Spark reads and groups: local[2], or a cluster's address.")
@record_options()
@json_option
@click.pass_context
def records(
    ctx: click.Context, release_file: Path, out: Path | None, write: bool, force: bool, memory: str,
    spark: str | None, wanted: Wanted | None, as_json: bool,
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
    from carrel.systems.analytics.engine import is_size, opened

    if not is_size(memory):
        raise click.UsageError("--memory: write a number and MB or GB, such as 3GB")
    record_release.require_compiler()
    release = record_release.read_release(release_file)
    if out is None and write and release.to is None:
        raise click.UsageError("--write wants 'to:' in the release file; or give --out.")
    place = out or (release.to if write else None)
    keeper = release_record.recorder(wanted, place)
    if place is not None:
        release_writing.require_place(place, force=force, source=release.source.file)
    searched = Progress("generalisations counted", 0)
    batches = None if place is None else release.batches
    with (
        nullcontext() if batches is None else batch_joining.alone(batches),
        opened(memory=memory) as engine,
        _reading(spark, memory) as read,
    ):
        made = record_release.make(
            engine,
            release,
            release_file.absolute().parent,
            now().date(),
            phase,
            writes=place is not None,
            told=lambda counted, _: None if counted % 25 else searched.at(counted),
            read=read,
            again=place if force and keeper is not None else None,
        )
        if place is None:
            records_screen.put(made, None, None, as_json=as_json)
        else:
            confirmed = _written(made, place, force=force)
            kept = release_record.put_on_record(keeper, place.name, [place], _measured(made, confirmed))
            records_screen.put(made, confirmed, place, kept, as_json=as_json)
    ctx.exit(int(Exit.DONE))


def _written(made: Made, place: Path, *, force: bool) -> Confirmed:
    """Write a release and count it back, or tell what was counted when this very batch was written there."""
    from carrel.cli.progress import phase
    from carrel.deidentification.records.batch_state import LastBatch
    from carrel.systems.analytics import batch_joining, release_writing

    if made.stood and made.state is not None and (last := made.state.last) is not None:
        return release_writing.Confirmed(last.rows, last.classes, last.smallest, last.known)
    with (
        phase("writing and counting back"),
        release_writing.written(made.records, made.release, place, force=force) as confirmed,
    ):
        pass
    if made.state is not None and made.release.batches is not None:
        found = (confirmed.rows, confirmed.classes, confirmed.smallest, confirmed.known)
        last = LastBatch(batch_joining.digest_of(place), *found)
        batch_joining.keep(made.release.batches, replace(made.state, last=last))
    return confirmed


def _measured(made: Made, confirmed: Confirmed) -> Measured:
    from carrel.deidentification.releases.measured import of_records

    release, tokens = made.release, made.release.pseudonymise
    return of_records(
        release.k,
        release.k if confirmed.smallest is None else confirmed.smallest,  # earlier batches had as many
        release.released,
        by_person=made.coded.persons is not None,
        kept=(*release.keep, *(name for name, one in release.sensitive.items() if not one.is_looked_at)),
        tokens=() if tokens is None else tuple(tokens.columns),
    )
