"""Two ways to one outcome, measured in turns: a minute is like the next one, an hour is not."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Outcome = tuple[int, ...]


def cpu_in_turns(ours: Callable[[], Outcome], by_hand: Callable[[], Outcome], times: int) -> tuple[float, float]:
    """The median CPU seconds of each; an assertion fails where the two do not come to the same."""
    spent: tuple[list[float], list[float]] = ([], [])
    told = set()
    for _ in range(times):
        for side, work in zip(spent, (ours, by_hand), strict=True):
            began = time.process_time()
            told.add(work())
            side.append(time.process_time() - began)
    assert len(told) == 1, "both count the same"
    mine, theirs = map(statistics.median, spent)
    return mine, theirs
