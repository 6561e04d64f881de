"""What everybody knows of the hidden figures of a release: they are counts, and all totals add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import PERSONS, ROWS, Array, relations, shape_of, slab
from carrel.deidentification.statistics.release import Release, ToldCube, contradiction
from carrel.deidentification.statistics.small_cells import SumRule

_HIDDEN = -1
_FREE = float("inf")


@dataclass
class HiddenSystem:
    """Unknown figures, and the linear relations between them.

    Attributes:
        names: of each unknown the cube, its cell and the measure, for messages.
        lower: the least that each can be.
        width: how far apart its lowest and highest must be at least.
        percent: or in percent of the highest.
        rows: relations: unknowns, factors, and the sum's least and greatest.
    """

    names: list[tuple[str, int, str]] = field(default_factory=list)
    lower: list[int] = field(default_factory=list)
    width: list[int] = field(default_factory=list)
    percent: list[int] = field(default_factory=list)
    rows: list[tuple[Any, Any, float, float]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: tuple[str, int, str], lower: int, width: int, percent: int = 0) -> int:
        """One more unknown; its number."""
        self.names.append(name)
        self.lower.append(lower)
        self.width.append(width)
        self.percent.append(percent)
        return len(self.names) - 1


def system_of(release: Release, cubes: Sequence[ToldCube] | None = None) -> HiddenSystem:
    """The hidden figures of cubes that are read together.

    Args:
        release: with the rule.
        cubes: all of the release, unless given. Cells of one population are the same cell in each of them.

    Raises:
        CarrelError: STC-007, figures contradict each other.
    """
    taken = release.cubes if cubes is None else tuple(cubes)
    system = HiddenSystem()
    shared = _shared(taken)
    unknown: dict[Any, int] = {}
    for cube in taken:
        numbers = {measure: _numbers(system, release, cube, measure, shared, unknown) for measure in cube.figures}
        for measure, number in numbers.items():
            if measure == PERSONS:
                _persons(system, cube, number, numbers[ROWS])
            else:
                _sums(system, cube, measure, number)
    return system


def cell_key(cube: ToldCube, spot: Sequence[int]) -> tuple[str, frozenset[tuple[str, int, str]]]:
    """What a cell is of, in whatever cube it stands: a total of all of a dimension is as if that were not there."""
    return cube.population, frozenset(
        (one.name, node.level, node.label)
        for one, at in zip(cube.dimensions, spot, strict=True)
        if (node := one.nodes[at]).parent >= 0
    )


def _shared(cubes: Sequence[ToldCube]) -> dict[Any, dict[str, int]]:
    """Of each cell that several cubes could have, what any of them tells; empty for a single cube."""
    if len(cubes) == 1:
        return {}
    told: dict[Any, dict[str, int]] = {}
    for cube in cubes:
        shape = shape_of(cube.dimensions)
        for at, spot in enumerate(np.ndindex(*shape)):
            key = cell_key(cube, spot)
            for measure, figures in cube.figures.items():
                if (figure := figures[at]) is None:
                    continue
                before = told.setdefault(key, {}).setdefault(measure, figure)
                if before != figure:
                    raise contradiction(faults.CONTRADICTION, cube.name, f"{measure} of a cell differ in two cubes")
    return told


def _numbers(
    system: HiddenSystem,
    release: Release,
    cube: ToldCube,
    measure: str,
    shared: dict[Any, dict[str, int]],
    unknown: dict[Any, int],
) -> tuple[Array, Array]:
    """Of each cell what is known of it, and the number of the unknown that it is; -1 of a known one."""
    shape = shape_of(cube.dimensions)
    figures = cube.figures[measure]
    hidden = [at for at, figure in enumerate(figures) if figure is None]
    known = np.array([0 if figure is None else figure for figure in figures], dtype=np.int64)
    number = np.full(len(figures), _HIDDEN, dtype=np.int64)
    for at in hidden:
        key = cell_key(cube, np.unravel_index(at, shape))
        elsewhere = shared.get(key, {}).get(measure)
        if elsewhere is not None and (key, measure) not in unknown:
            # Another cube tells it: whoever reads both knows it, and it is no interval at all.
            unknown[key, measure] = system.add((cube.name, at, measure), elsewhere, *_wanted(release, measure))
            system.rows.append((np.array([unknown[key, measure]]), np.array([1.0]), elsewhere, elsewhere))
        if (key, measure) not in unknown:
            lower = release.rule.least if measure in {ROWS, PERSONS} else 0
            unknown[key, measure] = system.add((cube.name, at, measure), lower, *_wanted(release, measure))
        number[at] = unknown[key, measure]
    return known.reshape(shape), number.reshape(shape)


def _wanted(release: Release, measure: str) -> tuple[int, int]:
    if measure in {ROWS, PERSONS}:
        return release.rule.width, 0
    limits = release.rule.sums.get(measure, SumRule())
    return limits.width, limits.percent


def _lines(cube: ToldCube, known: Array, number: Array) -> Any:
    """Each relation with a hidden cell: unknown total or -1, unknown parts, and what the total is above known parts."""
    depth = known.ndim
    for axis, node, parts in relations(cube.dimensions):
        part_at, total_at = slab(axis, depth, list(parts)), slab(axis, depth, node)
        parts_number = np.moveaxis(number[part_at], axis, -1).reshape(-1, len(parts))
        parts_known = np.moveaxis(known[part_at], axis, -1).reshape(-1, len(parts))
        totals, total_known = number[total_at].ravel(), known[total_at].ravel()
        left = total_known - parts_known.sum(axis=1)
        yield axis, totals, parts_number, parts_known, total_known, left


def _sums(system: HiddenSystem, cube: ToldCube, measure: str, found: tuple[Array, Array]) -> None:
    for _, totals, parts, _, _, left in _lines(cube, *found):
        open_line = (totals >= 0) | (parts >= 0).any(axis=1)
        if (left[~open_line] != 0).any():
            raise contradiction(faults.CONTRADICTION, cube.name, f"{measure} of a total that is not their sum")
        for line in np.flatnonzero(open_line):
            own = parts[line][parts[line] >= 0]
            factors = np.ones(len(own))
            if totals[line] >= 0:
                own, factors = np.append(own, totals[line]), np.append(factors, -1.0)
            system.rows.append((own, factors, float(left[line]), float(left[line])))


def _persons(system: HiddenSystem, cube: ToldCube, found: tuple[Array, Array], rows: tuple[Array, Array]) -> None:
    """Persons do not add up: a total has as many as its largest part at least, and as all together at most."""
    for _, totals, parts, parts_known, total_known, left in _lines(cube, *found):
        for line in np.flatnonzero((totals >= 0) | (parts >= 0).any(axis=1)):
            own, total = parts[line][parts[line] >= 0], totals[line]
            factors = np.ones(len(own))
            if total >= 0:
                all_of, more = np.append(own, total), np.append(factors, -1.0)
                system.rows.append((all_of, more, float(left[line]), _FREE))
                system.rows.append((np.array([total]), np.array([1.0]), float(parts_known[line].max()), _FREE))
                system.rows.extend((np.array([total, one]), np.array([1.0, -1.0]), 0.0, _FREE) for one in own)
            else:
                system.rows.append((own, factors, float(left[line]), _FREE))
                limit = float(total_known[line])
                system.rows.extend((np.array([one]), np.array([1.0]), 0.0, limit) for one in own)
    pairs = zip(found[1].ravel(), rows[1].ravel(), strict=True)
    system.rows.extend((np.array([one, row]), np.array([-1.0, 1.0]), 0.0, _FREE) for one, row in pairs if one >= 0)
