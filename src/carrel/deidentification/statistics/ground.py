"""The ground on which hidden figures can shift: how far each cell can go, and what hiding it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carrel.deidentification.statistics.cube import PERSONS, ROWS, Array, Cube, slab
from carrel.deidentification.statistics.small_cells import WHOLE, CellRule, SumRule

FAR = 1 << 50  # farther than any figure
NEVER = float("inf")
_TOTAL = 20.0  # how much more a total is worth than its parts, for each level


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of figure of a cube: the counts together, or a sum.

    Attributes:
        room: how far each cell can go down.
        heads: of each axis, how far a cell can go up beside a total that stays; none where there is no limit.
        need: how far apart the lowest and the highest must be.
    """

    room: Array
    heads: Sequence[Array]
    need: Array


def layers_of(cube: Cube, rule: CellRule, told: Sequence[str]) -> tuple[Layer, ...]:
    """The layers of a cube.

    Args:
        cube: exact figures.
        rule: for hidden cells.
        told: names of the measures that are told. Where persons are, they shift together with the records, one each.
    """
    room = cube.rows - rule.least
    heads: list[Array] = []
    if PERSONS in told:
        room = np.minimum(room, cube.people - rule.least)
        heads = [_head(cube, axis) for axis in range(len(cube.dimensions))]
    found = [Layer(np.maximum(room, 0), heads, np.full(cube.shape, rule.width, dtype=np.int64))]
    for name in told:
        if name not in {ROWS, PERSONS}:
            total, limits = cube.sums[name].total, rule.sums.get(name, SumRule())
            # Up by so much from x, and the span is so many percent of its upper end.
            share = -(-total * limits.percent // (WHOLE - min(limits.percent, WHOLE - 1)))
            found.append(Layer(total, (), np.maximum(share, limits.width)))
    return tuple(found)


def _head(cube: Cube, axis: int) -> Array:
    """How many persons more the total above each cell has."""
    dimension, depth = cube.dimensions[axis], len(cube.dimensions)
    head = cube.people[slab(axis, depth, [max(node.parent, 0) for node in dimension.nodes])] - cube.people
    head[slab(axis, depth, 0)] = FAR
    return head


def prices(cube: Cube) -> Array:
    """What the reader loses by each hidden cell: more by a large one, and far more by a total."""
    price = np.log2(cube.rows + 2.0)
    for axis, dimension in enumerate(cube.dimensions):
        worth = np.array([_TOTAL**node.level for node in dimension.nodes])
        price = price * worth.reshape([-1 if at == axis else 1 for at in range(price.ndim)])
    return price
