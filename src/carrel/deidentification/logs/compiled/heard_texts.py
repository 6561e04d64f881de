"""What scrubbers of several lanes tell each other: what a text became is found out once, by whoever met it first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from carrel.deidentification.logs.compiled.known_texts import MOST, KnownText


class Heard:
    """What one scrubber hears of the others, and tells them.

    Two that meet a text at the same moment both find out, and find the same. What is lost costs time and nothing else.
    """

    def __init__(self) -> None:
        self._others: tuple[Heard, ...] = ()
        self._news = deque[Sequence[KnownText]](maxlen=64)  # of a lane that waits; it takes all before its next block

    def tell(self, known: Sequence[KnownText]) -> None:
        """Tell the others."""
        for one in self._others:
            one._news.append(known)  # noqa: SLF001  (another of its own kind)

    def news(self) -> list[KnownText]:
        """What the others told since, at most as much as has room."""
        heard: list[KnownText] = []
        while self._news and len(heard) < MOST:
            heard += self._news.popleft()
        return heard[:MOST]


def listeners(lanes: int) -> list[Heard]:
    """One for each lane; each hears all others."""
    made = [Heard() for _ in range(lanes)]
    for one in made:
        one._others = tuple(other for other in made if other is not one)  # noqa: SLF001  (made here)
    return made
