"""``carrel disclose record`` and its like: what is done in a case between its beginning and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from carrel.cli.disclose_options import BECAUSE, FROM, ID, UNTIL, act_on_case, days, person, written
from carrel.cli.option_values import DAY, WORDS


@click.command(epilog='Example: carrel disclose record dsc-abcdefghijkl "counsel on form" --as "Lou Example"')
@ID
@click.argument("step", type=WORDS)
@click.option("--cite", type=WORDS, help="The law, where the step cites one.")
@click.option("--finding", type=WORDS, help="What was found, where the step finds something.")
@written
def record(**said: Any) -> None:
    """Write down that a step was taken.

    Only what the policy has next may be, by whom it names.
    """
    from carrel.cli.disclose_desk import record_step

    record_step(**said)


@click.command(
    epilog='Example: carrel disclose defect dsc-abcdefghijkl --what "no seal of the court" --as "Lou Example"'
)
@ID
@click.option("--what", required=True, type=WORDS, help="What is wrong with the paper.")
@written
def defect(**said: Any) -> None:
    """List a defect of the paper.

    The process goes back, and nothing is released until it is cured.
    """
    from carrel.cli.disclose_desk import list_defect

    list_defect(**said)


@click.command(epilog='Example: carrel disclose cure dsc-abcdefghijkl d2 --because "new paper" --as "Lou Example"')
@ID
@click.argument("defect", type=WORDS)
@FROM
@UNTIL
@BECAUSE
@written
def cure(defect: str, from_day: datetime | None, until_day: datetime | None, **said: Any) -> None:
    """Write down that a defect is cured.

    Counsel does. The paper is read anew.
    """
    act_on_case("cured", {"defect": defect, **days(from_day, until_day)}, **said)


@click.command(
    epilog='Example: carrel disclose challenge dsc-abcdefghijkl --because "no good cause" --as "Lou Example"'
)
@ID
@click.option("--ruling", type=click.Choice(("upheld", "narrowed", "quashed")), help="What the court said of it.")
@FROM
@UNTIL
@BECAUSE
@written
def challenge(ruling: str | None, from_day: datetime | None, until_day: datetime | None, **said: Any) -> None:
    """Write down that a court is asked, or what it said.

    Without --ruling the paper is challenged in court; with it, what became of that.
    """
    act_on_case("ruled" if ruling else "challenged", {"ruling": ruling or "", **days(from_day, until_day)}, **said)


@click.command(
    epilog='Example: carrel disclose silence dsc-abcdefghijkl --basis order --court "District court" '
    '--starts 2026-11-27 --ends 2027-03-01 --may-tell "Lou Example" --as "Ada Example"'
)
@ID
@click.option("--basis", type=click.Choice(("order", "statute", "judgement")), help="On what it rests.")
@click.option("--court", type=WORDS, default="", help="That ordered it.")
@click.option("--statute", type=WORDS, default="", help="Its name in the policy; counsel must have confirmed it.")
@click.option("--starts", type=DAY, metavar="DATE", help="Its first day.")
@click.option("--ends", type=DAY, metavar="DATE", help="Its last day.")
@click.option("--indefinite", is_flag=True, help="It names no last day.")
@click.option("--may-tell", multiple=True, type=WORDS, help='Whom it lets know; "the board" for the board.')
@click.option("--lift", is_flag=True, help="It was lifted: the person is told now. Counsel says so, with --because.")
@click.option("--because", type=WORDS, default="", help="Why.")
@written
def silence(**said: Any) -> None:
    """Seal a case, or end its silence.

    Nobody but who is named in it knows that it is there, until the silence lapses.
    """
    from carrel.cli.disclose_desk import silence_one

    silence_one(**said)


@click.command(epilog='Example: carrel disclose name dsc-abcdefghijkl "Mo Example" --as "Ada Example"')
@ID
@click.argument("person", type=WORDS)
@written
def name(person: str, **said: Any) -> None:
    """Let somebody know of a case, and act in it.

    Somebody of the site file.
    """
    act_on_case("named", {"person": person}, **said)


@click.command(epilog='Example: carrel disclose note dsc-abcdefghijkl --because "they rang" --as "Ada Example"')
@ID
@BECAUSE
@written
def note(**said: Any) -> None:
    """Note something with a case; it is sealed."""
    act_on_case("noted", {}, **said)


@click.command(
    epilog='Example: carrel disclose exempt dsc-abcdefghijkl "no student" --card card.txt --because "a visitor" '
    '--as "Lou Example"'
)
@ID
@click.argument("exemption", type=WORDS)
@click.option(
    "--records", type=WORDS, default="", metavar="KIND", help="Of one kind of record, as the policy names it."
)
@click.option("--over", is_flag=True, help="It was found by mistake, and holds no more.")
@person
@BECAUSE
@written
def exempt(**said: Any) -> None:
    """Write down why nobody waits for a student.

    A finding by which records are given out without that. EXEMPTION is its name in the policy, under "education
    records:". Without --card it is about everybody of the case; where one of several people is a student, say with
    --card of whom it was found. What was gathered before is gathered anew.
    """
    from carrel.cli.disclose_findings import exempt_one

    exempt_one(**said)


VERBS = (record, defect, cure, challenge, silence, name, note, exempt)
