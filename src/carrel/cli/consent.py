"""``carrel consent``: what somebody agreed to, in which words, and that they took it back. Nobody's name is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import ANY_FOLDER, DAY, FILE_OR_INPUT, WORDS

Command = TypeVar("Command", bound=Callable[..., Any])
_CHANNELS = ("web", "desk", "paper card", "phone", "letter", "email")
_SYSTEM = click.option(
    "--system", "system_name", type=WORDS, metavar="NAME", help="Which system, where the site has several."
)


def _about(command: Command) -> Command:
    """The person: a file with the card, or ``-``; ``--by-number``; ``--system``."""
    command = click.argument("given", metavar="CARD_FILE", type=FILE_OR_INPUT)(command)
    command = click.option("--by-number", is_flag=True, help="The file holds the number of the record instead.")(
        command
    )
    return _SYSTEM(command)


def _taken(command: Command) -> Command:
    """How it came, on which day, and who took it."""
    command = click.option(
        "--channel", required=True, type=click.Choice(_CHANNELS), help="How it reached the library."
    )(command)
    command = click.option("--on", type=DAY, metavar="DATE", help="The day on a card or letter.  [default: now]")(
        command
    )
    return as_option(site_option(json_option(command)))


@click.group()
def consent() -> None:
    """What somebody agreed to, in which words, and that they took it back."""


@consent.command(
    epilog='Example: carrel consent give card.txt --purpose "library news" --channel "paper card" --on 2026-11-20 '
    '--as "Dee Example"'
)
@_about
@click.option("--purpose", required=True, type=WORDS, help="What was agreed to, as the policy names it.")
@click.option("--language", default="en", show_default=True, type=WORDS, help="In which it was read.")
@click.option(
    "--version", type=click.IntRange(1, 9999), metavar="N", help="Of the text that was read.  [default: the newest]"
)
@click.option(
    "--lift-silence", is_flag=True, help="The person asked for silence before, and asks to be written to again."
)
@_taken
def give(**said: Any) -> int:
    """Write down that somebody agreed, with the exact words, the day, and how it came.

    CARD_FILE holds the card's number and nothing else; - reads it from the standard input. A day counts from its
    beginning: what was withdrawn on the same day stays withdrawn. Needs `may: consent`.
    """
    from carrel.cli.consent_taking import give as taking

    return taking(**said)


@consent.command(
    epilog='Example: carrel consent withdraw card.txt --purpose "library news" --channel phone --as "Dee Example"'
)
@_about
@click.option("--purpose", type=WORDS, help="What is withdrawn, as the policy names it.")
@click.option("--request", metavar="ID", type=WORDS, help="The objection that this carries out.")
@click.option("--everything", is_flag=True, help="All of it: the person, and the address, are never written to again.")
@_taken
def withdraw(purpose: str | None, *, everything: bool, **said: Any) -> int:
    """Write down that somebody took it back, or objects; it holds in every export from now on.

    No text and no reason is asked for. It also works for a purpose that needs no consent, and where nothing was given.
    A day counts to its end. The address goes off each mailing list of the site file at once; exit code 3 where a list
    could not be told. Needs `may: consent`.
    """
    if everything == (purpose is not None):
        raise click.UsageError("name a purpose with --purpose, or give --everything")
    from carrel.cli.consent_taking import withdraw as taking

    return taking(purpose=purpose, **said)


@consent.command(epilog="Example: carrel consent show card.txt")
@_about
@site_option
@json_option
def show(
    given: Path, system_name: str | None, site_path: Path, *, by_number: bool, as_json: bool
) -> None:  # fmt: skip
    """Where one person stands on each purpose, and everything that was written down. No name and no number is shown."""
    from carrel.cli.consent_screen import show_person

    show_person(given, system_name, site_path, by_number=by_number, as_json=as_json)


@consent.command(name="list", epilog="Example: carrel consent list")
@_SYSTEM
@site_option
@json_option
def list_consents(system_name: str | None, site_path: Path, *, as_json: bool) -> None:
    """How many agreed, withdrew, or have to be asked again, by purpose; small figures are banded."""
    from carrel.cli.consent_screen import list_purposes

    list_purposes(system_name, site_path, as_json=as_json)


@consent.command(epilog="Example: carrel consent texts --examples texts")
@click.option(
    "--examples",
    type=ANY_FOLDER,
    help="Write the texts that come with Carrel for what this site's policy asks, into this folder; no other work.",
)
@site_option
@json_option
def texts(examples: Path | None, site_path: Path, *, as_json: bool) -> int:
    """Check the texts of consents: one that somebody agreed to can never change its words.

    Exit code 3 with a finding.
    """
    from carrel.cli.consent_screen import check_texts, examples_into

    return examples_into(examples, site_path, as_json=as_json) if examples else check_texts(site_path, as_json=as_json)
