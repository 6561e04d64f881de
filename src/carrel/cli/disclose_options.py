"""The options that several verbs of ``carrel disclose`` share, and how they hand on what was said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import DAY, FILE_OR_INPUT, WORDS

Command = TypeVar("Command", bound=Callable[..., Any])
INSTRUMENTS = (
    "informal ask", "public-records request", "subpoena", "court order", "search warrant", "national-security order",
    "emergency", "directory information", "foreign national", "employer", "parent", "researcher",
    "interlibrary cooperation", "theft prosecution", "permission", "permanent records",
)  # fmt: skip
ID = click.argument("identity", metavar="ID", type=WORDS)
FROM = click.option("--from", "from_day", type=DAY, metavar="DATE", help="First day that it asks for now.")
UNTIL = click.option("--until", "until_day", type=DAY, metavar="DATE", help="Last day of that.")
BECAUSE = click.option("--because", required=True, type=WORDS, help="Why; it is sealed with the case.")
STAYS = click.option("--keep-hold", is_flag=True, help="What it kept from deletion stays kept, for what may follow.")


def written(command: Command) -> Command:
    """The options of every verb that writes: who does it, where, and how it is told."""
    return as_option(site_option(json_option(command)))


_CARDS = click.option(
    "--card",
    "cards",
    multiple=True,
    type=FILE_OR_INPUT,
    help="A file with the card number of whom it is about; again for each.",
)
_BY_NUMBER = click.option("--by-number", is_flag=True, help="The file holds the number of the record instead.")
_ITEMS = click.option("--item", "items", multiple=True, metavar="N", help="An item's number, of a title.")
_TITLES = click.option("--title", "titles", multiple=True, metavar="N", help="The number of a title: all its items.")
_SYSTEM = click.option("--system", "system_name", type=WORDS, metavar="NAME", help="Which system, of several.")


def subject(command: Command) -> Command:
    """The options that say what is kept from deletion."""
    for option in (_SYSTEM, _TITLES, _ITEMS, _BY_NUMBER, _CARDS):
        command = option(command)
    return command


def person(command: Command) -> Command:
    """The options that say about whom of a case something was found."""
    for option in (_SYSTEM, _BY_NUMBER, _CARDS):
        command = option(command)
    return command


def days(first: datetime | None, last: datetime | None) -> dict[str, str]:
    """Days as an event has them; those that nobody named are left out."""
    named = {"from day": first, "until day": last}
    return {key: day.date().isoformat() for key, day in named.items() if day is not None}


def stays(keep_hold: bool) -> dict[str, str]:
    """Whether what a case kept stays kept after its end, as an event has it."""
    return {"hold stays": "yes" if keep_hold else ""}


def act_on_case(act: str, terms: dict[str, str], **said: Any) -> None:
    """Write one event of a case down."""
    from carrel.cli.disclose_desk import act_on

    act_on(act, terms, **said)
