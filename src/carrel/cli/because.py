"""Why something is done, below a table that tells what: each reason once."""

from __future__ import annotations

from collections.abc import Iterable

from carrel.cli.screen import put_line, say


def show_reasons(told: Iterable[tuple[str, str]]) -> None:
    """Each reason once, with what it holds for: a column of them beside long names would be a few signs wide."""
    named: dict[str, list[str]] = {}
    for why, what in told:
        if why:
            named.setdefault(why, []).append(what)
    if not named:
        return
    say("Because:")
    for why, whats in named.items():
        put_line(f"{why}: {', '.join(dict.fromkeys(whats))}", "  - ")
    say()
