"""Boxes: cells that can go up and down together, so that nothing else of a cube changes.

A box is made of one move along each dimension. If all its cells are hidden, whoever sees everything else cannot tell by
how much they were shifted: that is what protects them, and it is proved by whole numbers and without a solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from carrel.deidentification.statistics.cube import Array
from carrel.deidentification.statistics.ground import FAR, NEVER, Layer
from carrel.deidentification.statistics.moves import MoveTable


@dataclass(frozen=True, slots=True)
class Shift:
    """Cells that shift together.

    Attributes:
        cells: as flat indexes into the cube.
        spans: by how much each of them shifts at least.
        cost: of hiding those that are shown still.
    """

    cells: Array
    spans: Array
    cost: float


def cheapest(layer: Layer, cost: Array, target: tuple[int, ...], ways: Sequence[MoveTable]) -> Shift | None:
    """The box around a cell that costs least.

    Args:
        layer: the figures.
        cost: of hiding each cell; 0 where it is hidden, never where it must be shown.
        target: the cell; each way takes its node up.
        ways: of each dimension the moves to choose from.

    Returns:
        None where no box is wide enough.
    """
    if not all(len(one) for one in ways):
        return None
    depth = len(ways)
    grid = np.ix_(*(one.nodes.ravel() for one in ways))
    split = tuple(size for one in ways for size in one.nodes.shape)
    places = tuple(range(1, 2 * depth, 2))  # of the nodes within each move
    signs = reduce(np.multiply.outer, [one.signs.ravel() for one in ways]).reshape(split)
    up, down = signs > 0, signs < 0
    price = np.where(signs != 0, cost[grid].reshape(split), 0.0).sum(axis=places)
    room = layer.room[grid].reshape(split)
    rises, falls = np.where(down, room, FAR), np.where(up, room, FAR)
    for axis, own in enumerate(layer.heads):
        tops = ways[axis].tops.reshape([size if at // 2 == axis else 1 for at, size in enumerate(split)])
        head = np.where(tops, own[grid].reshape(split), FAR)
        rises, falls = np.minimum(rises, np.where(up, head, FAR)), np.minimum(falls, np.where(down, head, FAR))
    rise, fall = rises.min(axis=places), falls.min(axis=places)
    price = np.where(rise + fall >= layer.need[target], price, NEVER)
    best = int(price.argmin())
    if price.flat[best] == NEVER:
        return None
    chosen = np.unravel_index(best, price.shape)
    axes = [one.nodes[at][one.signs[at] != 0] for one, at in zip(ways, chosen, strict=True)]
    cells = np.ravel_multi_index([one.ravel() for one in np.meshgrid(*axes, indexing="ij")], cost.shape)
    span = int(rise.flat[best] + fall.flat[best])
    return Shift(cells, np.full(len(cells), span), float(price.flat[best]))


def promising(layer: Layer, cost: Array, target: tuple[int, ...], axis: int, way: MoveTable, most: int) -> MoveTable:
    """The moves of one dimension that may lead to a box, those first that cost least by themselves.

    Args:
        layer: the figures.
        cost: as for `cheapest`.
        target: the cell.
        axis: of the dimension.
        way: moves that take the target's node up.
        most: how many are kept.
    """
    spot = tuple(way.nodes if at == axis else target[at] for at in range(len(target)))
    rise = np.where(way.signs < 0, layer.room[spot], FAR).min(axis=1)
    fall = np.where(way.signs > 0, layer.room[spot], FAR).min(axis=1)
    price = np.where(way.signs != 0, cost[spot], 0.0).sum(axis=1)
    found = np.flatnonzero((rise + fall >= layer.need[target]) & (price < NEVER))
    return way.take(found[np.argsort(price[found], kind="stable")[:most]])
