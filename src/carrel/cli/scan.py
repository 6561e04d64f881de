"""``carrel scan``: one table or CSV file is looked at, and an entry of the site file proposed. Nothing is changed."""

from __future__ import annotations

import glob
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option
from carrel.cli.option_values import FILE, FILE_OR_FOLDER, NEW_FILE, WORDS, writing

if TYPE_CHECKING:
    from carrel.inventory.table_proposal import Guess, Proposal, Told
    from carrel.inventory.table_sample import TableSample

_HEADER = {
    (False, True): "the first line names the columns",
    (False, False): "it is a row: columns have numbers",
    (True, False): "what stands in the first line could be persons: scan again with --header or --no-header",
}
UNTIL = click.Choice(["made", "sent", "answered", "ended"])


@click.command(epilog="Example: carrel scan --dsn-file pc.dsn --table bookings --zone America/New_York --out pc.yaml")
@click.argument("place", metavar="[CSV]", required=False, type=FILE_OR_FOLDER)
@click.option("--pattern", multiple=True, type=WORDS, help="Of names, where CSV is a folder.")
@click.option("--dsn-file", type=FILE, help="File (mode 0600) whose first line is the address of a database.")
@click.option("--table", "table_name", type=WORDS, help="The table in it, bare or as schema.table.")
@click.option("--name", type=WORDS, help="What commands will call it.  [default: that of the table or file]")
@click.option("--record", type=WORDS, help="What it holds, as the policy calls it.")
@click.option("--purpose", type=WORDS, help="What it was given for.")
@click.option("--until", type=UNTIL, help="The event of the policy's rule.")
@click.option("--clock", type=WORDS, help="The column that tells when it was: of a booking its end.")
@click.option(
    "--format", "form", type=WORDS, help="How the clock is written: seconds, milliseconds, or with %Y, %m, %d."
)
@click.option("--zone", type=WORDS, help="The zone of its times, such as America/New_York.")
@click.option("--key", multiple=True, type=WORDS, help="A column of the key; several times for several.")
@click.option("--blank", multiple=True, type=WORDS, help="A column that due rows lose; several times for several.")
@click.option("--aggregate", is_flag=True, help="It holds totals: refuse it if anything in it tells of single persons.")
@click.option("--delimiter", type=WORDS, help="The sign between the fields of a CSV file, or the word tab.")
@click.option("--encoding", type=WORDS, help="The encoding of a CSV file.")
@click.option("--header/--no-header", default=None, help="Whether the first line of a CSV file names the columns.")
@click.option("--out", type=NEW_FILE, help="A file for the proposal; it is written nowhere else.")
@json_option
def scan(
    place: Path | None,
    pattern: tuple[str, ...],
    dsn_file: Path | None,
    table_name: str | None,
    name: str | None,
    record: str | None,
    purpose: str | None,
    until: str | None,
    clock: str | None,
    form: str | None,
    zone: str | None,
    key: tuple[str, ...],
    blank: tuple[str, ...],
    aggregate: bool,
    delimiter: str | None,
    encoding: str | None,
    header: bool | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Look at one table, or at CSV files, and propose the entry of the site file by which their rows go in time.

    Only reads, and shows no value: names of columns, counts and shapes. Each line comes with its evidence; what only a
    person can tell is asked, as a "?" in its place. Nothing is in force before somebody puts the entry into the site
    file. Exit code 3 while something is asked, or would refuse a plan.
    """
    from carrel.cli.scan_screen import tell
    from carrel.errors import Exit
    from carrel.inventory.dated_table import is_delimiter, is_zone
    from carrel.inventory.table_proposal import Told

    if (place is None) == (table_name is None) or (table_name is None) != (dsn_file is None):
        raise click.UsageError("name a CSV file, or a folder with --pattern; or --dsn-file with --table")
    if zone is not None and not is_zone(zone):
        raise click.UsageError("--zone: write the name of a time zone, such as America/New_York")
    told = Told(record, purpose, until, clock, form, zone, key, blank)
    if table_name is not None and dsn_file is not None:
        found = _of_table(dsn_file, table_name, name, told, totals=aggregate)
    else:
        between = "\t" if delimiter == "tab" else delimiter
        if between is not None and not is_delimiter(between):
            raise click.UsageError("--delimiter: write one sign such as ; or |, or the word tab")
        found = _of_files(place or Path(), pattern, name, told, (between, encoding, header), totals=aggregate)
    if out is not None:
        from carrel.systems.durable_file import replace_file

        with writing(out):
            replace_file(out, found.text())
    tell(found, out, as_json=as_json)
    return int(Exit.FINDINGS if found.asked or found.barred else Exit.DONE)


def _of_table(dsn_file: Path, table_name: str, name: str | None, told: Told, *, totals: bool) -> Proposal:
    from carrel.inventory.table_proposal import Guess
    from carrel.systems import secret
    from carrel.systems.sql import table_sample
    from carrel.systems.sql.database import Access

    at = f"table {table_name}"
    with table_sample.connected(Access(at, secret.from_file(dsn_file))) as connection:
        sample = table_sample.sample(connection, table_name, at)
        barred = [] if totals else table_sample.bars(connection, table_name, told.blank, at)  # of totals nothing goes
    where = [_name(name or table_name), Guess("dsn_file", str(dsn_file)), Guess("table", table_name)]
    return replace(_proposed(where, sample, told, at, totals=totals), barred=tuple(barred))


def _of_files(
    place: Path,
    pattern: tuple[str, ...],
    name: str | None,
    told: Told,
    said: tuple[str | None, str | None, bool | None],
    *,
    totals: bool,
) -> Proposal:
    from carrel.errors import shown
    from carrel.inventory.table_proposal import Guess
    from carrel.systems.tables import csv_sample

    if pattern and not place.is_dir():
        is_file = "is a file; leave --pattern out, or name its folder"
        raise click.UsageError(f"{shown(str(place))} {is_file if place.exists() else 'does not exist'}")
    if place.is_dir() and not pattern:
        raise click.UsageError("with a folder, name its files with --pattern, such as --pattern 'bookings-*.csv'")
    root = place if pattern else place.absolute().parent
    patterns = pattern or (glob.escape(place.name),)
    delimiter, encoding, header = said
    at = f"CSV {place.name}"
    found = csv_sample.look(root, patterns, delimiter=delimiter, encoding=encoding, header=header, at=at)
    width = len(found.sample.columns)
    rows = f"{found.sample.looked_at:,} rows of {width} fields" + (f", {found.odd:,} others" if found.odd else "")
    writing_ = found.writing
    where = [
        _name(name or place.stem),
        Guess("root", str(root.absolute())),
        Guess(
            "patterns", patterns, f"{found.files:,} found" if pattern else "write such as jobs-*.csv for the next ones"
        ),
        Guess("delimiter", writing_.delimiter, f"{csv_sample.NAMES.get(writing_.delimiter, 'as named')}: {rows}"),
        Guess("encoding", writing_.encoding, found.encoding_said),
        Guess("header", None if found.doubtful else writing_.header, _HEADER[found.doubtful, writing_.header]),
    ]
    return _proposed(where, found.sample, told, at, totals=totals)


def _proposed(where: list[Guess], sample: TableSample, told: Told, at: str, *, totals: bool) -> Proposal:
    from carrel.inventory.table_proposal import propose, propose_totals
    from carrel.systems.tables.totals_rows import refuse_persons

    if totals:
        refuse_persons(sample, at)
        return propose_totals(where, sample, told, at)
    return propose(where, sample, told, at)


def _name(text: str) -> Guess:
    from carrel.inventory.table_proposal import Guess

    plain = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:40]
    return Guess("name", plain or None, "" if plain else "what commands will call it")
