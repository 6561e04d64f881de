"""Which further cells are hidden, so that none of the small ones can be told by subtracting the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from carrel.deidentification.statistics.boxes import Shift, cheapest, promising
from carrel.deidentification.statistics.cube import Array, Cube
from carrel.deidentification.statistics.flows import Window, least_flow
from carrel.deidentification.statistics.ground import NEVER, layers_of, prices
from carrel.deidentification.statistics.hidden_groups import HiddenGroups
from carrel.deidentification.statistics.moves import MoveTable, Reach, moves_of, table
from carrel.deidentification.statistics.small_cells import CellRule, Zeros, sensitive

# Where cells that hide another one are looked for, one after the other, among how many moves or nodes of a dimension.
_NEAR, _WIDE, _TOTAL = (Reach.NEIGHBOURS, 12), (Reach.ALL_LEAVES, 10), (Reach.TOTAL, 14)
_WINDOWS = (Window(4), Window(30, anywhere=True), Window(30, anywhere=True, totals=True))
_MOST_FLOWS = 600  # that are solved; after them boxes have to do, which hide more and cost no solver
_MOST_TRIALS = 20_000  # cells of which is asked whether they can be shown after all

_DEAR = 5_000.0  # a box that hides a total of all costs more: a flow is looked for first

_Task = tuple[int, int]  # a layer, and a cell of it


@dataclass(frozen=True)
class Hidden:
    """The cells of a cube that are not told.

    Attributes:
        sensitive: those that the rule names.
        cells: all that are hidden, these among them.
        unprotected: how many of them no choice of further cells protects.
    """

    sensitive: Array
    cells: Array
    unprotected: int


class Suppression:
    """Hides cells of one cube.

    Args:
        cube: exact figures.
        rule: what is hidden.
        told: names of the measures that are told.
        must_hide: further cells that are hidden, such as those that another cube of the release hides.
        must_show: cells that were told before: to hide them now protects nobody.
    """

    def __init__(
        self,
        cube: Cube,
        rule: CellRule,
        told: Sequence[str],
        must_hide: Array | None = None,
        must_show: Array | None = None,
    ) -> None:
        self._cube, self._rule = cube, rule
        self._own = sensitive(cube, rule)
        self._asked = self._own.copy() if must_hide is None else self._own | must_hide
        if rule.zeros is Zeros.SHOWN:
            self._asked &= cube.rows > 0  # a hidden cell is known to be none of them
        self._hidden = self._asked.copy()
        barred = np.zeros(cube.shape, dtype=bool) if must_show is None else must_show & ~self._hidden
        if rule.zeros is Zeros.SHOWN:
            barred |= (cube.rows == 0) & ~self._hidden
        self._price = np.where(barred, NEVER, prices(cube))
        self._cost = np.where(self._hidden, 0.0, self._price)
        self._layers = layers_of(cube, rule, told)
        self._groups = HiddenGroups(cube, rule)
        self._ways: dict[tuple[int, int, Reach], MoveTable] = {}
        self._shift: dict[_Task, Shift] = {}
        self._members: dict[int, set[_Task]] = {}
        self._flows = 0

    def run(self) -> Hidden:
        """Hide what is needed.

        Guarantees:
            Of each hidden cell that is not counted as unprotected there are two cubes that agree in everything told,
            and in which it differs by its width at least; hidden cells whose sum can be told by subtraction are of
            the rule's number of persons together. The order of anything does not matter.
        """
        lost = self._protect(np.flatnonzero(self._hidden))
        if not lost:
            self._show_again()
        return Hidden(self._own, self._hidden, lost)

    def _protect(self, cells: Array) -> int:
        """How many cells stay unprotected."""
        waiting = deque((layer, cell) for layer in range(len(self._layers)) for cell in self._in_order(cells))
        waiting.extend(self._grouped(cells))
        lost = 0
        while waiting:
            task = waiting.popleft()
            if task in self._shift:
                continue
            shift = self._find(task)
            if shift is None:
                lost += 1
                continue
            self._keep(task, shift)
            new = shift.cells[~self._hidden.flat[shift.cells]]
            if len(new):
                self._hide(new)
                waiting.extend((layer, cell) for layer in range(len(self._layers)) for cell in self._in_order(new))
                waiting.extend(self._grouped(new))
        return lost

    def _grouped(self, cells: Iterable[int]) -> list[_Task]:
        """Hide what has to be hidden so that no sum of hidden cells tells of few persons; the new tasks."""
        tasks: list[_Task] = []
        asked = deque(map(int, cells))
        while asked:
            for new in self._groups.mended(asked.popleft(), self._hidden, self._cost):
                self._hide(np.array([new]))
                asked.append(new)
                tasks += [(layer, new) for layer in range(len(self._layers))]
        return tasks

    def _in_order(self, cells: Array) -> list[int]:
        """Totals first, since what hides them hides parts of theirs; then the small ones."""
        height = np.zeros(len(cells), dtype=np.int64)
        for dimension, at in zip(self._cube.dimensions, np.unravel_index(cells, self._cube.shape), strict=True):
            height += np.array([node.level for node in dimension.nodes])[at]
        return [int(cell) for cell in cells[np.lexsort((cells, self._cube.rows.flat[cells], -height))]]

    def _find(self, task: _Task, *, near_only: bool = False) -> Shift | None:
        spot = tuple(int(at) for at in np.unravel_index(task[1], self._cube.shape))
        found = self._box(task[0], spot, *_NEAR)
        if found is not None or near_only:
            return found
        wide = self._box(task[0], spot, *_WIDE)
        if wide is not None and wide.cost < _DEAR:
            return wide
        layer = self._layers[task[0]]
        for window in _WINDOWS if self._flows < _MOST_FLOWS else ():
            self._flows += 1
            flow = least_flow(layer, self._cost, spot, self._cube.dimensions, window)
            if flow is not None and (wide is None or flow.cost < wide.cost):
                return flow
        return wide or self._box(task[0], spot, *_TOTAL)

    def _box(self, layer: int, spot: tuple[int, ...], reach: Reach, most: int) -> Shift | None:
        own = self._layers[layer]
        # Together the moves of all dimensions must not be too many.
        few = max(4, int(most ** min(1.0, 3 / len(spot))))
        ways = [promising(own, self._cost, spot, axis, self._way(axis, at, reach), few) for axis, at in enumerate(spot)]
        return cheapest(own, self._cost, spot, ways)

    def _way(self, axis: int, node: int, reach: Reach) -> MoveTable:
        if (axis, node, reach) not in self._ways:
            self._ways[axis, node, reach] = table(moves_of(self._cube.dimensions[axis], node, reach))
        return self._ways[axis, node, reach]

    def _hide(self, cells: Array) -> None:
        self._hidden.flat[cells] = True
        self._cost.flat[cells] = 0.0

    def _keep(self, task: _Task, shift: Shift) -> None:
        """Note what protects a cell, and the others that it protects as well."""
        need = self._layers[task[0]].need.flat[shift.cells]
        for cell in (task[1], *map(int, shift.cells[shift.spans >= need])):
            if (one := (task[0], cell)) not in self._shift:
                self._shift[one] = shift
                for member in map(int, shift.cells):
                    self._members.setdefault(member, set()).add(one)

    def _show_again(self) -> None:
        """Show each further cell without which all others are still protected; what is worth most first."""
        further = np.flatnonzero(self._hidden & ~self._asked)
        order = further[np.lexsort((further, -self._price.flat[further]))][:_MOST_TRIALS]
        for one in map(int, order):
            self._hidden.flat[one] = False
            self._cost.flat[one] = NEVER
            instead = self._instead(one) if self._groups.stand(one, self._hidden) else None
            if instead is None:
                self._hidden.flat[one] = True
                self._cost.flat[one] = 0.0
                continue
            gone = [*instead, *((layer, one) for layer in range(len(self._layers)))]
            for task in gone:
                if (shift := self._shift.pop(task, None)) is not None:
                    for member in map(int, shift.cells):
                        self._members[member].discard(task)
            for task, shift in instead.items():
                self._keep(task, shift)
            self._cost.flat[one] = self._price.flat[one]

    def _instead(self, one: int) -> dict[_Task, Shift] | None:
        """What protects the cells that a cell protected, among those that are hidden; None where something does not."""
        found: dict[_Task, Shift] = {}
        for task in sorted(self._members.get(one, ())):
            if task[1] == one:
                continue
            shift = self._find(task, near_only=True)
            if shift is None or shift.cost > 0:
                return None
            found[task] = shift
        return found
