"""``--record`` and what goes with it: the options of every command that makes a release."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from carrel.cli.at_site import site_option
from carrel.cli.option_values import WORDS
from carrel.policy.record_type import RecordType

Command = TypeVar("Command", bound=Callable[..., Any])

_RECORD = click.option("--record", is_flag=True, help="Put it on record at the site: what left, for whom, its figures.")
_OCCASION = (
    click.option("--as", "by", metavar="NAME", help="With --record: you, as the site file names you; `may: plan`."),
    click.option("--for", "purpose", metavar="PURPOSE", type=WORDS, help="With --record: what it is for."),
    click.option("--to", "recipient", metavar="RECIPIENT", type=WORDS, help="With --record: who gets it."),
    click.option(
        "--record-type", metavar="TYPE", type=click.Choice([one.value for one in RecordType]),
        help="With --record: of which records it is made, as a policy names them.",
    ),
    click.option("--silo", type=WORDS, help="With --record: in which silo they are kept."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release is to be put on record.

    Attributes:
        site_path: of the site.
        by: who does it.
        purpose: what the release is for.
        recipient: who gets it.
        record_type: of which records it is made; empty where that is not told.
        silo: in which they are kept; empty where that is not told.
    """

    site_path: Path
    by: str
    purpose: str
    recipient: str
    record_type: str
    silo: str


def record_options(*, site: bool = True, always: bool = False) -> Callable[[Command], Command]:
    """``--record``, ``--as``, ``--for``, ``--to``, ``--record-type``, ``--silo`` and ``--site``, as ``wanted``.

    Args:
        site: whether the command has no ``--site`` of its own.
        always: whether it records without being asked to.

    Returns:
        A decorator: the command gets `Wanted`, or None where nothing is to be recorded.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*words: Any, **given: Any) -> Any:
            asked = always or given.pop("record")
            said = {name: given.pop(name) for name in ("by", "purpose", "recipient", "record_type", "silo")}
            place = given.pop("site_path") if site else given["site_path"]
            return command(*words, wanted=_wanted(said, place, asked=asked), **given)

        made: Any = run
        for option in reversed(_OCCASION if always else (_RECORD, *_OCCASION)):
            made = option(made)
        return site_option(made) if site else made  # type: ignore[no-any-return]  # as click's own

    return decorate


def _wanted(said: dict[str, str | None], place: Path | None, *, asked: bool) -> Wanted | None:
    names = {"by": "--as", "purpose": "--for", "recipient": "--to", "record_type": "--record-type", "silo": "--silo"}
    if not asked:
        if given := [names[name] for name, value in said.items() if value]:
            raise click.UsageError(f"{', '.join(given)}: only with --record")
        return None
    if missing := [names[name] for name in ("by", "purpose", "recipient") if not (said[name] or "").strip()]:
        raise click.UsageError(
            f"a record tells who made the release, what it is for and who gets it: {', '.join(missing)}"
        )
    told = {name: (value or "").strip() for name, value in said.items()}
    return Wanted(place or Path("carrel.yaml"), **told)
