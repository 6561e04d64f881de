"""Blocks of a log scrubbed on several cores; what comes out is in the order in which it went in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final

from carrel.deidentification.logs.line_scrubbing import Scrubbing
from carrel.deidentification.logs.log_line import ScrubbedBlock

_TOGETHER: Final = 4  # blocks: so many pay for handing them over
_AHEAD: Final = 2  # for each core; more would only fill memory

Done = tuple[Sequence[bytes], ScrubbedBlock]  # blocks as they came, and what became of them


class ScrubLanes:
    """Threads that scrub, each with a scrubber of its own: machine code leaves the interpreter to the others meanwhile.

    Args:
        scrubbers: one for each thread; all have the same outcome.
    """

    def __init__(self, scrubbers: Sequence[Scrubbing]) -> None:
        cores = len(scrubbers)
        self._idle = SimpleQueue[Scrubbing]()
        for one in scrubbers:
            self._idle.put(one)
        self._most = cores * _AHEAD
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="scrub")
        self._gathered: list[bytes] = []
        self._under_way: deque[Future[list[Done]]] = deque()

    def take(self, data: bytes) -> Iterator[Done]:
        """Put a block in, and take out those that are done while there is no room for more."""
        self._gathered.append(data)
        if len(self._gathered) >= _TOGETHER:
            self._start()
        while len(self._under_way) > self._most:
            yield from self._first()

    def rest(self) -> Iterator[Done]:
        """All that is still in."""
        self._start()
        while self._under_way:
            yield from self._first()

    def close(self) -> None:
        """Let go of the threads; what is still in is lost."""
        self._pool.shutdown(cancel_futures=True)

    def _start(self) -> None:
        if self._gathered:
            self._under_way.append(self._pool.submit(self._scrubbed, self._gathered))
            self._gathered = []

    def _first(self) -> Iterator[Done]:
        return iter(self._under_way.popleft().result())

    def _scrubbed(self, blocks: Sequence[bytes]) -> list[Done]:
        """Scrub some blocks as one, or one by one where it matters: which lines do not fit is told block by block.

        As one they wait for the interpreter once. A header goes before all lines of its block, so it matters there too.
        """
        scrubber = self._idle.get()
        try:
            if not scrubber.log_format.header:
                whole = scrubber.block(b"".join(blocks))
                if not whole.unknown:
                    return [(blocks, whole)]
            return [([one], scrubber.block(one)) for one in blocks]
        finally:
            self._idle.put(scrubber)
