"""``carrel disclose open``, ``preserve`` and ``document``: what came is written down, kept and put in."""

from __future__ import annotations

from typing import Any

import click

from carrel.cli.disclose_options import ID, INSTRUMENTS, subject, written
from carrel.cli.option_values import ANY_FILE, DAY, FILE_OR_INPUT, NEW_FILE, WORDS

_SERVED = ("the library", "an employee", "a volunteer", "a director or trustee")


@click.command(
    "open",
    epilog='Example: carrel disclose open subpoena --served-on "an employee" --sender "a law firm" --card card.txt '
    '--as "Dee Example"',
)
@click.argument("instrument", type=click.Choice(INSTRUMENTS), metavar="INSTRUMENT")
@click.option("--served-on", required=True, type=click.Choice(_SERVED), help="On whom it was served.")
@click.option("--sender", required=True, type=WORDS, help="The office, court or firm it comes from.")
@click.option("--dated", type=DAY, metavar="DATE", help="The day that the paper bears.")
@click.option("--from", "from_day", type=DAY, metavar="DATE", help="First day of the records that it asks for.")
@click.option("--until", "until_day", type=DAY, metavar="DATE", help="Last day of them.")
@click.option("--readers", is_flag=True, help="It asks who borrowed a title.")
@click.option("--order-names-title", is_flag=True, help="And the order itself names that title; counsel reads it.")
@click.option("--words", "words_file", type=FILE_OR_INPUT, help="A file with what is asked for, word by word.")
@subject
@written
def open_case(**said: Any) -> None:
    """Write down what came, as a case.

    Anybody of the site file may, and whoever was served does. What is asked for is kept from deletion first, by a
    legal hold that shows in no list. An order that names no days begins with that defect.
    """
    from carrel.cli.disclose_desk import open_one

    open_one(**said)


@click.command(epilog='Example: carrel disclose preserve dsc-abcdefghijkl --card card.txt --as "Dee Example"')
@ID
@subject
@written
def preserve(**said: Any) -> None:
    """Keep from deletion what a case asks for.

    It is done when a case is opened; this is for a case of which nobody knew then whom it is about.
    """
    from carrel.cli.disclose_desk import preserve_one

    preserve_one(**said)


@click.group(
    epilog='Example: carrel disclose document add dsc-abcdefghijkl scan.pdf --paper "the subpoena" --as "Dee Example"'
)
def document() -> None:
    """Papers of a case, encrypted under its own key."""


@document.command(
    "add",
    epilog='Example: carrel disclose document add dsc-abcdefghijkl scan.pdf --paper "the subpoena" --as "Dee Example"',
)
@ID
@click.argument("place", metavar="FILE", type=ANY_FILE)
@click.option("--paper", default="other", show_default=True, type=WORDS, help="Which paper that the policy asks for.")
@written
def add_document(**said: Any) -> None:
    """Put a file into a case; 64 MB at most. What it claims to be is not believed, and it is never opened."""
    from carrel.cli.disclose_papers import add_one

    add_one(**said)


@document.command(
    "get",
    epilog="Example: carrel disclose document get dsc-abcdefghijkl doc-0123456789abcdef --out scan.pdf "
    '--as "Lou Example"',
)
@ID
@click.argument("document", type=WORDS)
@click.option("--out", required=True, type=NEW_FILE, help="Where to write it.")
@written
def get_document(**said: Any) -> None:
    """Write a document of a case into a file, as it was put in."""
    from carrel.cli.disclose_papers import get_one

    get_one(**said)


VERBS = (open_case, preserve, document)
