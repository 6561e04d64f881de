"""The options by which a legal hold or an exception says which loans it speaks of.

A patron's number is never shown again: not in the answer, not in an error, not in a usage message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from carrel.cli.option_values import FILE, FIRST_YEAR, LAST_YEAR, WORDS, day_of
from carrel.errors import CarrelError, fault

if TYPE_CHECKING:
    from carrel.retention.legal_hold import Scope
    from carrel.store.keepings import Entry

Command = TypeVar("Command", bound=Callable[..., Any])
_SMALL = 10

_OPTIONS = (
    click.option("--patron", "patrons", multiple=True, metavar="N", help="Patron's number in the system."),
    click.option(
        "--patron-file",
        type=FILE,
        help="File with one patron's number per line, so that none stands in the shell's history.",
    ),
    click.option("--item", "items", multiple=True, metavar="N", help="Item's number."),
    click.option("--loan", "loans", multiple=True, metavar="N", help="Loan's number."),
    click.option("--branch", "branches", multiple=True, type=WORDS, metavar="CODE", help="Branch of the loan."),
    click.option("--from", "opened_from", metavar="DATE", help="Loans that began on this day or later."),
    click.option("--until", "opened_until", metavar="DATE", help="Loans that began on this day or earlier."),
    click.option("--all", "everything", is_flag=True, help="Every loan of the system."),
)


def scope_options(command: Command) -> Command:
    """All of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Said:
    """What was given, before it is believed."""

    patrons: tuple[str, ...]
    patron_file: Path | None
    items: tuple[str, ...]
    loans: tuple[str, ...]
    branches: tuple[str, ...]
    opened_from: str | None
    opened_until: str | None
    everything: bool

    def scope(self) -> Scope:
        """The scope.

        Raises:
            CarrelError: HLD-003.
        """
        from carrel.retention.legal_hold import Scope

        lines = [] if self.patron_file is None else _lines(self.patron_file)
        scope = Scope(
            persons=_numbers("--patron", (*self.patrons, *lines)),
            items=_numbers("--item", self.items),
            loans=_numbers("--loan", self.loans),
            branches=tuple(dict.fromkeys(self.branches)),
            opened_from=_wall("--from", self.opened_from, time.min),
            opened_until=_wall("--until", self.opened_until, time.max),
        )
        if (scope == Scope()) != self.everything:
            raise _unreadable(
                "scope",
                "at least one of the options, or --all and none of them",
                "none" if scope == Scope() else "--all beside another option",
            )
        if scope.opened_from and scope.opened_until and scope.opened_from > scope.opened_until:
            raise _unreadable(
                "--from and --until", "a range that ends no earlier than it begins", "one that holds no day"
            )
        return scope


def scope_words(entry: Entry) -> str:
    """Which loans an entry speaks of, in words and without a number that it names."""
    named = (("patrons", entry.persons), ("items", entry.items), ("loans", entry.loans))
    parts = [f"{word} {count if count >= _SMALL else 'under 10'}" for word, count in named if count]
    parts.extend(f"branch {code}" for code in entry.branches)
    if entry.opened:
        parts.append("a range of days")
    return ", ".join(parts) or "every loan"


def _lines(place: Path) -> list[str]:
    try:
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _unreadable("--patron-file", "a text file with one number per line", "something else") from None
    found = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not found:
        raise _unreadable("--patron-file", "a text file with one number per line", "no number in it")
    return found


def _numbers(option: str, said: tuple[str, ...]) -> tuple[int, ...]:
    for index, one in enumerate(said, 1):
        if not (one.isascii() and one.isdigit() and 0 < len(one) < 19):  # noqa: PLR2004  (fits 64 bits)
            raise _unreadable(option, "the record's number in the system, digits only", f"entry {index} is none")
    return tuple(sorted({int(one) for one in said}))


def _wall(option: str, said: str | None, at: time) -> datetime | None:
    if said is None:
        return None
    if (day := day_of(said)) is None:
        wanted = f"a day of the calendar such as 2025-12-31, from {FIRST_YEAR} to {LAST_YEAR}"
        raise _unreadable(option, wanted, "something else")
    return datetime.combine(day, at)


def _unreadable(at: str, wanted: str, found: str) -> CarrelError:
    from carrel.retention import faults

    return fault(faults.HOLD_SCOPE, at=at, wanted=wanted, found=found, fix="give it again")
