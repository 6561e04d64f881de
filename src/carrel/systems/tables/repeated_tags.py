"""Tags that stand more than once among those of a file: found in a memory that is far smaller than the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_LEAST, _MOST = 1 << 23, 1 << 30  # bits: 1 MiB, and 128 MiB, with which of 25 million rows one in 43 is looked at twice
_PLACES_A_BYTE = 4  # a row has some twenty bytes, packed two or three


@dataclass(frozen=True)
class RepeatedTags:
    """The tags of one file.

    Args:
        tags: gives all of them in hexadecimal digits, anew at each call.
        places: for how many different ones there is room, by `places_for`.
    """

    tags: Callable[[], Iterable[str]]
    places: int = _LEAST

    def found(self) -> frozenset[str]:
        """Those that stand there more than once.

        Guarantees:
            Exact, whatever the tags are. Tags share a place by chance; those of shared places are compared.
        """
        if not (shared := shared_places(self.tags(), self.places)):
            return frozenset()
        seen, twice = set[str](), set[str]()
        for tag in self.tags():
            if place_of(tag, self.places) in shared:
                (twice if tag in seen else seen).add(tag)
        return frozenset(twice)


def places_for(size: int) -> int:
    """A number of places with which few tags share one by chance.

    Args:
        size: of the file in bytes, packed or not.
    """
    return min(max(_LEAST, 1 << (size * _PLACES_A_BYTE).bit_length()), _MOST)


def shared_places(tags: Iterable[str], places: int) -> set[int]:
    """Places that several of some tags have: all of those that stand twice, and others by chance."""
    taken, shared = bytearray(places // 8), set[int]()
    for tag in tags:
        place = place_of(tag, places)
        at, bit = place >> 3, 1 << (place & 7)
        if taken[at] & bit:
            shared.add(place)
        taken[at] |= bit
    return shared


def place_of(tag: str, places: int) -> int:
    """Where a tag falls; equal ones fall together."""
    return int(tag[:8], 16) % places
