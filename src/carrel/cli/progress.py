"""How far long work is, on stderr: a bar with a rate, or what goes on now; silent where stderr is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from carrel.cli.screen import number

SWEEPING = "looking for the person in every text"


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


@contextmanager
def phase(what: str) -> Iterator[None]:
    """Tell on a terminal what goes on now, and how long it took once it is over; silent where stderr is no terminal.

    Args:
        what: as in "counting what is due"; nothing else is told on stderr meanwhile.
    """
    if not sys.stderr.isatty():
        yield
        return
    began = time.monotonic()
    click.echo(f"  {what} … ", err=True, nl=False)
    try:
        yield
    finally:
        click.echo(_span(time.monotonic() - began), err=True)


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
