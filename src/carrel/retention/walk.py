"""A walk over loans or strays: chunk after chunk through the gate, at the pace that the desk leaves, until it is over.

Pure but for its ports: it decides what comes next; the database, the journal and the clock belong to others.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from carrel.amount import amount
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.outcome import ChunkResult
from carrel.retention.pace import Pace, next_size
from carrel.retention.ports import Bounds, Busy, Intend, Journal, LoanSystem, MayCommit, Position, StrayPosition

_TRIES = 8
_FIRST_WAIT_SECONDS = 0.2


_Step = TypeVar("_Step")
_Place = TypeVar("_Place", Position, StrayPosition)


class End(enum.StrEnum):
    """Why a course ended."""

    FINISHED = "everything due was cut"
    STAGE = "the stage is complete"
    STOPPED = "somebody asked to stop"


class Turn(Protocol):
    """One chunk's time inside the gate."""

    def check(self) -> None:
        """Raise when the gate has expired: then nothing may be committed."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a course works with.

    Attributes:
        system: the database, inside its session.
        journal: of this run.
        as_of: of the plan; the set of due loans may shrink after it, never grow.
        life: the lifecycle at ``as_of`` with legal holds and exceptions as of now; asked anew before every chunk.
        turn: the gate.
        pace: of the first chunk; every later one follows what the one before it cost.
        wait: sleeps some seconds, because the desk comes first.
        told: told how many loans are cut so far.
        afterwards: what the run goes on to when all this is done; a position there says that it is done.
    """

    system: LoanSystem
    journal: Journal
    as_of: datetime
    life: Callable[[], Lifecycle]
    turn: Callable[[], AbstractContextManager[Turn]]
    pace: Pace
    wait: Callable[[float], None]
    told: Callable[[int], None] = lambda _: None
    afterwards: str = ""


@dataclass(slots=True)
class Tally:
    """What a course has done so far."""

    end: End = End.FINISHED
    loans: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    longest_seconds: float = 0.0
    waits: int = 0
    whole_until: int = -1
    pace: Pace | None = None

    def paced(self, means: Means) -> Pace:
        """The pace of the next chunk."""
        self.pace = self.pace or means.pace
        return self.pace

    def add(self, result: ChunkResult) -> None:
        """Count one chunk."""
        self.loans += result.loans
        for total, part in ((self.rows, result.rows), (self.left, result.left)):
            for name, number in part.items():
                total[name] = total.get(name, 0) + number
        self.longest_seconds = max(self.longest_seconds, result.seconds)


def walk_loans(
    means: Means, tally: Tally, after: Position | None, at_most: int | None, bounds: Bounds | None = None
) -> bool:
    """Walk the loans once.

    Args:
        means: of the run.
        tally: what is done so far; counted on.
        after: where the walk stands.
        at_most: loans of this stage; None for everything.
        bounds: the persons among whom it stays; None for everybody.

    Returns:
        Whether the walk came to its end, and not to the end of a stage or to a stop.
    """
    while True:
        if means.journal.stop_wanted():
            tally.end = End.STOPPED
            return False
        limit = tally.paced(means).size
        if at_most is not None:
            limit = min(limit, at_most - tally.loans)
            if limit <= 0:
                tally.end = End.STAGE
                return False
        step = _patiently(means, tally, partial(_chunk, means, after, bounds), limit)
        if step is None:
            return True
        after, result = step
        tally.add(result)
        _rest(means, tally, result)
        # The last reader of a chunk may have loans in the next one; everybody before is done.
        tally.whole_until = after.person - 1
        means.told(tally.loans)


def walk_strays(
    means: Means, tally: Tally, paths: tuple[str, ...], after: StrayPosition | None, until: int | None = None
) -> Tally:
    """Walk the strays of some paths, one path after the other.

    Args:
        means: of the run.
        tally: what is done so far; counted on.
        paths: in their order.
        after: where the walk of its path stands.
        until: where each walk ends, if not at the end of the index.

    Returns:
        The tally; STOPPED when somebody asked for it.
    """
    for path in paths:
        position = after if after is not None and after.path == path else StrayPosition(path, -1)
        while not position.is_end(until):
            if means.journal.stop_wanted():
                tally.end = End.STOPPED
                return tally
            step = _patiently(means, tally, partial(_stray_chunk, means, position, until), tally.paced(means).size)
            if step is None:
                break
            position, result = step
            tally.add(result)
            _rest(means, tally, result)
    return tally


def _patiently(means: Means, tally: Tally, chunk: Callable[[int], _Step | None], size: int) -> _Step | None:
    """Try a chunk again, smaller and later, while the desk holds the locks it needs."""
    for attempt in range(_TRIES):
        try:
            return chunk(max(1, size >> attempt))
        except Busy:
            tally.waits += 1
            tally.pace = next_size(tally.paced(means), 0.0, busy=True)
            means.wait(_FIRST_WAIT_SECONDS * 2**attempt)
    raise fault(
        faults.DESK_BUSY,
        wanted="the locks of a chunk",
        found=f"{_TRIES} tries in vain",
        because="the desk comes first",
        changed=f"{amount(tally.loans, 'loan is', 'loans are')} cut and recorded; the chunk in hand is untouched",
        fix="run again later: it goes on where it stopped",
    )


def _rest(means: Means, tally: Tally, result: ChunkResult) -> None:
    """Set the pace by what a chunk cost, and leave the desk its share of the time."""
    loans = result.loans or None
    tally.pace = next_size(tally.paced(means), result.seconds, loans=loans, lock_waits=result.skipped)
    if tally.pace.rest > 0:
        means.wait(tally.pace.rest)


def _chunk(
    means: Means, after: Position | None, bounds: Bounds | None, size: int
) -> tuple[Position, ChunkResult] | None:
    return _inside(
        means, lambda life, *rest: means.system.cut_chunk(life, means.as_of, after, size, *rest, bounds=bounds)
    )


def _stray_chunk(
    means: Means, after: StrayPosition, until: int | None, size: int
) -> tuple[StrayPosition, ChunkResult] | None:
    return _inside(
        means, lambda life, *rest: means.system.cut_strays(life, means.as_of, after, size, *rest, last=until)
    )


def _inside(
    means: Means, cut: Callable[[Lifecycle, Intend, MayCommit], tuple[_Place, ChunkResult] | None]
) -> tuple[_Place, ChunkResult] | None:
    """One chunk inside the gate, under the legal holds as they are there: intent, cut, outcome."""
    numbers: list[int] = []
    with means.turn() as turn:
        try:
            step = cut(
                means.life(),
                lambda position, expected: numbers.append(means.journal.intend(position, expected)),
                turn.check,
            )
        except Busy:
            for number in numbers:  # what gave way is known to have changed nothing: no chunk of unknown outcome
                means.journal.undone(number)
            raise
        if step is not None and numbers:  # a range without a stray is walked over, and nothing was intended in it
            means.journal.finish(numbers[0], _journalled(step[0]), step[1])
    return step


def _journalled(place: Position | StrayPosition) -> Position:
    return place if isinstance(place, Position) else Position(place.path, place.column, 0)
