"""``carrel access``: the answer to "what do you hold on me?", as a package for that person alone."""

from __future__ import annotations

from pathlib import Path

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import ANY_FILE, FILE_OR_INPUT, NEW_FILE, WORDS

_IDENTITIES = ("card at the desk", "photo id", "signed in", "known to the staff")


@click.command(
    epilog='Example: carrel access card.txt --as "Cal Example" --identity "photo id" --age-passphrase-file words.txt'
)
@click.argument("given", metavar="CARD_FILE", type=FILE_OR_INPUT)
@click.option("--by-number", is_flag=True, help="The file holds the product's own number, in place of the card's.")
@click.option("--also", type=ANY_FILE, help="A file with older numbers of the same person, one a line.")
@click.option("--system", "system_names", multiple=True, help="Only this system; can be given again.  [default: all]")
@click.option("--out", type=NEW_FILE, help="Where the package goes.  [default: answer.zip.age, or answer.zip]")
@click.option("--age-passphrase-file", "passphrase_file", type=ANY_FILE, help="Its first line opens the package.")
@click.option("--plain", is_flag=True, help="Do not encrypt: whoever has the file can read it.")
@click.option(
    "--identity", required=True, type=click.Choice(_IDENTITIES), help="How you made sure that it is this person."
)
@click.option("--quick", is_flag=True, help="Leave out, and name, tables that would have to be read whole.")
@click.option("--request", metavar="ID", type=WORDS, help="The person's request that this answers.")
@as_option
@site_option
@json_option
def access(
    given: Path,
    by_number: bool,
    also: Path | None,
    system_names: tuple[str, ...],
    out: Path | None,
    passphrase_file: Path | None,
    plain: bool,
    identity: str,
    quick: bool,
    request: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> int:
    """What is held of one person, as a package for that person alone.

    Gathered live from every system of the library; nothing else is kept. CARD_FILE holds the card number in one line;
    - reads it from the standard input. The package is a zip with a page to read, JSON and CSV, encrypted with a
    passphrase that any age tool takes. Passwords and other people are not in it. The screen and the ledger
    tell counts alone. Exit code 3 when something could not be read; the package names it.
    """
    from carrel.cli.access_case import Wish, answer

    return answer(
        Wish(given, not by_number, also, system_names, out, passphrase_file, plain, identity, not quick, request),
        site_path,
        name,
        as_json=as_json,
    )
