"""``carrel disclose``: who may have it. Each paper, and each wish without one, as a case that the policy leads."""

from __future__ import annotations

from typing import Any

import click

from carrel.cli import disclose_ends, disclose_intake, disclose_steps, disclose_turns
from carrel.cli.at_site import json_option, site_option
from carrel.cli.disclose_forget import forget
from carrel.cli.disclose_options import ID, INSTRUMENTS, written
from carrel.cli.disclose_produce import produce
from carrel.cli.disclose_verify import verify
from carrel.cli.option_values import FILE_OR_INPUT


@click.group()
def disclose() -> None:
    """Who may have it: legal process, requests for records, emergencies, permission, each as one case."""


@disclose.command(epilog='Example: carrel disclose script "search warrant"')
@click.argument("instrument", type=click.Choice(INSTRUMENTS), metavar="[INSTRUMENT]", required=False)
@site_option
@json_option
def script(**said: Any) -> None:
    """What is said at the desk, and what follows.

    Without INSTRUMENT it prints what is said while nobody knows what it is, and which kinds there are. INSTRUMENT
    is with what they come: "informal ask", "public-records request", "subpoena", "court order", "search warrant",
    "national-security order", "emergency", "directory information", "foreign national", "employer", "parent",
    "researcher", "interlibrary cooperation", "theft prosecution", "permission", "permanent records".
    """
    from carrel.cli.disclose_script import print_script

    print_script(**said)


@disclose.command("list", epilog='Example: carrel disclose list --as "Ada Example"')
@click.option("--all", "every", is_flag=True, help="Those that are over, too.")
@click.option("--ask-systems", "asks", is_flag=True, help="Whether those whose records are kept are still registered.")
@written
def list_cases(**said: Any) -> int:
    """The cases of which you may know, and what is next.

    Where each stands, what is next, and by when. Exit code 3 when one is late.
    """
    from carrel.cli.disclose_screen import list_all

    return list_all(**said)


@disclose.command(epilog='Example: carrel disclose show dsc-abcdefghijkl --as "Ada Example"')
@ID
@click.option("--words", "with_words", is_flag=True, help="With what was asked for, and every reason.")
@click.option("--salts", is_flag=True, help="With what opens each leaf that the ledger has of it.")
@click.option("--scope", is_flag=True, help="Only the beginning of a scope for `carrel disclose produce`.")
@written
def show(*, scope: bool, **said: Any) -> None:
    """One case as a checklist.

    Each step in a sentence, who may take it, its clauses, and what was done.
    """
    if scope:
        from carrel.cli.disclose_scope import print_scope

        print_scope(**{key: one for key, one in said.items() if key not in {"with_words", "salts"}})
        return
    from carrel.cli.disclose_screen import show_one

    show_one(**said)


@disclose.command(epilog="Example: carrel disclose report --year 2026")
@click.option("--year", type=click.IntRange(2000, 9000), help="Of which year.  [default: this one]")
@site_option
@json_option
def report(**said: Any) -> None:
    """How many came with what, in bands, to be published.

    And how it ended. What is sealed is in none of them.
    """
    from carrel.cli.disclose_report import print_report

    print_report(**said)


@disclose.command(epilog="Example: carrel disclose drill")
@click.option("--answers", type=FILE_OR_INPUT, help='A file such as {"1": "b", "2": "a", …} instead of being asked.')
@site_option
@json_option
def drill(**said: Any) -> int:
    """Five made-up visits for a new front desk.

    What would you do? Exit code 3 when something went wrong.
    """
    from carrel.cli.disclose_drill import drill_desk

    return drill_desk(**said)


_VERBS = (*disclose_intake.VERBS, *disclose_steps.VERBS, *disclose_ends.VERBS, *disclose_turns.VERBS)
for verb in (*_VERBS, produce, verify, forget):
    disclose.add_command(verb)
