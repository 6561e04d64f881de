"""What retention needs of the world; ``systems/`` and ``store/`` provide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from carrel.retention.lifecycle import Lifecycle
from carrel.retention.outcome import ChunkResult


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk over a person index has come: everything at or before (person, loan) is done."""

    path: str
    person: int
    loan: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What a database holds now: loans per state and per branch, rows due per path, strays per path."""

    states: Mapping[str, int]
    branches: Mapping[str, int]
    rows: Mapping[str, int]
    strays: Mapping[str, int]
    table_sizes: Mapping[str, int]


class Journal(Protocol):
    """The step journal: intent before a chunk, outcome after it, and the wish to stop (DESIGN 5)."""

    def resume(self) -> Position | None:
        """Where the run that was interrupted had come to; None at a fresh start."""

    def intend(self, position: Position, expected: int) -> int:
        """Record that a chunk is about to start after ``position``; returns its number."""

    def finish(self, chunk: int, position: Position, result: ChunkResult) -> None:
        """Record what the chunk did."""

    def stop_wanted(self) -> bool:
        """Whether somebody asked every worker to halt after the chunk in flight, or the lease was lost."""


class LoanSystem(Protocol):
    """One database with loans, under one map and one schedule."""

    def observe(self, life: Lifecycle) -> Observation:
        """Count, on a read-only connection, what is due, kept and stray."""

    def cut(self, life: Lifecycle, after: Position | None, at_most: int) -> Iterator[tuple[Position, ChunkResult]]:
        """Cut due loans chunk by chunk, each in one transaction, until none is left or ``at_most`` loans are cut."""

    def remaining(self, life: Lifecycle) -> Mapping[str, int]:
        """The complement: rows per path that are due and unheld and still lead to a reader; all zero when clean."""
