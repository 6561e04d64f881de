"""What became of a capsule's rows: put back, left alone, or as before already; by table, over all chunks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from carrel.systems.sql.before_images import Image
from carrel.systems.sql.whole_rows import Key


@dataclass(slots=True)
class PutBack:
    """What became of a capsule's rows, by table.

    Attributes:
        back: put back, and read back.
        left: changed or gone since, or their reader is gone; left alone.
        as_before: already as they were before the cut.
    """

    back: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    as_before: Counter[str] = field(default_factory=Counter)
    _left_rows: Counter[tuple[str, Key]] = field(default_factory=Counter, repr=False)
    _rows_as_before: set[tuple[str, Key]] = field(default_factory=set, repr=False)

    def leave(self, image: Image) -> None:
        """Count a row that is left alone."""
        self.left[image.table] += 1
        self._left_rows[image.table, key_of(image)] += 1

    def find_as_before(self, image: Image) -> None:
        """Count a row that is as it was already."""
        self.as_before[image.table] += 1
        self._rows_as_before.add((image.table, key_of(image)))

    def add(self, other: PutBack) -> None:
        """Count an earlier chunk's as well.

        A row that two chunks have cut stands, once put back, as it was before the first of them; the second, which is
        looked at before, does not know it so.
        """
        self.back += other.back
        self.left += other.left
        self.as_before += other.as_before
        for row in other._rows_as_before & self._left_rows.keys():
            again = self._left_rows.pop(row)
            self.left[row[0]] -= again
            self.as_before[row[0]] += again
        self.left = +self.left
        self._left_rows += other._left_rows


def key_of(image: Image) -> Key:
    """The values of a row's key, in order."""
    return tuple(image.key.values())
