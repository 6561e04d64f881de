"""``carrel deidentify terms``: search terms that enough people searched for, and that name nobody."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.at_site import json_option
from carrel.cli.option_values import FILE, FILE_OR_FOLDER, NEW_FILE, WORDS
from carrel.cli.release_option import record_options
from carrel.cli.screen import put_json, put_line

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted

_KEY_BYTES = 32


@click.command(
    epilog="Example: carrel deidentify terms searches.csv terms.csv --term query --searcher patron --roster patrons.csv"
)
@click.argument("source", metavar="SEARCHES", type=FILE)
@click.argument("target", metavar="OUT", type=NEW_FILE)
@click.option("--term", default="term", show_default=True, type=WORDS, help="The column with what was searched for.")
@click.option("--searcher", type=WORDS, help="The column that tells persons apart.")
@click.option("--session", type=WORDS, help="Where there is none: the column that tells sessions apart; needs --time.")
@click.option("--time", "time_column", type=WORDS, help="The column with the time; a session counts once a day.")
@click.option("--fewest", default=10, show_default=True, type=click.IntRange(2, 100_000), help="People a term needs.")
@click.option("--settings", "document", type=FILE, help="A file in YAML with roster, catalogue and forms of numbers.")
@click.option("--roster", "rosters", multiple=True, type=FILE, help="CSV or Parquet with names and cards of patrons.")
@click.option("--catalogue", "catalogues", multiple=True, type=FILE, help="CSV or Parquet with authors and titles.")
@click.option("--system", type=WORDS, help="Take roster and catalogue from this system of the site, read only.")
@click.option(
    "--site", "site_path", default="carrel.yaml", type=FILE_OR_FOLDER, help="The site file, for --system and --record."
)
@click.option("--card", "cards", metavar="FORM", multiple=True, type=WORDS, help="Form of card numbers: # is a digit.")
@click.option("--delimiter", type=WORDS, help="The sign between the fields of a CSV file.  [default: a comma]")
@click.option("--force", is_flag=True, help="Replace OUT.")
@record_options(site=False)
@json_option
def terms(
    source: Path, target: Path, term: str, searcher: str | None, session: str | None, time_column: str | None,
    fewest: int, document: Path | None, rosters: tuple[Path, ...], catalogues: tuple[Path, ...], system: str | None,
    site_path: Path, cards: tuple[str, ...], delimiter: str | None, force: bool,
    wanted: Wanted | None, as_json: bool,
) -> None:  # fmt: skip
    """Release the search terms of SEARCHES, a CSV or Parquet file, that many different people searched for.

    A term that fewer searched for never leaves, nor one with a name of the roster, a card number, a phone or an
    address. Counts are rounded down to fives. What was written is read back and counted again from the searches.
    """
    from carrel.cli import release_record
    from carrel.cli.option_model import of_options
    from carrel.cli.text_setup import Given, knowledge_of, settings_of
    from carrel.deidentification.releases.measured import of_terms
    from carrel.deidentification.text.reader import TextReader
    from carrel.deidentification.text.search_terms import TermCount
    from carrel.inventory.record_source import NamedSource
    from carrel.systems.text.delimiter import delimiter_of
    from carrel.systems.text.release_place import require_free, require_other
    from carrel.systems.text.term_release import release, searches

    require_other(target, source, document, *rosters, *catalogues)
    require_free(target, force=force)
    keeper = release_record.recorder(wanted)
    said = {} if delimiter is None else {"delimiter": delimiter_of(delimiter)}
    place = of_options(NamedSource, {"file": source, **said})
    knowledge, learnt = knowledge_of(
        settings_of(Given(document, rosters, catalogues, system, cards)), site_path, source
    )
    counting = TermCount(secrets.token_bytes(_KEY_BYTES), fewest)

    read = partial(searches, place, term, searcher, session, time_column)
    verified = release(read, counting, TextReader(knowledge), target, force=force)
    tally = counting.tally
    found = of_terms(
        fewest, tally.released, roster=bool(knowledge.learnt.people), by_session=searcher is None, counted_again=True
    )
    kept = release_record.put_on_record(keeper, target.name, [target], found)
    if as_json:
        put_json({
            "released": target.name, "searches": tally.searches, "without_term_or_searcher": tally.empty,
            "terms": tally.terms, "rare": tally.rare, "naming": tally.naming, "left": tally.released,
            "verified": verified, "fewest": fewest, "warnings": learnt.warnings, **release_record.as_json(kept),
        })  # fmt: skip
        return
    put_line(
        f"{target.name}: {amount(tally.released, 'term')} of {tally.terms:,} that {tally.searches:,} searches had."
    )
    put_line(
        f"{amount(tally.rare, 'term is', 'terms are')} not released: fewer than {fewest} people searched for each.",
        "  ",
    )
    put_line(
        f"{amount(tally.naming, 'term is', 'terms are')} not released because of a name, a number or an address.", "  "
    )
    if tally.empty:
        put_line(f"{amount(tally.empty, 'search', 'searches')} had no term, or nobody who searched.", "  ")
    for warning in learnt.warnings:
        put_line(warning, "  ")
    if not learnt.rosters:
        put_line("No roster was named: a name in small letters is not known as one.", "  ")
    put_line(f"Verified: {amount(verified, 'term')} read back, and counted again from the searches.")
    release_record.tell_record(kept)
