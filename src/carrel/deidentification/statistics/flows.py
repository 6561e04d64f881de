"""Flows: what shifts a cell when no single box does, spread over many others; the solver finds them nearby."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from carrel.deidentification.statistics.boxes import Shift
from carrel.deidentification.statistics.cube import Array
from carrel.deidentification.statistics.dimension import Dimension
from carrel.deidentification.statistics.ground import FAR, NEVER, Layer
from carrel.deidentification.statistics.solver import linear_program, quiet_solver

_MOST_CELLS = 700  # of the part
_TINY = 1e-6
_ALMOST_FREE = 1e-3  # hidden cells cost nothing, but fewer of them are better all the same


class Window(NamedTuple):
    """Which part of the cube takes part in a flow.

    Attributes:
        nodes: how many others than the cell's own are taken in, along each dimension.
        anywhere: whether they may be of any total, and not of the same one only.
        totals: whether the total of all may shift too.
    """

    nodes: int
    anywhere: bool = False
    totals: bool = False


def least_flow(
    layer: Layer, cost: Array, target: tuple[int, ...], dimensions: tuple[Dimension, ...], window: Window
) -> Shift | None:
    """The flow through a cell that costs least, in the part of the cube that lies around it.

    Args:
        layer: the figures.
        cost: as for `cheapest`.
        target: the cell.
        dimensions: of the cube.
        window: how large the part is; it is made smaller where it would be too large to be solved quickly.

    Returns:
        None where there is none.
    """
    nodes = window.nodes
    while True:
        taken = window._replace(nodes=nodes)
        axes = [_nodes(layer, cost, target, axis, one, taken) for axis, one in enumerate(dimensions)]
        if prod(len(one) for one in axes) <= _MOST_CELLS:
            break
        if nodes <= 1:
            return None
        nodes = nodes * 2 // 3
    grid = np.ix_(*axes)
    price = cost[grid].ravel()
    room = layer.room[grid].ravel()
    head = np.full(len(price), FAR, dtype=np.int64)
    for own in layer.heads:
        head = np.minimum(head, own[grid].ravel())
    usable = price < NEVER
    at = int(
        np.ravel_multi_index(
            [list(own).index(node) for own, node in zip(axes, target, strict=True)], [len(a) for a in axes]
        )
    )
    need = int(layer.need[target])
    found = _solved(_lines(axes, dimensions, usable), price, room, head, usable, at, need)
    if found is None:
        return None
    used = np.flatnonzero(np.abs(found) > _TINY)
    cells = np.ravel_multi_index([one.ravel() for one in np.meshgrid(*axes, indexing="ij")], cost.shape)[used]
    return Shift(cells, np.abs(found[used]) + _TINY, float(price[used].sum()))


def _nodes(
    layer: Layer, cost: Array, target: tuple[int, ...], axis: int, dimension: Dimension, window: Window
) -> Array:
    """The nodes of a dimension that take part: the cell's own with all below it, others, and the totals between."""
    own, root = target[axis], dimension.nodes[target[axis]].parent < 0
    if window.anywhere or root:
        within = set(dimension.below(own))
        others = np.array([one for one in dimension.leaves if one not in within], dtype=np.int64)
    else:
        others = np.array(
            [one for one in dimension.children[dimension.nodes[own].parent] if one != own], dtype=np.int64
        )
    if len(others):
        spot = tuple(others if at == axis else target[at] for at in range(len(target)))
        price = np.where(layer.room[spot] > 0, cost[spot], NEVER)
        others = others[np.lexsort((others, -layer.room[spot], price))][: window.nodes]
    found = {node for one in (own, *map(int, others)) for node in _subtree(dimension, one)}
    if window.anywhere:
        found |= {above for one in (own, *map(int, others)) for above in dimension.way_up(one)[:-1]}
    if root or window.totals:
        found |= set(dimension.way_up(own))
    return np.array(sorted(found), dtype=np.int64)


def _subtree(dimension: Dimension, node: int) -> list[int]:
    found = [node]
    for child in dimension.children[node]:
        found += _subtree(dimension, child)
    return found


def _lines(axes: list[Array], dimensions: tuple[Dimension, ...], usable: Array) -> list[tuple[Array, Array]]:
    """Every relation within the part, as its cells and their factors; a total outside of it stays as it is."""
    number = np.arange(len(usable)).reshape([len(one) for one in axes])
    found = []
    for axis, (nodes, dimension) in enumerate(zip(axes, dimensions, strict=True)):
        place = {int(node): at for at, node in enumerate(nodes)}
        parts: dict[int, list[int]] = {}
        for node, at in place.items():
            parts.setdefault(dimension.nodes[node].parent, []).append(at)
        for parent, own in parts.items():
            if parent < 0:
                continue
            within = [*own, place[parent]] if parent in place else own
            factors = np.array([1.0] * len(own) + [-1.0] * (len(within) - len(own)))
            for line in np.moveaxis(number, axis, -1).reshape(-1, len(nodes))[:, within]:
                kept = usable[line]
                if kept.any():
                    found.append((line[kept], factors[kept]))
    return found


def _solved(
    lines: list[tuple[Array, Array]], price: Array, room: Array, head: Array, usable: Array, at: int, need: int
) -> Array | None:
    """The shift of each cell: the target's up, or down where it cannot go up."""
    import highspy

    count = len(price)
    worth = np.where(usable, price, 0.0) / need + _ALMOST_FREE
    for sign in (1.0, -1.0):
        if sign < 0 and room[at] < need:
            continue
        upper = np.where(
            usable, np.concatenate([np.minimum(head, 4 * need), np.minimum(room, 4 * need)]).reshape(2, -1), 0
        )
        lower = np.zeros((2, count))
        lower[0 if sign > 0 else 1, at] = need
        upper[:, at] = (max(need, upper[0, at]), 0) if sign > 0 else (0, upper[1, at])
        rows: list[Any] = [
            (np.concatenate([own, own + count]), np.concatenate([factors, -factors]), 0.0, 0.0)
            for own, factors in lines
        ]
        solver = quiet_solver()
        solver.passModel(linear_program(np.concatenate([worth, worth]), lower.ravel(), upper.ravel(), rows))
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            shift = np.asarray(solver.getSolution().col_value, dtype=float).reshape(2, -1)
            return shift[0] - shift[1]
    return None
