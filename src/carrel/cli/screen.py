"""How results look on a terminal: tables within 100 columns, numbers with thin separators, progress on stderr."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.errors import shown, unseen

if TYPE_CHECKING:
    from carrel.inventory.site import System

WIDTH = 100
_KEPT = "\ue000"  # stands for a blank at which no line may end; no text of ours has it


def say(text: str = "", *, err: bool = False) -> None:
    """One or more lines; what a name or a reason could steer a terminal with is shown as its number."""
    click.echo(shown(text, lines=True), err=err)


def put_line(text: str, lead: str = "", *, hang: int | None = None, err: bool = False) -> None:
    """One line within the width of the screen; what does not fit stands below it, indented.

    Args:
        text: without ends of lines. What stands in it between backticks is a command, and stays whole.
        lead: before it, such as the dash of a list.
        hang: how far what stands below is indented; as wide as the lead where it is left out.
        err: on stderr.
    """
    margin = " " * (len(lead) if hang is None else hang)
    say("\n".join(wrapped(text, lead, margin)), err=err)


def wrapped(text: str, lead: str = "", margin: str = "") -> list[str]:
    """A text in lines within the width of the screen; a word that is wider, such as a path, stays whole."""
    parts = text.split("`")
    whole = "`".join(part.replace(" ", _KEPT) if at % 2 else part for at, part in enumerate(parts))
    lines = textwrap.wrap(
        whole,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=margin,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(_KEPT, " ") for line in lines] or [lead]


def not_yet_covered(tables: int) -> str:
    """So many tables with patron data are reached by no rule of the map yet."""
    return f"{amount(tables, 'table with patron data is', 'tables with patron data are')} not yet covered"


def tell_copy(system: System) -> None:
    """Where the system is a copy: that what follows speaks of nothing else."""
    if system.copy_of is not None:
        say(f"{system.name} is a copy of {system.copy_of}; this says nothing of {system.copy_of} itself.")


def number(value: int) -> str:
    """A count as people read it."""
    return f"{value:,}"


def figure(value: int | str) -> str:
    """A count as people read it, or the word that stands for a small one."""
    return number(value) if isinstance(value, int) else value


def put_json(body: dict[str, Any]) -> None:
    """A result for programs, with its format version first."""
    click.echo(json_text({"format_version": 1, **body}))


def json_text(body: dict[str, Any]) -> str:
    """JSON that can be printed on a terminal as well: no sign in it steers one."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return text if not unseen(text, lines=True) else "".join(_told(sign) for sign in text)


def _told(sign: str) -> str:
    return json.dumps(sign)[1:-1] if sign != "\n" and unseen(sign) else sign


def put_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table on stdout, no wider than 100 columns; the columns named in ``right`` hold numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, head in enumerate(heads):
        table.add_column(head, justify="right" if index in right else "left", overflow="fold", no_wrap=index in right)
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    Console(width=WIDTH, soft_wrap=False, highlight=False).print(table)


class Progress:
    """A line on stderr that tells how far and how fast; silent where stderr is no terminal.

    Args:
        what: is being counted.
        total: expected, or 0 where it is not known.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._began = time.monotonic()
        self._shown = 0.0
        self._on = sys.stderr.isatty()

    def at(self, done: int) -> None:
        """Tell how far it is; at most ten times a second."""
        now = time.monotonic()
        if not self._on or (now - self._shown < 0.1 and done < self._total):  # noqa: PLR2004
            return
        self._shown = now
        rate = done / max(now - self._began, 1e-6)
        share = min(done / self._total, 1.0) if self._total else 0.0
        bar = "█" * int(share * 24) + "░" * (24 - int(share * 24))
        left = f", {_span((self._total - done) / rate)} left" if rate > 0 and self._total > done else ""
        of = f" of {number(self._total)}" if self._total else ""
        click.echo(f"\r  {bar} {number(done)}{of} {self._what}, {number(int(rate))}/s{left}   ", err=True, nl=False)

    def done(self) -> None:
        """End the line."""
        if self._on and self._shown:
            click.echo("", err=True)


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
