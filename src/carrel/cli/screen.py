"""How results look on a terminal: tables within 100 columns, numbers with thin separators."""

from __future__ import annotations

import json
import operator
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from carrel.amount import amount
from carrel.errors import Fault, shown, unseen

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.inventory.site import System
    from carrel.systems.sql.replica import ReadFrom

WIDTH = 100
_NARROWEST = 12  # signs of a column whose words may be cut
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


def one_line(wrong: Fault) -> str:
    """An error where many stand below each other: what it is, what was found, what to do."""
    # The line stands below the system's name; what stands in it, such as a trigger, is named here.
    where = f", at {wrong.at.partition(': ')[2]}" if ": " in wrong.at else ""
    parts = [f"{wrong.condition.title} ({wrong.condition.code})" + (f": {wrong.found}{where}" if wrong.found else "")]
    parts += [wrong.fix.replace("\n", " ")] if wrong.fix else []
    return ". ".join(map(sentence, parts))


def sentence(text: str) -> str:
    """A text as the beginning of a sentence; a command stays as it is to be typed."""
    return text if text.startswith("carrel ") else text[:1].upper() + text[1:]


def not_yet_covered(tables: int) -> str:
    """So many tables with patron data are reached by no rule of the map yet."""
    return f"{amount(tables, 'table with patron data is', 'tables with patron data are')} not yet covered"


def tell_copy(system: System) -> None:
    """Where the system is a copy: that what follows speaks of nothing else."""
    if system.copy_of is not None:
        say(f"{system.name} is a copy of {system.copy_of}; this says nothing of {system.copy_of} itself.")


def read_from(told: ReadFrom | None) -> dict[str, object]:
    """For ``--json``: which server was read, where the system has a replica."""
    return {} if told is None else {"read_from": told.as_dict()}


def tell_server(told: ReadFrom | None) -> None:
    """Which server was read, where the system has a replica."""
    if told is not None:
        put_line(told.line(), hang=2)


def tell_written(target: Path) -> None:
    """Where a plan went, and what it needs."""
    say("")
    there = at_site()
    put_line(f"Written to {target}. It needs a second person: `carrel approve {target} --as NAME --key FILE{there}`")


def at_site() -> str:
    """What a command that is printed needs as well, to reach the site that this one was told of by ``--site``."""
    context = click.get_current_context(silent=True)
    for name in ("site_path", "site"):
        if context is not None and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            return f" --site {shlex.quote(str(context.params[name]))}"
    return ""


def number(value: int) -> str:
    """A count as people read it."""
    return f"{value:,}"


def figure(value: int | str) -> str:
    """A count as people read it, or the word that stands for a small one."""
    return number(value) if isinstance(value, int) else value


def put_json(body: Mapping[str, Any], *, err: bool = False) -> None:
    """A result for programs, with its format version first; on stderr where stdout carries something else."""
    click.echo(json_text({"format_version": 1, **body}), err=err)


def json_text(body: dict[str, Any]) -> str:
    """JSON that can be printed on a terminal as well: no sign in it steers one."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return text if not unseen(text, lines=True) else "".join(_told(sign) for sign in text)


def _told(sign: str) -> str:
    return json.dumps(sign)[1:-1] if sign != "\n" and unseen(sign) else sign


def put_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table on stdout, no wider than 100 columns; the columns named in ``right`` hold numbers.

    A word is cut only where the longest words of all columns do not fit beside each other, and then after a sign
    that parts it, such as the ``_`` in the name of a table. Without any heading there is no line for them, and without
    any row no table.
    """
    if not rows:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[shown(cell) for cell in row] for row in rows]
    widths = _widths([heads, *cells], right)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(heads))
    for index, head in enumerate(heads):
        table.add_column(
            head,
            justify="right" if index in right else "left",
            overflow="fold",
            no_wrap=index in right,
            width=widths[index],
        )
    for row in cells:
        table.add_row(*(Text(_parted(cell, width)) for cell, width in zip(row, widths, strict=True)))
    console = Console(width=WIDTH, soft_wrap=False, highlight=False)
    for line in wrapped(shown(title)) if title else ():  # a table breaks its own title where it is narrow itself
        console.print(Text(line, style="bold"), soft_wrap=True)
    console.print(table)


def _widths(rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[int]:
    """How wide each column is: as its longest cell, where all fit; else the widest give way, down to their words."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [
        width if index in right else max((len(word) for cell in column for word in cell.split()), default=0)
        for index, (column, width) in enumerate(zip(columns, widths, strict=True))
    ]
    spare = WIDTH - 3 * len(columns) + 1  # a column is parted from the next by three signs
    for bound in (least, [min(one, _NARROWEST) for one in least]):
        while sum(widths) > spare and any(map(operator.gt, widths, bound)):
            widest = max(range(len(widths)), key=lambda at: (widths[at] > bound[at], widths[at]))
            widths[widest] -= 1
    return widths


def _parted(cell: str, width: int) -> str:
    """A text whose words fit a width, cut after a sign that parts them; what has none is left to be folded."""
    if all(len(word) <= width for word in cell.split()):
        return cell
    lines = []
    for word in cell.split(" "):
        rest = word
        while len(rest) > width and (end := max(rest.rfind(sign, 0, width) for sign in "_-/.")) > 0:
            lines.append(rest[: end + 1])
            rest = rest[end + 1 :]
        lines.append(rest)
    return "\n".join(lines)
