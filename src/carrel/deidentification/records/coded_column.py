"""A column of a table as numbers: a code for each value, and on each level of its hierarchy a group for each code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Array = Any  # of numpy; whoever has not installed the extra reads this module all the same


@dataclass(frozen=True, slots=True)
class CodedLevel:
    """One level.

    Attributes:
        name: of the level, such as ``3 digits``.
        groups: of each code.
        labels: of each group: what is released.
        losses: of each group, the share of all other values that it can stand for: 0 of one value alone, 1 of all.
        sizes: of each group, how many values it stands for.
    """

    name: str
    groups: Array
    labels: tuple[str, ...]
    losses: Array
    sizes: Array


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A quasi-identifier.

    Attributes:
        name: of the column.
        levels: from the values themselves, or the finest that may be released, to one group for all.
        counts: rows that have each code.
        is_ordered: whether codes stand in an order of which a range means something.
    """

    name: str
    levels: tuple[CodedLevel, ...]
    counts: Array
    is_ordered: bool = False

    @property
    def top(self) -> int:
        """The number of the last level."""
        return len(self.levels) - 1

    @property
    def values(self) -> int:
        """How many codes there are."""
        return len(self.counts)

    def loss(self, level: int) -> float:
        """Mean loss of the rows on a level, were none left out."""
        from numpy import dot

        one = self.levels[level]
        rows = self.counts.sum()
        return float(dot(one.losses[one.groups], self.counts) / rows) if rows else 0.0

    def between(self, lower: int, upper: int) -> Array:
        """The group on one level of each group on a lower one."""
        from numpy import empty, int32

        below, above = self.levels[lower], self.levels[upper]
        made: Array = empty(len(below.labels), int32)
        made[below.groups] = above.groups
        return made


def coded_column(
    name: str, chains: Sequence[Sequence[str]], names: Sequence[str], counts: Array, *, is_ordered: bool = False
) -> CodedColumn:
    """A column from what its hierarchy says of each value.

    Args:
        name: of the column.
        chains: for each code, its label on every level, the finest first; codes that stay together on a level have the
            same label there, and on all above.
        names: of the levels.
        counts: rows that have each code.
        is_ordered: whether codes stand in an order.

    Raises:
        ValueError: groups come apart on a higher level.
    """
    from numpy import array, float64, int32, int64

    values = len(chains)
    levels: list[CodedLevel] = []
    for at, level in enumerate(names):
        seats: dict[str, int] = {}
        groups = [seats.setdefault(chain[at], len(seats)) for chain in chains]
        sizes = [0] * len(seats)
        for group in groups:
            sizes[group] += 1
        losses = [(size - 1) / (values - 1) if values > 1 else 0.0 for size in sizes]
        made = CodedLevel(level, array(groups, int32), tuple(seats), array(losses, float64), array(sizes, int64))
        if levels and len(set(zip(levels[-1].groups.tolist(), groups, strict=True))) > len(levels[-1].labels):
            raise ValueError(f"on level {level!r} of {name!r} a group comes apart")
        levels.append(made)
    return CodedColumn(name, tuple(levels), counts, is_ordered)
