"""``carrel risk``: how likely somebody is to be found again in records, and the class that follows from it."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import json_option, site_option
from carrel.cli.option_values import FILE, WORDS


@click.group()
def risk() -> None:
    """How likely somebody is to be found again in records without names; the figure decides their class."""


@risk.command(
    epilog="Example: carrel risk measure loans.csv --person patron --column branch --column postcode --column born"
)
@click.argument("place", metavar="[QUESTION.yaml|RECORDS]", required=False, type=FILE)
@click.option("--dsn-file", type=FILE, help="File (mode 0600) whose first line is the address of a database.")
@click.option("--table", type=WORDS, help="The table or view in it, bare or as schema.table.")
@click.option("--query-file", type=FILE, help="A file with one SELECT, in place of a table.")
@click.option("--delimiter", type=WORDS, default=",", help="The sign between the fields of a CSV file.")
@click.option("--encoding", type=WORDS, default="utf-8", help="Of a CSV file: utf-8, utf-16 or latin-1.")
@click.option("--name", type=WORDS, help="What the records are called.  [default: that of the file or table]")
@click.option("--person", type=WORDS, help="The column that tells whose a record is; only counted by.")
@click.option("--pseudonym", type=WORDS, help="A released column that is the same in all records of a person.")
@click.option("--column", "columns", multiple=True, type=WORDS, help="What an outsider could know.  [default: all]")
@click.option("--sensitive", multiple=True, type=WORDS, help="A column that an outsider should not learn.")
@click.option("--known", type=click.IntRange(1, 4), default=2, show_default=True, help="Facts known of one person.")
@click.option("--threshold", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="[default: 0.09]")
@click.option("--memory", type=WORDS, help="What the engine may take, such as 3GB.")
@click.option("--record", is_flag=True, help="Keep it with the site, as evidence for the class.")
@click.option("--as", "by", metavar="NAME", help="With --record: you, as the site file names you; needs `may: plan`.")
@site_option
@json_option
def measure(
    place: Path | None,
    dsn_file: Path | None,
    table: str | None,
    query_file: Path | None,
    delimiter: str,
    encoding: str,
    name: str | None,
    person: str | None,
    pseudonym: str | None,
    columns: tuple[str, ...],
    sensitive: tuple[str, ...],
    known: int,
    threshold: float | None,
    memory: str | None,
    record: bool,
    by: str | None,
    site_path: Path,
    as_json: bool,
) -> int:
    """Measure records: groups of people, singling out, inference, and the joins that the question names.

    RECORDS is a CSV or Parquet file; a table or a query of a database is named by options. A QUESTION in YAML says all
    of it, and which other lists to join the records with. Only reads, and shows counts and names of columns, no value.
    Exit code 3 when the class is medium or high.
    """
    from carrel.cli.risk_measuring import Asked
    from carrel.cli.risk_measuring import measure as run

    said = {
        "delimiter": "\t" if delimiter == "tab" else delimiter,
        "encoding": encoding,
        "dsn_file": dsn_file,
        "table": table,
        "query_file": query_file,
    }
    given: dict[str, object] = {"columns": columns, "sensitive": sensitive, "person": person, "pseudonym": pseudonym}
    more = {"name": name, "known": known, "threshold": threshold}
    asked = Asked(place, said, {**given, **{key: value for key, value in more.items() if value is not None}}, memory)
    return run(asked, site_path if record else None, by, as_json=as_json)


@risk.command(name="list", epilog="Example: carrel risk list --json")
@site_option
@json_option
def list_risks(site_path: Path, as_json: bool) -> int:
    """List what was measured and recorded: the class of each, and whether it has to be measured again.

    It has when other records that share columns with it came later and were not joined with it, or after a year. Exit
    code 3 where one has.
    """
    from carrel.cli.risk_record import tell_all

    return tell_all(site_path, as_json=as_json)
