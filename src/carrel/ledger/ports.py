"""What the ledger asks of the world: to read the files of a folder, and to be told what is owed to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from carrel.ledger.leaf import Leaf


class Files(Protocol):
    """The files of a ledger, on a disk, on a web server or in a test's memory."""

    def read(self, path: str) -> bytes | None:
        """The whole file, or None when there is none."""
        ...

    def paths(self) -> Iterable[str]:
        """Every file below the ledger's folder, with forward slashes, in any order."""
        ...


class Outbox(Protocol):
    """Leaves that are owed to a ledger, each to stand in it once, whatever process is killed in between."""

    def claim(self, size: int, entries: Callable[[int, int], Iterable[bytes]]) -> Sequence[Leaf] | None:
        """Settle what an earlier process claimed, and claim everything that is still owed; None when nothing is.

        Durable when it returns. Nobody else appends until `clear` has been called or this process is dead.

        Args:
            size: leaves in the ledger now, with no append under way; those returned are about to stand from here on.
            entries: the leaves from one index up to but not including another, as they stand.
        """
        ...

    def clear(self) -> None:
        """What was claimed stands in the ledger, durably."""
        ...


@dataclass(frozen=True, slots=True)
class InHand:
    """Leaves that nobody has written down elsewhere: a kill before the append loses them."""

    leaves: Sequence[Leaf]

    def claim(self, size: int, entries: Callable[[int, int], Iterable[bytes]]) -> Sequence[Leaf]:
        """All of them; none are an append too, of padding."""
        del size, entries
        return self.leaves

    def clear(self) -> None:
        """Nothing to do."""
