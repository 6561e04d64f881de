"""``carrel disclose sign``, ``release``, ``refuse`` and their like: how a case ends."""

from __future__ import annotations

from typing import Any

import click

from carrel.cli.disclose_options import BECAUSE, ID, STAYS, act_on_case, stays, written
from carrel.cli.option_values import WORDS

_GROUNDS = (
    "no legal process", "no law requires it", "the law exempts it", "a defect was not cured",
    "the court set it aside", "it asks for the readers of a title", "a condition is not met",
    "the person did not permit it",
)  # fmt: skip


@click.command(
    "by-hand",
    epilog='Example: carrel disclose by-hand dsc-abcdefghijkl --because "sign-up sheets, on paper" --as "Ada Example"',
)
@ID
@BECAUSE
@written
def by_hand(**said: Any) -> None:
    """Write down that what answers lies in no system.

    Where it lies, and why no package can be made of it. It stands in the place of a package: on paper, with a
    vendor, or told by word of mouth. What lies in a system is produced.
    """
    act_on_case("produced", {"kind": "in no system"}, **said)


@click.command(epilog='Example: carrel disclose sign dsc-abcdefghijkl --as "Ada Example"')
@ID
@written
def sign(**said: Any) -> None:
    """Sign a release.

    The office that the policy names does, once every step is taken and the package is made.
    """
    act_on_case("signed", {}, **said)


@click.command(epilog='Example: carrel disclose release dsc-abcdefghijkl --as "Dee Example"')
@ID
@click.option("--because", type=WORDS, default="", help="In an emergency: what was told to whom, and why at once.")
@STAYS
@written
def release(*, keep_hold: bool, **said: Any) -> None:
    """Write down that the package was handed over.

    What was signed, by somebody other than whoever signed.
    """
    act_on_case("released", stays(keep_hold), **said)


@click.command(epilog='Example: carrel disclose nothing dsc-abcdefghijkl --as "Ada Example"')
@ID
@STAYS
@written
def nothing(*, keep_hold: bool, **said: Any) -> None:
    """End a case: no record answers it.

    Once a package with that statement was made.
    """
    act_on_case("nothing responsive", stays(keep_hold), **said)


@click.command(
    epilog='Example: carrel disclose refuse dsc-abcdefghijkl --ground "no legal process" --because "no paper" '
    '--as "Dee Example"'
)
@ID
@click.option("--ground", required=True, type=click.Choice(_GROUNDS), metavar="GROUND", help="See below.")
@BECAUSE
@STAYS
@written
def refuse(ground: str, *, keep_hold: bool, **said: Any) -> None:
    """Refuse, on a ground and with a reason. With --keep-hold where they may come back with a paper.

    Grounds: "no legal process", "no law requires it", "the law exempts it", "a defect was not cured", "the court set
    it aside", "it asks for the readers of a title", "a condition is not met", "the person did not permit it".
    """
    act_on_case("refused", {"ground": ground, **stays(keep_hold)}, **said)


@click.command(epilog='Example: carrel disclose withdraw dsc-abcdefghijkl --because "they left" --as "Ada Example"')
@ID
@BECAUSE
@STAYS
@written
def withdraw(*, keep_hold: bool, **said: Any) -> None:
    """Write down that whoever came took it back."""
    act_on_case("withdrawn", stays(keep_hold), **said)


VERBS = (by_hand, sign, release, nothing, refuse, withdraw)
