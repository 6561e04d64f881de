"""What retention needs of the world; ``systems/`` and ``store/`` provide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from carrel.retention.lifecycle import Lifecycle
from carrel.retention.outcome import ChunkResult

END_OF_INDEX = 2**62  # no row of any table stands here, or behind


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk over a person index has come: everything at or before (person, loan) is done."""

    path: str
    person: int
    loan: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers among which a walk stays: above ``begin`` and not above ``end``; None is no bound."""

    begin: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class RecordCount:
    """Records of one path of another kind than loans.

    Attributes:
        due: their period has run out, and nothing keeps them.
        kept: their period still runs, or a legal hold or an exception spares them.
        undated: they tell no usable time, so nobody can tell; they are never cut.
    """

    due: int
    kept: int
    undated: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What a database holds now: loans per state and per branch, rows due per path, strays per path, other records.

    Attributes:
        sooner: of the due loans per branch, those that are due only by another unit that they touch.
        freed: rows per path of other records that are no such records yet: the run itself makes them so, and then cuts
            them. They are not among ``rows``, and are not counted where it is asked what is left.
        released: of those, what is among the kept of its record meanwhile.
        spent: rows per path, of ``rows``, that an earlier path takes as soon as the run has freed them.
        astray: loans that still name a reader and were made at or returned to a unit that the product no longer has.
    """

    states: Mapping[str, int]
    branches: Mapping[str, int]
    rows: Mapping[str, int]
    strays: Mapping[str, int]
    table_sizes: Mapping[str, int]
    records: Mapping[str, RecordCount] = field(default_factory=dict)
    sooner: Mapping[str, int] = field(default_factory=dict)
    freed: Mapping[str, int] = field(default_factory=dict)
    released: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)
    astray: int = 0

    @property
    def touched(self) -> dict[str, int]:
        """Rows per path that a run would cut now."""
        return {name: rows + self.freed.get(name, 0) - self.spent.get(name, 0) for name, rows in self.rows.items()}


class Journal(Protocol):
    """The step journal: intent before a chunk, outcome after it, and the wish to stop (DESIGN 5)."""

    def resume(self) -> Position | None:
        """Where the run that was interrupted had come to; None at a fresh start."""

    def intend(self, position: Position, expected: int) -> int:
        """Record that a chunk is about to start after ``position``; returns its number."""

    def finish(self, chunk: int, position: Position, result: ChunkResult) -> None:
        """Record what the chunk did."""

    def undone(self, chunk: int) -> None:
        """Record that the chunk gave way and nothing of it was changed; it is tried again under another number."""

    def stop_wanted(self) -> bool:
        """Whether somebody asked every worker to halt after the chunk in flight, or the lease was lost."""


class Busy(Exception):  # noqa: N818  (no error: the desk was at work, and the chunk waits)
    """The desk held a lock for too long; nothing was changed, and the same chunk may be tried again."""


@dataclass(frozen=True, slots=True)
class StrayPosition:
    """How far the walk over the strays of one path has come: the last value of its walk column."""

    path: str
    column: int

    def is_end(self, last: int | None) -> bool:
        """The walk is over: it came to where it is to end, or to the end of the index."""
        return self.column >= (END_OF_INDEX if last is None else last)


Intend = Callable[[Position, int], None]
MayCommit = Callable[[], None]


class LoanSystem(Protocol):
    """One database with loans, under one map and one schedule, inside one session."""

    def prepare(self, life: Lifecycle) -> None:
        """Learn which loans are kept; done again only when the lifecycle changes."""

    def observe(self, life: Lifecycle, as_of: datetime) -> Observation:
        """Count what is due, kept and stray."""

    def any_due(self, life: Lifecycle) -> bool:
        """Whether a loan is still due, one that somebody has locked among them; counts nothing."""

    def cut_chunk(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: Position | None,
        limit: int,
        intend: Intend,
        may_commit: MayCommit,
        *,
        bounds: Bounds | None = None,
    ) -> tuple[Position, ChunkResult] | None:
        """Cut the next loans in one transaction, of the persons within bounds; None when no due loan follows."""

    def cut_strays(
        self,
        life: Lifecycle,
        as_of: datetime,
        after: StrayPosition,
        limit: int,
        intend: Intend,
        may_commit: MayCommit,
        *,
        last: int | None = None,
    ) -> tuple[StrayPosition, ChunkResult] | None:
        """Cut the next strays of one path in one transaction; None when its walk is over."""

    def remaining(self, life: Lifecycle, as_of: datetime) -> Mapping[str, int]:
        """The complement: loans and rows per path that are due and unheld and still lead to a reader."""

    def path_names(self, *, by_person: bool = False) -> tuple[str, ...]:
        """The paths of the map, in the order in which they are cut; or those whose strays are walked by person."""
