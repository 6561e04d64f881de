"""Growth: the right edge of the tree, enough to append to it and to tell its root, whatever its size.

The edge is one unfinished tile per level and one unfinished entry bundle: at most 255 hashes times the number of
levels. Appending and verifying are the same motion: the writer keeps the tiles that come out, the verifier compares
them with those in the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from carrel.ledger import merkle
from carrel.ledger.tile import HEIGHT, WIDTH, Tile


@dataclass(slots=True)
class Edge:
    """The right edge of a tree of `size` leaves.

    Attributes:
        size: leaves so far.
        entries: the leaves of the unfinished bundle.
        levels: for each tile level, the hashes of its unfinished tile; the last level is never empty but in an empty
            tree.
    """

    size: int = 0
    entries: list[bytes] = field(default_factory=list)
    levels: list[list[bytes]] = field(default_factory=list)

    def copy(self) -> Edge:
        """An edge that grows on its own."""
        return Edge(self.size, list(self.entries), [list(level) for level in self.levels])

    def root(self) -> bytes:
        """The root of the tree. Source: RFC 6962 section 2.1."""
        subtrees = [peak for level in reversed(self.levels) for peak in merkle.peaks(level)]
        return merkle.bag(subtrees)

    def take(self, entries: Sequence[bytes]) -> Iterator[tuple[Tile, list[bytes]]]:
        """Append leaves; yield each tile and bundle, with its hashes or entries, as it becomes full.

        The edge is complete only when the iterator is exhausted.

        Guarantees: taking in parts leaves the same edge, and yields the same tiles, as taking at once.
        """
        place = 0
        while place < len(entries):
            part = entries[place : place + WIDTH - len(self.entries)]
            place += len(part)
            self.entries.extend(part)
            self.size += len(part)
            if not self.levels:
                self.levels.append([])
            self.levels[0].extend(merkle.leaf_hashes(part))
            if len(self.entries) == WIDTH:
                yield Tile(None, self.size // WIDTH - 1), self.entries
                self.entries = []
                yield from self._carry()

    def grow(self, entries: Sequence[bytes]) -> dict[Tile, list[bytes]]:
        """Append leaves and tell every tile and bundle that is new: those that became full, and the unfinished ones."""
        full = dict(self.take(entries))
        return full | dict(self.partials())

    def partials(self) -> Iterator[tuple[Tile, list[bytes]]]:
        """The unfinished bundle and tiles as the files they are at this size."""
        if self.entries:
            yield Tile(None, self.size // WIDTH, len(self.entries)), list(self.entries)
        for level, hashes in enumerate(self.levels):
            if hashes:
                yield Tile(level, self.size >> (HEIGHT * (level + 1)), len(hashes)), list(hashes)

    def _carry(self) -> Iterator[tuple[Tile, list[bytes]]]:
        for level, hashes in enumerate(list(self.levels)):
            if len(hashes) < WIDTH:
                return
            yield Tile(level, (self.size >> (HEIGHT * (level + 1))) - 1), hashes
            if level + 1 == len(self.levels):
                self.levels.append([])
            self.levels[level + 1].append(merkle.fold(hashes))
            self.levels[level] = []
