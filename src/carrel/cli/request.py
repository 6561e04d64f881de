"""``carrel request``: what patrons ask for, by when it is answered, and what became of it. Nobody's name is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from carrel.cli.at_site import as_option, json_option, site_option
from carrel.cli.option_values import ANY_FILE, DAY, FILE_OR_INPUT, WORDS

Command = TypeVar("Command", bound=Callable[..., Any])
_RIGHTS = (
    "access", "rectification", "erasure", "restriction", "objection", "portability", "challenge", "question",
)  # fmt: skip
_CHANNELS = ("web", "desk", "phone", "letter", "email")
_IDENTITIES = ("card at the desk", "photo id", "signed in", "known to the staff")
_DECISIONS = ("upheld", "upheld in part", "refused", "nothing is held")
_GROUNDS = (
    "identity not verified", "manifestly unfounded", "repeated without end", "rights of other people",
    "a law requires the data", "a legal claim", "archive, research or statistics", "the data are right",
    "needed for the service that the person uses", "confidential review", "another office answers",
    "goes on as another request",
)  # fmt: skip
_ID = click.argument("identity", metavar="ID", type=WORDS)
_BECAUSE = click.option("--because", required=True, type=WORDS, help="The reason; it is sealed with the request.")
_SYSTEM = click.option(
    "--system", "system_name", type=WORDS, metavar="NAME", help="Which system, where the site has several."
)
_BY_NUMBER = click.option("--by-number", is_flag=True, help="The file holds the number of the record instead.")
_HOW = "How you made sure that it is the person."


def _words(says: str, *, required: bool = False) -> Callable[[Command], Command]:
    return click.option("--words", "words_file", type=FILE_OR_INPUT, required=required, help=says)


def _written(command: Command) -> Command:
    return as_option(site_option(json_option(command)))


@click.group()
def request() -> None:
    """What patrons ask for: each request as one case with a clock, to its answer."""


@request.command(
    "open",
    epilog='Example: carrel request open erasure --card card.txt --channel desk --identity "photo id" '
    '--as "Dee Example"',
)
@click.argument("right", type=click.Choice(_RIGHTS))
@click.option("--card", type=FILE_OR_INPUT, help="A file with the card number and nothing else; - for the input.")
@_BY_NUMBER
@_SYSTEM
@_words("A file with the person's own words; they are sealed.")
@click.option("--channel", required=True, type=click.Choice(_CHANNELS), help="How it reached the library.")
@click.option("--language", default="en", show_default=True, type=WORDS, help="In which the person is answered.")
@click.option(
    "--on", type=DAY, metavar="DATE", help="The day on which it came; the clock runs from it.  [default: now]"
)
@click.option("--identity", "how", type=click.Choice(_IDENTITIES), help=_HOW)
@_written
def open_request(**said: Any) -> None:
    """Write a request down. Its clock runs from the day on which it came.

    Whose it is is kept sealed, and is needed for anything but a question. Without --identity the request waits until
    `carrel request identify`. A restriction that somebody was identified for holds in every export and count from now
    on. Needs `may: requests`.
    """
    from carrel.cli.request_desk import open_one

    open_one(**said)


@request.command("list", epilog="Example: carrel request list")
@click.option("--all", "every", is_flag=True, help="Those that are over, too.")
@site_option
@json_option
def list_requests(**said: Any) -> int:
    """Every open request with its clock, overdue ones first. Exit code 3 when one is overdue."""
    from carrel.cli.request_screen import list_all

    return list_all(**said)


@request.command(epilog="Example: carrel request show req-abcdefghijkl")
@_ID
@click.option("--words", "with_words", is_flag=True, help="With the words of the person and of the staff; needs --as.")
@click.option("--as", "name", metavar="NAME", help="You, as the site file names you; needs `may: requests`.")
@site_option
@json_option
def show(**said: Any) -> None:
    """One request: where it stands, what is waited for, and everything that was done. Nobody is named."""
    from carrel.cli.request_screen import show_one

    show_one(**said)


@request.command(
    epilog='Example: carrel request identify req-abcdefghijkl card.txt --identity "photo id" --as "Dee Example"'
)
@_ID
@click.argument("card", metavar="CARD_FILE", type=FILE_OR_INPUT)
@_BY_NUMBER
@_SYSTEM
@click.option("--identity", "how", required=True, type=click.Choice(_IDENTITIES), help=_HOW)
@_written
def identify(**said: Any) -> None:
    """Write down that it is the person, and whose record it is.

    Given again it must be the same record: another one has a request of its own. Needs `may: requests`.
    """
    from carrel.cli.request_desk import identify_one

    identify_one(**said)


@request.command(epilog='Example: carrel request assign req-abcdefghijkl --to "Ann Example" --as "Dee Example"')
@_ID
@click.option("--to", "owner", required=True, type=WORDS, help="Who sees to it from now on.")
@_written
def assign(owner: str, **said: Any) -> None:
    """Say who sees to a request."""
    _act("assigned", {"owner": owner}, **said)


@request.command(epilog='Example: carrel request extend req-abcdefghijkl --because "four systems" --as "Dee Example"')
@_ID
@_BECAUSE
@_written
def extend(**said: Any) -> None:
    """Take two months more, once, where the rule gives them; tell the person today, and why (GDPR Art. 12(3))."""
    _act("extended", {}, **said)


@request.command(epilog='Example: carrel request note req-abcdefghijkl --because "she rang" --as "Dee Example"')
@_ID
@_BECAUSE
@_written
def note(**said: Any) -> None:
    """Note something with a request; it is sealed."""
    _act("noted", {}, **said)


@request.command(epilog='Example: carrel request tell req-abcdefghijkl t1 --as "Dee Example"')
@_ID
@click.argument("task", required=False, type=WORDS)
@click.option("--controller", type=WORDS, help="Pass it on to who answers for a part of it, as the policy names them.")
@click.option("--recipient", type=WORDS, help="Whoever else got the data from the library.")
@_written
def tell(**said: Any) -> None:
    """Write down that somebody was told: of a task that is set, or of a new one.

    The request waits for their reply, and the person sees that it does. Needs `may: requests`.
    """
    from carrel.cli.request_tasks import tell_one

    tell_one(**said)


@request.command(epilog='Example: carrel request tasks req-abcdefghijkl --done t1-t4,t7 --as "Dee Example"')
@click.argument("identity", metavar="[ID]", required=False, type=WORDS)
@click.option("--tell", multiple=True, type=WORDS, metavar="TASKS", help="Write down that these were told.")
@click.option("--done", multiple=True, type=WORDS, metavar="TASKS", help="Write down that these replied, or are done.")
@_words("A file with what was done or replied; it is sealed with each of them.")
@click.option("--as", "name", metavar="NAME", help="You, as the site file names you; needs `may: requests`.")
@site_option
@json_option
def tasks(**said: Any) -> None:
    """Every open task of all open requests, or of one; with --tell and --done several of one at once.

    TASKS are such as `t3`, `t1-t4,t7`, or `switches`: all that the library sees to by hand where a system has no
    switch. All of them are written down, or none.
    """
    from carrel.cli.request_several import tasks as settle

    settle(**said)


@request.command(epilog='Example: carrel request reply req-abcdefghijkl t1 --as "Dee Example"')
@_ID
@click.argument("task", type=WORDS)
@_words("A file with what they replied; it is sealed.")
@_written
def reply(task: str, **said: Any) -> None:
    """Write down that whoever was told replied: the task ends."""
    _act("replied", {"task": task}, **said)


@request.command(
    epilog='Example: carrel request waive req-abcdefghijkl t1 --because "out of business" --as "Dee Example"'
)
@_ID
@click.argument("task", metavar="TASK_OR_CASE", type=WORDS)
@_BECAUSE
@_written
def waive(task: str, **said: Any) -> None:
    """Do not wait for a task any more, or give a plan up that was never begun; with your name and a reason.

    What failed is never waived. Of an answer with gaps, and where only a log or a backup still holds old values, you
    may say that it is enough: the letter tells the person. The word `change` in place of a task says why no plan
    follows from a challenge that was upheld.
    """
    which = "change" if task == "change" else "case" if task.startswith("case-") else "task"
    _act("waived", {which: "none" if which == "change" else task}, **said)


@request.command(
    epilog='Example: carrel request receipt req-abcdefghijkl t1 answer.txt --vendor-key "cover images" '
    '--as "Dee Example"'
)
@_ID
@click.argument("task", type=WORDS)
@click.argument("place", metavar="FILE", type=ANY_FILE)
@click.option(
    "--vendor-key", "vendor", required=True, type=WORDS, help="The vendor, as `vendors:` of the site names it."
)
@click.option("--signature", type=ANY_FILE, help="The header X-OpenDSR-Signature, where FILE is the body alone.")
@_written
def receipt(**said: Any) -> int:
    """Check a vendor's signed receipt (OpenDSR 2.0), keep it sealed, and end the task when it says `completed`.

    FILE holds the answer with its headers. Exit code 3 when the vendor is not done yet.
    """
    from carrel.cli.request_tasks import take_receipt

    return take_receipt(**said)


@request.command(
    epilog='Example: carrel request decide req-abcdefghijkl refused --because "the source says so" --as "Dee Example"'
)
@_ID
@click.argument("decision", type=click.Choice(_DECISIONS))
@_BECAUSE
@_written
def decide(decision: str, **said: Any) -> None:
    """Decide a challenge, or that nothing is held of the person."""
    _act("decided", {"decision": decision}, **said)


@request.command(epilog='Example: carrel request answer req-abcdefghijkl --as "Dee Example"')
@_ID
@_words("A file with the words of the answer; they are sealed, and stand in the letter.")
@_written
def answer(**said: Any) -> None:
    """Close a request as answered. Refused while anything is open, was not read back, or nothing was done."""
    _act("answered", {}, **said)


@request.command(
    epilog='Example: carrel request refuse req-abcdefghijkl --ground "a legal claim" --because "suit is pending" '
    '--as "Dee Example"'
)
@_ID
@click.option(
    "--ground", required=True, type=click.Choice(_GROUNDS), metavar="GROUND", help="On which ground; see below."
)
@click.option("--goes-on", type=WORDS, default="", metavar="ID", help="As which request, where it goes on as another.")
@_BECAUSE
@_written
def refuse(ground: str, goes_on: str, **said: Any) -> None:
    """Refuse a request, on a ground and with a reason that the person is told.

    Grounds: "identity not verified", "manifestly unfounded", "repeated without end", "rights of other people", "a law
    requires the data", "a legal claim", "archive, research or statistics", "the data are right", "needed for the
    service that the person uses", "confidential review", "another office answers", "goes on as another request".
    The last one takes --goes-on: an open request of the same right and person.
    """
    _act("refused", {"ground": ground, **({"goes on as": goes_on} if goes_on else {})}, **said)


@request.command(epilog='Example: carrel request withdraw req-abcdefghijkl --as "Dee Example"')
@_ID
@_written
def withdraw(**said: Any) -> None:
    """Write down that the person took the request back. A plan that was made for it is not carried out any more."""
    _act("withdrawn", {}, **said)


@request.command(epilog='Example: carrel request state req-abcdefghijkl --words theirs.txt --as "Dee Example"')
@_ID
@_words("A file with the statement; it is sealed.", required=True)
@_written
def state(**said: Any) -> None:
    """Attach the person's statement of disagreement to a challenge that was refused."""
    _act("stated", {}, **said)


@request.command(epilog="Example: carrel request letter req-abcdefghijkl --as 'Dee Example'")
@_ID
@click.option("--mail", "by_mail", is_flag=True, help="Mail a notice of it instead, without what is held.")
@_written
def letter(*, by_mail: bool, **said: Any) -> None:
    """Print what the person gets: that it came, where it stands, the answer, and where to turn to.

    The letter goes on paper or is handed over: it tells what is held, and mail is read on its way. With --mail a
    notice goes to the address on the person's record, which names the number and the day, and where the letter can be
    read; where the policy says `letters: by mail`, and the person wrote by email or on the pages.
    """
    from carrel.cli.request_notice import mail_notice
    from carrel.cli.request_screen import print_letter

    (mail_notice if by_mail else print_letter)(**said)


def _act(act: str, terms: dict[str, str], **said: Any) -> None:
    from carrel.cli.request_desk import act_on

    act_on(act, terms, **said)
