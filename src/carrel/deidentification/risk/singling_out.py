"""Which columns, alone or together, single somebody out: the quasi-identifiers that nobody declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

TELLING = 0.05  # of the records: from this share on, columns are told as quasi-identifiers
NEARLY_ALL = 0.95  # columns that single out so many need no other column beside them


@dataclass(frozen=True, slots=True)
class Singling:
    """What an outsider gets from knowing a person's values in some columns.

    Attributes:
        columns: in the order of the table.
        alone: records whose values in them are one person's only.
        records: all of them.
    """

    columns: tuple[str, ...]
    alone: int
    records: int

    @property
    def share(self) -> float:
        """Part of the records that is singled out, 0 to 1."""
        return self.alone / self.records if self.records else 0.0


def combinations_of(columns: Sequence[str], most: int) -> int:
    """How many sets of columns `search` looks at, at the most."""
    return sum(1 for size in range(1, most + 1) for _ in combinations(columns, size))


def search(
    columns: Sequence[str], records: int, most: int, alone: Callable[[tuple[str, ...]], int]
) -> Iterator[Singling]:
    """Look at every set of up to `most` columns, small ones first.

    Args:
        columns: those that an outsider could know.
        records: in the table.
        most: facts that an outsider knows of one person.
        alone: how many records some columns single out; asked once for each set.

    Yields:
        Each set that was looked at. One that holds a set which singles out nearly all is left out: it can only do
        the same again.

    Guarantees:
        A set that is left out singles out `NEARLY_ALL` of the records at least, since more columns never single
        out fewer.

    Source:
        WP216 (singling out); Sweeney 2000 (three columns that name most people).
    """
    enough: list[frozenset[str]] = []
    for size in range(1, min(most, len(columns)) + 1):
        for some in combinations(columns, size):
            if any(one <= set(some) for one in enough):
                continue
            found = Singling(some, alone(some), records)
            if found.share >= NEARLY_ALL:
                enough.append(frozenset(some))
            yield found


def telling(found: Sequence[Singling], least: float = TELLING) -> list[Singling]:
    """The sets worth telling: each singles out `least` of the records, and each part of it less, or less than half.

    Guarantees:
        Where any set reaches `least`, one is told: the smallest that does.
    """
    by_columns = {frozenset(one.columns): one.share for one in found}
    told = [
        one
        for one in found
        if one.share >= least
        and all(by_columns.get(frozenset(part), 0.0) < max(least, one.share / 2) for part in _parts(one.columns))
    ]
    return sorted(told, key=lambda one: (-one.share, one.columns))


def _parts(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(columns)):
        yield from combinations(columns, size)
