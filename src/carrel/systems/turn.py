"""Whose turn it is to ask a server that takes a few questions at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Semaphore

from carrel.errors import CarrelError


@contextmanager
def in_turn(
    waiting: Semaphore, places: tuple[Semaphore, ...], until: float, refused: Callable[[], CarrelError]
) -> Iterator[None]:
    """Wait for a place, and give it back afterwards.

    A few ask at once and some wait: a server that stands still must not keep every thread of the process.

    Args:
        waiting: as many as may wait or ask; it is taken at once or not at all.
        places: for those who ask, taken one after the other.
        until: of the monotonic clock, for all of these together.
        refused: makes the error.

    Raises:
        CarrelError: too many wait already, or the time is over; no place is kept then.
    """
    with ExitStack() as held:
        for place, end in ((waiting, 0.0), *((one, until) for one in places)):
            if not place.acquire(timeout=max(end - time.monotonic(), 0.0)):
                raise refused()
            held.callback(place.release)
        yield
