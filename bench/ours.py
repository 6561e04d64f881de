"""What is measured: the engine, driven as a night drives it, without journal and ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from bench.library import AS_OF, Library
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.pace import WINDOW_LOANS
from carrel.retention.ports import Position, StrayPosition
from carrel.systems.sql.loans import SqlLoans


class Lent(Protocol):
    """A library whose loans are due by one lifecycle."""

    life: Lifecycle


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went: loans cut, rows left that still lead to a reader, seconds in all and of each transaction, where it stands."""

    loans: int
    left: int
    seconds: float
    transactions: list[float]
    position: Position | None = None


def cut(
    library: Lent,
    system: SqlLoans,
    *,
    limit: int = WINDOW_LOANS,
    at_most: int | None = None,
    position: Position | None = None,
) -> Run:
    """Cut every due loan behind a position; the table of kept loans is part of the time where nobody has asked for it."""
    began, loans, left = time.monotonic(), 0, 0
    times: list[float] = []
    while at_most is None or loans < at_most:
        step = system.cut_chunk(library.life, AS_OF, position, limit, lambda _position, _size: None)
        if step is None:
            break
        position, result = step
        loans, left = loans + result.loans, left + sum(result.left.values())
        times.append(result.seconds)
    return Run(loans, left, time.monotonic() - began, times, position)


def cut_strays(library: Library, system: SqlLoans) -> int:
    """Walk all strays; how many rows were cut."""
    done = 0
    for path in system.paths(library.life, AS_OF):
        position = StrayPosition(path.path.name, -1)
        while (step := system.cut_strays(library.life, AS_OF, position, 5_000, lambda _p, _n: None)) is not None:
            position, result = step
            done += sum(result.rows.values())
    return done


def night(library: Library, system: SqlLoans) -> float:
    """Seconds of a whole night: counted, cut, strays, counted again."""
    began = time.monotonic()
    system.observe(library.life, AS_OF)
    cut(library, system)
    cut_strays(library, system)
    system.remaining(library.life, AS_OF)
    return time.monotonic() - began
