"""``carrel disclose``: who may have it. Each paper, and each wish without one, as a case that the policy leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.disclose_forget import forget
from carrel.cli.disclose_produce import produce
from carrel.cli.disclose_verify import verify
from carrel.cli.option_values import ANY_FILE, DAY, FILE_OR_INPUT, NEW_FILE, WORDS

Command = TypeVar("Command", bound=Callable[..., Any])
_INSTRUMENTS = (
    "informal ask", "public-records request", "subpoena", "court order", "search warrant", "national-security order",
    "emergency", "directory information", "foreign national", "employer", "parent", "researcher",
    "interlibrary cooperation", "theft prosecution", "permission", "permanent records",
)  # fmt: skip
_SERVED = ("the library", "an employee", "a volunteer", "a director or trustee")
_GROUNDS = (
    "no legal process", "no law requires it", "the law exempts it", "a defect was not cured",
    "the court set it aside", "it asks for the readers of a title", "a condition is not met",
    "the person did not permit it",
)  # fmt: skip
_OFFICES = (
    "custodian", "counsel", "authorised officer", "senior officer", "unit head", "provost", "archivist",
)  # fmt: skip
_ID = click.argument("identity", metavar="ID", type=WORDS)
_FROM = click.option("--from", "from_day", type=DAY, metavar="DATE", help="First day that it asks for now.")
_UNTIL = click.option("--until", "until_day", type=DAY, metavar="DATE", help="Last day of that.")
_BECAUSE = click.option("--because", required=True, type=WORDS, help="Why; it is sealed with the case.")


_STAYS = click.option("--keep-hold", is_flag=True, help="What it kept from deletion stays kept, for what may follow.")


def _written(command: Command) -> Command:
    return as_option(site_option(json_option(command)))


def _subject(command: Command) -> Command:
    """The options that say what is kept from deletion."""
    options = (
        click.option(
            "--card",
            "cards",
            multiple=True,
            type=FILE_OR_INPUT,
            help="A file with the card number of whom it is about; again for each.",
        ),
        click.option("--by-number", is_flag=True, help="The file holds the number of the record instead."),
        click.option("--item", "items", multiple=True, metavar="N", help="An item's number, of a title."),
        click.option("--title", "titles", multiple=True, metavar="N", help="The number of a title: all its items."),
        click.option("--system", "system_name", type=WORDS, metavar="NAME", help="Which system, of several."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def disclose() -> None:
    """Who may have it: legal process, requests for records, emergencies, permission, each as one case."""


@disclose.command(epilog='Example: carrel disclose script "search warrant"')
@click.argument("instrument", type=click.Choice(_INSTRUMENTS), metavar="[INSTRUMENT]", required=False)
@site_option
@json_option
def script(**said: Any) -> None:
    """What is said at the desk, and what follows.

    Without INSTRUMENT it prints what is said while nobody knows what it is, and which kinds there are. INSTRUMENT
    is with what they come: "informal ask", "public-records request", "subpoena", "court order", "search warrant",
    "national-security order", "emergency", "directory information", "foreign national", "employer", "parent",
    "researcher", "interlibrary cooperation", "theft prosecution", "permission", "permanent records".
    """
    from carrel.cli.disclose_screen import print_script

    print_script(**said)


@disclose.command(
    "open",
    epilog='Example: carrel disclose open subpoena --served-on "an employee" --sender "a law firm" --card card.txt '
    '--as "Dee Example"',
)
@click.argument("instrument", type=click.Choice(_INSTRUMENTS), metavar="INSTRUMENT")
@click.option("--served-on", required=True, type=click.Choice(_SERVED), help="On whom it was served.")
@click.option("--sender", required=True, type=WORDS, help="The office, court or firm it comes from.")
@click.option("--dated", type=DAY, metavar="DATE", help="The day that the paper bears.")
@click.option("--from", "from_day", type=DAY, metavar="DATE", help="First day of the records that it asks for.")
@click.option("--until", "until_day", type=DAY, metavar="DATE", help="Last day of them.")
@click.option("--readers", is_flag=True, help="It asks who borrowed a title.")
@click.option("--order-names-title", is_flag=True, help="And the order itself names that title; counsel reads it.")
@click.option("--words", "words_file", type=FILE_OR_INPUT, help="A file with what is asked for, word by word.")
@_subject
@_written
def open_case(**said: Any) -> None:
    """Write down what came, as a case.

    Anybody of the site file may, and whoever was served does. What is asked for is kept from deletion first, by a
    legal hold that shows in no list. An order that names no days begins with that defect.
    """
    from carrel.cli.disclose_desk import open_one

    open_one(**said)


@disclose.command(epilog='Example: carrel disclose preserve dsc-abcdefghijkl --card card.txt --as "Dee Example"')
@_ID
@_subject
@_written
def preserve(**said: Any) -> None:
    """Keep from deletion what a case asks for.

    It is done when a case is opened; this is for a case of which nobody knew then whom it is about.
    """
    from carrel.cli.disclose_desk import preserve_one

    preserve_one(**said)


@disclose.command("list", epilog='Example: carrel disclose list --as "Ada Example"')
@click.option("--all", "every", is_flag=True, help="Those that are over, too.")
@_written
def list_cases(**said: Any) -> int:
    """The cases of which you may know, and what is next.

    Where each stands, what is next, and by when. Exit code 3 when one is late.
    """
    from carrel.cli.disclose_screen import list_all

    return list_all(**said)


@disclose.command(epilog='Example: carrel disclose show dsc-abcdefghijkl --as "Ada Example"')
@_ID
@click.option("--words", "with_words", is_flag=True, help="With what was asked for, and every reason.")
@click.option("--salts", is_flag=True, help="With what opens each leaf that the ledger has of it.")
@_written
def show(**said: Any) -> None:
    """One case as a checklist.

    Each step in a sentence, who may take it, its clauses, and what was done.
    """
    from carrel.cli.disclose_screen import show_one

    show_one(**said)


@disclose.command(epilog='Example: carrel disclose record dsc-abcdefghijkl "counsel on form" --as "Lou Example"')
@_ID
@click.argument("step", type=WORDS)
@click.option("--cite", type=WORDS, help="The law, where the step cites one.")
@click.option("--finding", type=WORDS, help="What was found, where the step finds something.")
@_written
def record(**said: Any) -> None:
    """Write down that a step was taken.

    Only what the policy has next may be, by whom it names.
    """
    from carrel.cli.disclose_desk import record_step

    record_step(**said)


@disclose.command(
    epilog='Example: carrel disclose defect dsc-abcdefghijkl --what "no seal of the court" --as "Lou Example"'
)
@_ID
@click.option("--what", required=True, type=WORDS, help="What is wrong with the paper.")
@_written
def defect(**said: Any) -> None:
    """List a defect of the paper.

    The process goes back, and nothing is released until it is cured.
    """
    from carrel.cli.disclose_desk import list_defect

    list_defect(**said)


@disclose.command(epilog='Example: carrel disclose cure dsc-abcdefghijkl d2 --because "new paper" --as "Lou Example"')
@_ID
@click.argument("defect", type=WORDS)
@_FROM
@_UNTIL
@_BECAUSE
@_written
def cure(defect: str, from_day: datetime | None, until_day: datetime | None, **said: Any) -> None:
    """Write down that a defect is cured.

    Counsel does. The paper is read anew.
    """
    _act("cured", {"defect": defect, **_days(from_day, until_day)}, **said)


@disclose.command(
    epilog='Example: carrel disclose challenge dsc-abcdefghijkl --because "no good cause" --as "Lou Example"'
)
@_ID
@click.option("--ruling", type=click.Choice(("upheld", "narrowed", "quashed")), help="What the court said of it.")
@_FROM
@_UNTIL
@_BECAUSE
@_written
def challenge(ruling: str | None, from_day: datetime | None, until_day: datetime | None, **said: Any) -> None:
    """Write down that a court is asked, or what it said.

    Without --ruling the paper is challenged in court; with it, what became of that.
    """
    _act("ruled" if ruling else "challenged", {"ruling": ruling or "", **_days(from_day, until_day)}, **said)


@disclose.command(
    epilog='Example: carrel disclose silence dsc-abcdefghijkl --basis order --court "District court" '
    '--starts 2026-11-27 --ends 2027-03-01 --may-tell "Lou Example" --as "Ada Example"'
)
@_ID
@click.option("--basis", type=click.Choice(("order", "statute", "judgement")), help="On what it rests.")
@click.option("--court", type=WORDS, default="", help="That ordered it.")
@click.option("--statute", type=WORDS, default="", help="Its name in the policy; counsel must have confirmed it.")
@click.option("--starts", type=DAY, metavar="DATE", help="Its first day.")
@click.option("--ends", type=DAY, metavar="DATE", help="Its last day.")
@click.option("--indefinite", is_flag=True, help="It names no last day.")
@click.option("--may-tell", multiple=True, type=WORDS, help='Whom it lets know; "the board" for the board.')
@click.option("--lift", is_flag=True, help="It was lifted: the person is told now. Counsel says so, with --because.")
@click.option("--because", type=WORDS, default="", help="Why.")
@_written
def silence(**said: Any) -> None:
    """Seal a case, or end its silence.

    Nobody but who is named in it knows that it is there, until the silence lapses.
    """
    from carrel.cli.disclose_desk import silence_one

    silence_one(**said)


@disclose.command(epilog='Example: carrel disclose name dsc-abcdefghijkl "Mo Example" --as "Ada Example"')
@_ID
@click.argument("person", type=WORDS)
@_written
def name(person: str, **said: Any) -> None:
    """Let somebody know of a case, and act in it.

    Somebody of the site file.
    """
    _act("named", {"person": person}, **said)


@disclose.command(epilog='Example: carrel disclose note dsc-abcdefghijkl --because "they rang" --as "Ada Example"')
@_ID
@_BECAUSE
@_written
def note(**said: Any) -> None:
    """Note something with a case; it is sealed."""
    _act("noted", {}, **said)


@disclose.group(
    epilog='Example: carrel disclose document add dsc-abcdefghijkl scan.pdf --paper "the subpoena" --as "Dee Example"'
)
def document() -> None:
    """Papers of a case, encrypted under its own key."""


@document.command(
    "add",
    epilog='Example: carrel disclose document add dsc-abcdefghijkl scan.pdf --paper "the subpoena" --as "Dee Example"',
)
@_ID
@click.argument("place", metavar="FILE", type=ANY_FILE)
@click.option("--paper", default="other", show_default=True, type=WORDS, help="Which paper that the policy asks for.")
@_written
def add_document(**said: Any) -> None:
    """Put a file into a case; 64 MB at most. What it claims to be is not believed, and it is never opened."""
    from carrel.cli.disclose_papers import add_one

    add_one(**said)


@document.command(
    "get",
    epilog="Example: carrel disclose document get dsc-abcdefghijkl doc-0123456789abcdef --out scan.pdf "
    '--as "Lou Example"',
)
@_ID
@click.argument("document", type=WORDS)
@click.option("--out", required=True, type=NEW_FILE, help="Where to write it.")
@_written
def get_document(**said: Any) -> None:
    """Write a document of a case into a file, as it was put in."""
    from carrel.cli.disclose_papers import get_one

    get_one(**said)


@disclose.command(
    epilog='Example: carrel disclose exempt dsc-abcdefghijkl "no student" --because "a visitor" --as "Lou Example"'
)
@_ID
@click.argument("exemption", type=WORDS)
@click.option("--over", is_flag=True, help="It was found by mistake, and holds no more.")
@_BECAUSE
@_written
def exempt(exemption: str, *, over: bool, **said: Any) -> None:
    """Write down a finding by which records are given out without waiting for a student.

    EXEMPTION is its name in the policy, under "education records:". What was gathered before is gathered anew.
    """
    _act("exempted", {"exemption": exemption, "over": "yes" if over else ""}, **said)


@disclose.command(
    "by-hand",
    epilog='Example: carrel disclose by-hand dsc-abcdefghijkl --because "sign-up sheets, on paper" --as "Ada Example"',
)
@_ID
@_BECAUSE
@_written
def by_hand(**said: Any) -> None:
    """Write down that what answers lies in no system.

    Where it lies, and why no package can be made of it. It stands in the place of a package: on paper, with a
    vendor, or told by word of mouth. What lies in a system is produced.
    """
    _act("produced", {"kind": "in no system"}, **said)


@disclose.command(epilog='Example: carrel disclose sign dsc-abcdefghijkl --as "Ada Example"')
@_ID
@_written
def sign(**said: Any) -> None:
    """Sign a release.

    The office that the policy names does, once every step is taken and the package is made.
    """
    _act("signed", {}, **said)


@disclose.command(epilog='Example: carrel disclose release dsc-abcdefghijkl --as "Dee Example"')
@_ID
@click.option("--because", type=WORDS, default="", help="In an emergency: what was told to whom, and why at once.")
@_STAYS
@_written
def release(*, keep_hold: bool, **said: Any) -> None:
    """Write down that the package was handed over.

    What was signed, by somebody other than whoever signed.
    """
    _act("released", _stays(keep_hold), **said)


@disclose.command(epilog='Example: carrel disclose nothing dsc-abcdefghijkl --as "Ada Example"')
@_ID
@_STAYS
@_written
def nothing(*, keep_hold: bool, **said: Any) -> None:
    """End a case: no record answers it.

    Once a package with that statement was made.
    """
    _act("nothing responsive", _stays(keep_hold), **said)


@disclose.command(
    epilog='Example: carrel disclose refuse dsc-abcdefghijkl --ground "no legal process" --because "no paper" '
    '--as "Dee Example"'
)
@_ID
@click.option("--ground", required=True, type=click.Choice(_GROUNDS), metavar="GROUND", help="See below.")
@_BECAUSE
@_STAYS
@_written
def refuse(ground: str, *, keep_hold: bool, **said: Any) -> None:
    """Refuse, on a ground and with a reason. With --keep-hold where they may come back with a paper.

    Grounds: "no legal process", "no law requires it", "the law exempts it", "a defect was not cured", "the court set
    it aside", "it asks for the readers of a title", "a condition is not met", "the person did not permit it".
    """
    _act("refused", {"ground": ground, **_stays(keep_hold)}, **said)


@disclose.command(epilog='Example: carrel disclose withdraw dsc-abcdefghijkl --because "they left" --as "Ada Example"')
@_ID
@_BECAUSE
@_STAYS
@_written
def withdraw(*, keep_hold: bool, **said: Any) -> None:
    """Write down that whoever came took it back."""
    _act("withdrawn", _stays(keep_hold), **said)


@disclose.command(
    epilog='Example: carrel disclose delegate custodian --to "Ben Example" --until 2027-01-10 --as "Ada Example"'
)
@click.argument("office", type=click.Choice(_OFFICES))
@click.option("--to", "other", required=True, type=WORDS, help="Who stands in while you are recorded absent.")
@click.option("--until", "until", type=DAY, metavar="DATE", help="Last day.")
@click.option("--revoke", is_flag=True, help="Take it back.")
@_written
def delegate(**said: Any) -> None:
    """Name an alternate for your own office.

    Where every policy in force knows alternates for it.
    """
    from carrel.cli.disclose_offices import delegate_one

    delegate_one(**said)


@disclose.command(
    epilog='Example: carrel disclose absence custodian --of "Ada Example" --until 2026-12-01 --as "Mo Example"'
)
@click.argument("office", type=click.Choice(_OFFICES))
@click.option("--of", "holder", type=WORDS, metavar="NAME", help="Who holds it.  [default: you]")
@click.option("--until", "until", type=DAY, metavar="DATE", help="Last day, where it is known.")
@click.option("--over", is_flag=True, help="She is back.")
@_written
def absence(**said: Any) -> None:
    """Record that whoever holds an office is away.

    An alternate may act then; no alternate records it herself.
    """
    from carrel.cli.disclose_offices import absent_one

    absent_one(**said)


@disclose.command(epilog="Example: carrel disclose report --year 2026")
@click.option("--year", type=click.IntRange(2000, 9000), help="Of which year.  [default: this one]")
@site_option
@json_option
def report(**said: Any) -> None:
    """How many came with what, in bands, to be published.

    And how it ended. What is sealed is in none of them.
    """
    from carrel.cli.disclose_screen import print_report

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


disclose.add_command(forget)
disclose.add_command(produce)
disclose.add_command(verify)


def _days(first: datetime | None, last: datetime | None) -> dict[str, str]:
    named = {"from day": first, "until day": last}
    return {key: day.date().isoformat() for key, day in named.items() if day is not None}


def _stays(keep_hold: bool) -> dict[str, str]:
    return {"hold stays": "yes" if keep_hold else ""}


def _act(act: str, terms: dict[str, str], **said: Any) -> None:
    from carrel.cli.disclose_desk import act_on

    act_on(act, terms, **said)
