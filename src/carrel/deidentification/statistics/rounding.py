"""Controlled rounding: each figure a multiple of a base beside the true one, and all totals still add up."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import Array, Cube, relations, slab
from carrel.deidentification.statistics.dimension import Dimension
from carrel.deidentification.statistics.hidden_system import HiddenSystem
from carrel.deidentification.statistics.release import Release, contradiction
from carrel.deidentification.statistics.solver import linear_program, quiet_solver

MOST_SOLVED = 3_000  # cells of a cube that is rounded as well as can be
_LOOSEST = 4  # times the base that a total may be off in such a cube
_NODES = 500  # of the solver's search; then a total may be farther off


def rounded(cube: Cube, base: int) -> tuple[Array, int]:
    """The records of each cell, rounded.

    Args:
        cube: exact figures.
        base: such as 3, 5 or 10.

    Returns:
        The figures, and how far one of them is off at most.

    Guarantees:
        Each total is the sum of its parts. Each figure of the finest values is one of the two multiples beside the
        true one, and the true one where that is a multiple. A zero stays a zero.
    """
    leaves = np.ix_(*(one.leaves for one in cube.dimensions))
    exact = cube.rows[leaves]
    own = None
    if cube.rows.size <= MOST_SOLVED:
        for times in range(1, _LOOSEST + 1):
            if (own := _solved(cube, exact, base, times * base - 1)) is not None:
                break
    if own is None:
        own = _carried(exact, base)
    figures = folded(cube.dimensions, own)
    return figures, int(np.abs(figures - cube.rows).max())


def _solved(cube: Cube, exact: Array, base: int, most: int) -> Array | None:
    """Which figures go up, so that no total is farther off; nearest to the true figures."""
    import highspy

    down, rest = exact // base * base, (exact % base).ravel()
    number = np.arange(exact.size).reshape(exact.shape)
    places = [{leaf: at for at, leaf in enumerate(one.leaves)} for one in cube.dimensions]
    low = folded(cube.dimensions, down)
    rows: list[Any] = []
    for spot in product(*(range(len(one.nodes)) for one in cube.dimensions)):
        below = [one.below(node) for one, node in zip(cube.dimensions, spot, strict=True)]
        if all(len(one) == 1 for one in below):
            continue
        own = number[np.ix_(*([place[leaf] for leaf in one] for place, one in zip(places, below, strict=True)))].ravel()
        off = int(cube.rows[spot] - low[spot])
        rows.append((own, np.full(len(own), float(base)), float(off - most), float(off + most)))
    upper = (rest > 0).astype(float)
    solver = quiet_solver()
    # The price of going up is what that is farther off than going down.
    solver.passModel(linear_program((base - 2.0 * rest) * upper, np.zeros(exact.size), upper, rows))
    whole = np.full(exact.size, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(exact.size, np.arange(exact.size, dtype=np.int32), whole)
    solver.setOptionValue("mip_max_nodes", _NODES)
    solver.setOptionValue("mip_rel_gap", 0.05)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    up = np.round(np.asarray(solver.getSolution().col_value, dtype=float)).astype(np.int64)
    return down + base * up.reshape(exact.shape)


def _carried(exact: Array, base: int) -> Array:
    """Figure by figure, each with what the last ones were off: their sums in this order are off by half a base."""
    figures = exact.ravel()
    own = np.zeros_like(figures)
    owed = 0
    for at, figure in enumerate(figures):
        down = int(figure) // base * base
        owed += int(figure) - down
        up = figure > down and 2 * owed >= base
        own[at] = down + (base if up else 0)
        owed -= base if up else 0
    return own.reshape(exact.shape)


def folded(dimensions: tuple[Dimension, ...], base: Array) -> Array:
    """The figures of all totals, from those of the finest values, each axis in the order of the leaves."""
    for axis, dimension in enumerate(dimensions):
        out = np.zeros((*base.shape[:axis], len(dimension.nodes), *base.shape[axis + 1 :]), dtype=np.int64)
        for at, leaf in enumerate(dimension.leaves):
            for node in dimension.way_up(leaf):
                out[slab(axis, base.ndim, node)] += np.take(base, at, axis=axis)
        base = out
    return base


def rounded_system(release: Release) -> HiddenSystem:
    """What everybody knows of the true figures behind a rounded release: each is near, and all totals add up.

    Args:
        release: that is rounded; figures of the finest values are off by less than the base, totals by what it says.

    Raises:
        CarrelError: STC-007, its own totals do not add up.
    """
    system, base = HiddenSystem(), release.base
    for cube in release.cubes:
        shape = tuple(len(one.nodes) for one in cube.dimensions)
        told = np.array(cube.figures["rows"], dtype=np.int64).reshape(shape)
        finest = np.zeros(shape, dtype=bool)
        finest[np.ix_(*(one.leaves for one in cube.dimensions))] = True
        numbers = np.zeros(shape, dtype=np.int64)
        for cell, figure in enumerate(told.flat):
            off = base - 1 if finest.flat[cell] else release.off
            low = max(int(figure) - off, 0)
            # Between two multiples lie so many figures; of a zero only those above it.
            one = system.add((cube.name, cell, "rows"), low, base - 1)
            system.rows.append((np.array([one]), np.array([1.0]), float(low), float(figure + off)))
            numbers.flat[cell] = one
        for axis, node, parts in relations(cube.dimensions):
            own = np.moveaxis(numbers[slab(axis, told.ndim, list(parts))], axis, -1).reshape(-1, len(parts))
            total = numbers[slab(axis, told.ndim, node)].ravel()
            if (told[slab(axis, told.ndim, list(parts))].sum(axis=axis) != told[slab(axis, told.ndim, node)]).any():
                raise contradiction(faults.CONTRADICTION, cube.name, "a total that is not their sum")
            for line, above in zip(own, total, strict=True):
                factors = np.append(np.ones(len(line)), -1.0)
                system.rows.append((np.append(line, above), factors, 0.0, 0.0))
    return system
