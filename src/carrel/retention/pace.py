"""How many loans the next chunk takes, so that the desk does not notice (DESIGN 5, two modes)."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

WINDOW_LOANS = 5_000
DESK_FIRST = 25  # the first chunk also pays for what later ones find prepared
DESK_LEAST = 5
DESK_MOST = 2_000
TARGET_SECONDS = 0.15
# Chunks grow by half at most: the next readers may have far more loans than these. They shrink at once.
GROWTH = 1.5
SHRINK = 0.25
# The desk gets at least as long without Carrel as with it; after a lock wait or a lagging replica it gets more.
REST_PER_WORK = 1.0
MOST_REST_SECONDS = 5.0
TOLERATED_LAG_SECONDS = 1.0


class Mode(enum.StrEnum):
    """Where a run stands between speed and the desk."""

    WINDOW = "window"  # nobody else works: fixed chunks, no rest
    DESK = "desk"  # people borrow and return meanwhile


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run goes on.

    Attributes:
        mode: of the run; it does not change by itself.
        size: loans of the next chunk, 1 or more.
        rest: seconds to wait before the next chunk.
    """

    mode: Mode
    size: int
    rest: float = 0.0


def first_pace(mode: Mode) -> Pace:
    """The pace of a run's first chunk."""
    return Pace(mode, WINDOW_LOANS if mode is Mode.WINDOW else DESK_FIRST)


def next_size(
    previous: Pace,
    seconds: float,
    *,
    loans: int | None = None,
    lock_waits: int = 0,
    lag_seconds: float = 0.0,
    busy: bool = False,
) -> Pace:
    """The pace after a chunk.

    Args:
        previous: the pace at which the chunk was taken.
        seconds: that its transaction was open.
        loans: that it held; fewer than asked for when the walk came to its end or the desk had locked some. ``None``
            stands for all.
        lock_waits: loans that the desk held, or times that the transaction waited for it.
        lag_seconds: how far the slowest replica is behind.
        busy: the chunk gave way to the desk and was not cut at all.

    Returns:
        The same mode with the size and rest for the next chunk. A ``window`` keeps its size and never rests.

    Guarantees:
        A desk's size stays within ``DESK_LEAST`` and ``DESK_MOST`` and grows by half at most. A slower chunk, a lock
        wait, a lagging replica never make the next chunk larger or its rest shorter than a quiet one would. Where a
        chunk costs a fixed part below the target and a part per loan, the transaction comes to the target.

    Source:
        DESIGN 5 (chunk size follows own latency, lock waits, replication lag) and 8 (own transactions 200 ms).
    """
    if previous.mode is Mode.WINDOW:
        return previous
    disturbed = busy or lock_waits > 0 or lag_seconds > TOLERATED_LAG_SECONDS
    factor = min(GROWTH, max(SHRINK, TARGET_SECONDS / seconds)) if seconds > 0 else GROWTH
    if loans is not None and loans < previous.size:
        factor = min(factor, 1.0)  # a short chunk tells nothing of a full one
    if disturbed:
        factor = min(factor, 0.5)
    size = max(DESK_LEAST, min(DESK_MOST, int(previous.size * factor)))
    rest = max(0.0, seconds) * REST_PER_WORK * (2.0 if disturbed else 1.0) + max(0.0, lag_seconds) * disturbed
    return replace(previous, size=size, rest=min(MOST_REST_SECONDS, rest))
