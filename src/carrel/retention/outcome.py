"""What became of a step or a run; a run is its worst step (DESIGN 5)."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Outcome(enum.StrEnum):
    """From best to worst. "Verified" is a word for what was read back from the database."""

    VERIFIED = "verified"
    RESIDUE = "applied, residue until"
    KEPT = "kept, because"
    UNVERIFIED = "applied, unverified"
    NOT_REACHED = "not reached"
    FAILED = "failed"


_ORDER = tuple(Outcome)


def worst(outcomes: tuple[Outcome, ...]) -> Outcome:
    """The outcome of a run: that of its worst step; of no step, NOT_REACHED."""
    return max(outcomes, key=_ORDER.index, default=Outcome.NOT_REACHED)


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What one chunk did, as read back inside its own transaction.

    Attributes:
        loans: cut.
        rows: cut per path.
        left: rows per path that still led to a reader when they were read back; none, if the chunk is verified.
        skipped: loans that were locked by the desk and wait for the next pass.
        seconds: that the transaction was open.
    """

    loans: int
    rows: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    seconds: float = 0.0
