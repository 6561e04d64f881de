"""Tags that stand more than once among those of a file: found in a memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_PLACES = 1 << 23  # so many bits: of a million rows about one in sixteen is looked at a second time


@dataclass(frozen=True)
class RepeatedTags:
    """The tags of one file.

    Args:
        tags: gives all of them in hexadecimal digits, anew at each call.
    """

    tags: Callable[[], Iterable[str]]

    def found(self) -> frozenset[str]:
        """Those that stand there more than once.

        Guarantees:
            Exact, whatever the tags are. Tags share a place by chance; those of shared places are compared.
        """
        if not (shared := shared_places(self.tags())):
            return frozenset()
        seen, twice = set[str](), set[str]()
        for tag in self.tags():
            if place_of(tag) in shared:
                (twice if tag in seen else seen).add(tag)
        return frozenset(twice)


def shared_places(tags: Iterable[str]) -> set[int]:
    """Places that several of some tags have: all of those that stand twice, and others by chance."""
    taken, shared = bytearray(_PLACES // 8), set[int]()
    for tag in tags:
        place = place_of(tag)
        at, bit = place >> 3, 1 << (place & 7)
        if taken[at] & bit:
            shared.add(place)
        taken[at] |= bit
    return shared


def place_of(tag: str) -> int:
    """Where a tag falls; equal ones fall together."""
    return int(tag[:8], 16) % _PLACES
