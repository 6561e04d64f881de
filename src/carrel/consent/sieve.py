"""A sieve of hashes: most of those that are not looked for fall through it, and none that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from itertools import count as counted
from operator import and_

_FEWEST, _MOST = 16, 25  # powers of two: slots, of a byte each
_ROOM = 16  # slots for each hash: of those that are not looked for, one in so many stays
_BYTES = 32  # of a hash


class TagSieve:
    """Holds hashes back that may be among some; whoever asks has to look for those that it holds.

    Args:
        batches: hexadecimal SHA-256 hashes that are looked for, some at a time.
        count: about how many; too small a guess lets less fall through, and nothing that is looked for.

    Guarantees:
        A hash that was put in is held back, always. A set of them all would do as well, and need a hundred bytes for
        each; this needs sixteen, and never more than 32 MB.
    """

    __slots__ = ("_mask", "_slots", "is_empty")

    def __init__(self, batches: Iterable[Sequence[str]], count: int) -> None:
        power = min(max((_ROOM * count).bit_length(), _FEWEST), _MOST)
        self._mask = (1 << power) - 1
        self._slots = bytearray(1 << power)
        self.is_empty = True
        for batch in batches:
            for one in _words([bytes.fromhex(one) for one in batch]):
                self._slots[one & self._mask] = 1
                self.is_empty = False

    def held(self, digests: Sequence[bytes]) -> list[int]:
        """The places of those hashes that may be among the ones looked for.

        Args:
            digests: in any order, each of 32 bytes.
        """
        if self.is_empty:
            return []
        slots = map(and_, _words(digests), repeat(self._mask))
        return list(compress(counted(), map(self._slots.__getitem__, slots)))


def _words(digests: Sequence[bytes]) -> Sequence[int]:
    """The first four bytes of each hash as a number, all of them read at once.

    Raises:
        ValueError: one is no hash of 32 bytes; a sieve that read it wrong could let others fall through.
    """
    if set(map(len, digests)) - {_BYTES}:
        raise ValueError("a sieve holds SHA-256 hashes")
    return memoryview(b"".join(digests)).cast("I")[:: _BYTES // 4].tolist()
