"""``carrel deidentify text``: free text without what names a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import json_option, now
from carrel.cli.option_values import FILE, FILE_OR_FOLDER, NEW_FILE, WORDS
from carrel.cli.release_option import record_options

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted

LEAVE = ("link", "network address", "secret", "number", "user name")
FORMATS = ("csv", "jsonl", "text")


@click.command(
    epilog="Example: carrel deidentify text questions.csv released.csv --roster patrons.csv --catalogue books.csv "
    "--card '21868######### mod10'"
)
@click.argument("source", metavar="TEXT", type=FILE)
@click.argument("target", metavar="OUT", type=NEW_FILE)
@click.option("--settings", "document", type=FILE, help="A file in YAML that says all of this.")
@click.option("--roster", "rosters", multiple=True, type=FILE, help="CSV or Parquet with names and cards of patrons.")
@click.option("--catalogue", "catalogues", multiple=True, type=FILE, help="CSV or Parquet with authors and titles.")
@click.option("--system", type=WORDS, help="Take roster and catalogue from this system of the site, read only.")
@click.option(
    "--site", "site_path", default="carrel.yaml", type=FILE_OR_FOLDER, help="The site file, for --system and --record."
)
@click.option("--card", "cards", metavar="FORM", multiple=True, type=WORDS, help="Form of card numbers: # is a digit.")
@click.option("--student-id", "student_ids", metavar="FORM", multiple=True, type=WORDS, help="Form of student ids.")
@click.option("--column", "columns", multiple=True, type=WORDS, help="A column, or field, with text.  [default: all]")
@click.option("--conversation", type=WORDS, help="The column that tells which conversation a row belongs to.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="What TEXT is.  [default: by its ending]")
@click.option("--unit", type=click.Choice(("file", "line")), help="What of plain text is one conversation.")
@click.option("--delimiter", type=WORDS, help="The sign between the fields of a CSV file.  [default: a comma]")
@click.option("--leave", multiple=True, type=click.Choice(LEAVE), help="A kind that may stay.")
@click.option("--recognizer", "recognizers", metavar="MODULE:CLASS", multiple=True, type=WORDS,
              help="A recognizer with Presidio's protocol.")  # fmt: skip
@click.option("--decisions", type=FILE, help="Places of TEXT that were looked through by `carrel deidentify review`.")
@click.option("--force", is_flag=True, help="Replace OUT and what lies beside it.")
@record_options(site=False)
@json_option
def text(
    source: Path, target: Path, document: Path | None, rosters: tuple[Path, ...], catalogues: tuple[Path, ...],
    system: str | None, site_path: Path, cards: tuple[str, ...], student_ids: tuple[str, ...], columns: tuple[str, ...],
    conversation: str | None, form: str | None, unit: str | None, delimiter: str | None, leave: tuple[str, ...],
    recognizers: tuple[str, ...], decisions: Path | None, force: bool,
    wanted: Wanted | None, as_json: bool,
) -> None:  # fmt: skip
    """Write TEXT to OUT without what names a person: CSV, JSON lines or plain text, packed with gzip or not.

    Numbers go by their forms and check digits, names by the roster and the words around them; authors and titles of the
    catalogue stay. What went is a number in brackets, the same within a conversation. Beside OUT lie a note of the
    release and, without any value, the places that a person should look at. TEXT stays as it is.
    """
    from carrel.cli import release_record, text_screen
    from carrel.cli.text_setup import Given, knowledge_of, settings_of
    from carrel.cli.text_work import released, require_release
    from carrel.deidentification.releases.measured import of_text

    require_release(source, target, decisions, force=force)
    given = Given(
        document, rosters, catalogues, system, cards, student_ids, columns, conversation, unit, leave, recognizers
    )
    keeper = release_record.recorder(wanted)
    settings = settings_of(given)
    knowledge, learnt = knowledge_of(settings, site_path, source)
    note, told = released(source, target, settings, knowledge, now(), form=form, delimiter=delimiter,
                          decisions=decisions, force=force)  # fmt: skip
    kept = release_record.put_on_record(keeper, target.name, [target], of_text(note.risk))
    text_screen.put_release(note, told, learnt, source, target, kept, as_json=as_json)
