"""``carrel stats``: figures that may leave the house."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option, site_option
from carrel.cli.option_values import AMOUNT, FILE, FILE_OR_FOLDER, FIRST_YEAR, LAST_YEAR, NEW_FILE, WORDS
from carrel.cli.release_option import record_options

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted


@click.group()
def stats() -> None:
    """Figures that may leave the house: cubes without small cells, their audit, named returns, noise."""


@stats.command(
    epilog="Example: carrel stats cube loans.csv --person patron --by branch --by issued:month,year --out c.json"
)
@click.argument("place", metavar="[SPEC.yaml|RECORDS]", required=False, type=FILE)
@click.option("--dsn-file", type=FILE, help="File (mode 0600) whose first line is the address of a database.")
@click.option("--table", type=WORDS, help="The table or view in it, bare or as schema.table.")
@click.option("--query-file", type=FILE, help="A file with one SELECT, in place of a table.")
@click.option("--name", type=WORDS, help="What the release is called.  [default: that of the file or table]")
@click.option("--person", type=WORDS, help="The column that tells whose a record is.")
@click.option("--each-record", is_flag=True, help="In place of --person: each record is another person.")
@click.option("--by", "axes", multiple=True, type=WORDS, help="A dimension: a column, or COLUMN:month,quarter,year.")
@click.option("--persons", "tell_persons", is_flag=True, help="Tell how many different persons there are as well.")
@click.option("--small", type=click.IntRange(2, 1000), help="Fewer persons than this are too few.  [default: 10]")
@click.option(
    "--width", type=click.IntRange(1, 10_000), help="How wide a hidden count's interval is.  [default: small]"
)
@click.option("--zeros", type=click.Choice(("shown", "suppressed")), help="Cells without a record.  [default: shown]")
@click.option("--out", type=NEW_FILE, help="File of the release, that `carrel stats audit` reads.")
@click.option("--csv", "table_out", type=NEW_FILE, help="The same as a table for people.")
@click.option("--register", type=NEW_FILE, help="File of earlier releases: those of the same name are compared.")
@click.option(
    "--earlier", type=click.Choice(("refuse", "warn")), default="refuse", show_default=True,
    help="Where the difference from an earlier release tells a small figure.",
)  # fmt: skip
@click.option("--round", "base", type=click.IntRange(3, 100), help="Round every count to this base; hide none.")
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@click.option("--memory", type=WORDS, help="What the engine may take, such as 3GB.")
@record_options()
@json_option
def cube(
    place: Path | None, dsn_file: Path | None, table: str | None, query_file: Path | None, name: str | None,
    person: str | None, each_record: bool, axes: tuple[str, ...], tell_persons: bool, small: int | None,
    width: int | None, zeros: str | None, out: Path | None, table_out: Path | None, register: Path | None,
    earlier: str, base: int | None, force: bool, memory: str | None,
    wanted: Wanted | None, as_json: bool,
) -> int:  # fmt: skip
    """Count records by dimensions, with all totals, and hide what tells of few people.

    RECORDS is a CSV or Parquet file; a table or a query of a database is named by options. A SPEC in YAML says all of
    it. Cells of fewer than ten different persons are hidden, and as many others as it takes that none can be told
    by subtraction: a solver then tries, and must find each hidden figure ten wide. With --register, what earlier
    releases told is taken into account. With --round nothing is hidden: each count is a multiple of the base beside the
    true one, and totals add up. Only reads, but for the files named. Exit code 3 with a warning.
    """
    from carrel.cli.stats_cube import Asked, Wished, release

    said = {
        "name": name, "person": "(each record)" if each_record else person, "axes": axes,
        "measures": ("rows", "persons") if tell_persons else None,
        "small": {"persons": small, "width": width, "zeros": zeros},
    }  # fmt: skip
    source = {"dsn_file": dsn_file, "table": table, "query_file": query_file}
    wished = Wished(out, table_out, register, earlier == "warn", base, force)
    return release(Asked(place, source, said, memory), wished, wanted, as_json=as_json)


@stats.command(epilog="Example: carrel stats noise loans.yaml --epsilon 0.5 --cap 20 --account budget --budget 4")
@click.argument("place", metavar="SPEC.yaml", type=FILE)
@click.option("--epsilon", required=True, type=AMOUNT, help="What this release may tell of a person; smaller is safer.")
@click.option("--delta", type=AMOUNT, default="0", help="The chance that the promise fails; of Gaussian noise alone.")
@click.option("--cap", required=True, type=click.IntRange(1, 10_000), help="Records of one person that count at most.")
@click.option(
    "--mechanism", type=click.Choice(("laplace", "gaussian")), default="laplace", show_default=True, help="The noise."
)
@click.option("--account", required=True, type=NEW_FILE, help="File of what was spent on these people.")
@click.option("--budget", type=AMOUNT, help="Epsilon that may be spent in all; opens the account.")
@click.option("--budget-delta", type=AMOUNT, default="0", help="Delta that may be spent in all.")
@click.option("--out", type=NEW_FILE, help="File of the release.")
@click.option("--csv", "table_out", type=NEW_FILE, help="The same as a table for people.")
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@click.option(
    "--site",
    "site_path",
    type=FILE_OR_FOLDER,
    help="The site that knows how far the account has grown.  [default: none; carrel.yaml with --record]",
)
@record_options(site=False)
@json_option
def noise(
    place: Path, epsilon: Decimal, delta: Decimal, cap: int, mechanism: str, account: Path, budget: Decimal | None,
    budget_delta: Decimal, out: Path | None, table_out: Path | None, force: bool,
    site_path: Path | None, wanted: Wanted | None, as_json: bool,
) -> int:  # fmt: skip
    """Count with noise in place of hiding: differential privacy, with the person as its unit.

    The SPEC names every value that is counted. At most --cap records of a person count, drawn at random, and the noise
    is made for all of them together. What is promised is noted in the account before any figure is drawn; where it
    would go beyond the budget, nothing is told. With --site the site keeps how far the
    account has grown, so that a file which lost its last lines is refused. Needs the extra noise.
    """
    from carrel.cli.stats_noise import Paid, release

    paid = Paid(account, budget, budget_delta, out, table_out, force, site_path)
    return release(place, mechanism, epsilon, delta, cap, paid, wanted, as_json=as_json)


@stats.command(name="return", epilog="Example: carrel stats return pls --year 2026 --out pls-2026.csv")
@click.argument("survey", metavar="NAME", type=WORDS)
@click.option("--year", required=True, type=click.IntRange(FIRST_YEAR, LAST_YEAR), help="The year in which it ends.")
@click.option("--ends", type=click.IntRange(1, 12), help="Month with which the year ends.  [default: the survey's]")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--out", type=NEW_FILE, help="File for the lines, as CSV.")
@click.option("--force", is_flag=True, help="Replace the file that is there.")
@record_options(site=False)
@site_option
@json_option
def owed_return(
    survey: str, year: int, ends: int | None, system_name: str | None, out: Path | None, force: bool,
    site_path: Path, wanted: Wanted | None, as_json: bool,
) -> int:  # fmt: skip
    """Fill in a return that the library owes, as far as its system can tell: arl, ipeds, pls.

    Counts in the library's own database, and takes totals out of it, no row. What a year was of is told as long as the
    rows are there, with readers or without. A figure of one to nine is told as few. Each line that the system cannot
    tell says where it is counted.
    """
    from carrel.cli.stats_return import fill_in

    return fill_in(site_path, system_name, survey, (year, ends), out, wanted, force=force, as_json=as_json)


@stats.command(epilog="Example: carrel stats audit 2026.json 2026-by-type.json")
@click.argument("places", metavar="RELEASE...", nargs=-1, required=True, type=FILE)
@click.option("--width", type=click.IntRange(1, 10_000), help="How wide a hidden count must be.  [default: as it says]")
@json_option
def audit(places: tuple[Path, ...], width: int | None, as_json: bool) -> int:
    """Attack releases with nothing but their files: how closely is each hidden figure known?

    Solves the lowest and the highest figure that each hidden cell can have by all totals told; several files are read
    as one, by somebody who has them all. Exit code 3 when an interval is too narrow.
    """
    from carrel.cli.stats_audit import audit as run

    return run(places, width, as_json=as_json)
