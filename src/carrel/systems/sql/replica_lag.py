"""How far a replica is behind, as it was measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

# How long a replica is given to reach the point at which its primary stood when it was asked.
PATIENCE_SECONDS = 2.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a replica is behind, at most.

    Attributes:
        known: the most; None where nobody can tell.
        because: why nobody can tell.
    """

    known: timedelta | None
    because: str = ""
