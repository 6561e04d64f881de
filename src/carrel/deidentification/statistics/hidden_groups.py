"""Hidden cells as a group: where a total is told, what its hidden parts are together can be told by subtraction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from carrel.deidentification.statistics.cube import Array, Cube
from carrel.deidentification.statistics.ground import NEVER
from carrel.deidentification.statistics.small_cells import CellRule, Zeros


class HiddenGroups:
    """Sees to it that no such group is of few persons.

    How many different persons a group has is not counted, but bounded: as many as its largest cell at least, and as
    many as the total has and its told parts do not.

    Args:
        cube: exact figures.
        rule: for small cells.
    """

    def __init__(self, cube: Cube, rule: CellRule) -> None:
        self._cube, self._least = cube, rule.persons
        self._zeros = rule.zeros is Zeros.SUPPRESSED
        self._parts = [[np.array(own, dtype=np.int64) for own in one.children] for one in cube.dimensions]

    def mended(self, cell: int, hidden: Array, cost: Array) -> Iterator[int]:
        """The cells that have to be hidden as well, of the groups that a cell is in or is the total of.

        Args:
            cell: that was hidden.
            hidden: the cells that are.
            cost: of hiding each; the cheapest that will do is taken.
        """
        for spot, parts in self._lines(cell):
            if self._stands(spot, parts, hidden):
                continue
            known, price = self._cube.known[parts], cost[parts]
            enough = np.flatnonzero((known >= self._least) & ~hidden[parts] & (price < NEVER))
            if len(enough):
                best = enough[np.lexsort((enough, price[enough]))[0]]
                yield self._flat(tuple(one if np.isscalar(one) else one[best] for one in parts))
            elif cost[spot] < NEVER:
                yield self._flat(spot)

    def stand(self, cell: int, hidden: Array) -> bool:
        """Whether all groups around a cell are of enough persons."""
        return all(self._stands(spot, parts, hidden) for spot, parts in self._lines(cell))

    def _lines(self, cell: int) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
        """Of each relation that a cell is in: the total, and its parts."""
        spot = tuple(int(at) for at in np.unravel_index(cell, self._cube.shape))
        for axis, dimension in enumerate(self._cube.dimensions):
            for node in (dimension.nodes[spot[axis]].parent, spot[axis]):
                if node >= 0 and len(own := self._parts[axis][node]):
                    total = (*spot[:axis], node, *spot[axis + 1 :])
                    yield total, (*spot[:axis], own, *spot[axis + 1 :])

    def _stands(self, total: tuple[int, ...], parts: tuple[Any, ...], hidden: Array) -> bool:
        out = hidden[parts]
        if hidden[total] or not out.any():
            return True
        known = self._cube.known[parts]
        rest = int(self._cube.known[total]) - int(known[~out].sum())
        if self._zeros and int(self._cube.rows[parts][out].sum()) == 0 and int(self._cube.rows[total]) == 0:
            return True  # a total without records is hidden itself
        return max(int(known[out].max()), rest) >= self._least

    def _flat(self, spot: tuple[int, ...]) -> int:
        return int(np.ravel_multi_index([int(one) for one in spot], self._cube.shape))
