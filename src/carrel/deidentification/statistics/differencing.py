"""What a release tells together with an earlier one of the same cubes: their differences are figures too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from carrel.deidentification.statistics.cube import PERSONS, ROWS, relations, shape_of, slab
from carrel.deidentification.statistics.hidden_system import HiddenSystem, cell_key, system_of
from carrel.deidentification.statistics.interval_attack import attack
from carrel.deidentification.statistics.release import Release, ToldCube


@dataclass(frozen=True, slots=True)
class SmallDifference:
    """A small count that two releases tell together.

    Attributes:
        cube: where.
        cell: labels of the cell, or of the total whose hidden parts together changed by so little.
        measure: that changed.
        how: ``told twice``, ``hidden parts`` or ``unchanged since``.
    """

    cube: str
    cell: tuple[str, ...]
    measure: str
    how: str


def small_differences(new: Release, earlier: Sequence[Release]) -> tuple[SmallDifference, ...]:
    """Everything that tells a count of 1 to n-1 when it is read beside an earlier release.

    Args:
        new: not told yet.
        earlier: releases of the same name that were told.

    Returns:
        Cells that were told twice with a small difference; totals whose hidden parts together differ by little; and
        cells that are known too closely by whoever takes what was told before for unchanged.
    """
    found: list[SmallDifference] = []
    for release in earlier:
        told = _told(release)
        for cube in new.cubes:
            found += _twice(cube, told, new.rule.persons)
            found += _parts(cube, told, new.rule.persons)
    found += _unchanged(new, earlier)
    return tuple(dict.fromkeys(found))


def not_compared(new: Release, earlier: Sequence[Release]) -> tuple[str, ...]:
    """Dimensions that no earlier release has: one that was renamed is compared with nothing.

    Args:
        new: not told yet.
        earlier: releases of the same name that were told; with none nothing is said.
    """
    known = {one.name for release in earlier for cube in release.cubes for one in cube.dimensions}
    own = dict.fromkeys(one.name for cube in new.cubes for one in cube.dimensions)
    return tuple(name for name in own if name not in known) if earlier else ()


def labels(cube: ToldCube, cell: Sequence[int]) -> tuple[str, ...]:
    """The labels of a cell."""
    return tuple(one.nodes[at].label for one, at in zip(cube.dimensions, cell, strict=True))


def _told(release: Release) -> dict[Any, dict[str, int | None]]:
    told: dict[Any, dict[str, int | None]] = {}
    for cube in release.cubes:
        for at, spot in enumerate(np.ndindex(*shape_of(cube.dimensions))):
            told.setdefault(cell_key(cube, spot), {}).update({name: one[at] for name, one in cube.figures.items()})
    return told


def _counts(cube: ToldCube) -> list[str]:
    return [name for name in cube.figures if name in {ROWS, PERSONS}]


def _twice(cube: ToldCube, before: dict[Any, dict[str, int | None]], small: int) -> list[SmallDifference]:
    found = []
    for at, spot in enumerate(np.ndindex(*shape_of(cube.dimensions))):
        old = before.get(cell_key(cube, spot), {})
        for measure in _counts(cube):
            now, then = cube.figures[measure][at], old.get(measure)
            if now is not None and then is not None and 0 < abs(now - then) < small:
                found.append(SmallDifference(cube.name, labels(cube, spot), measure, "told twice"))
    return found


def _parts(cube: ToldCube, before: dict[Any, dict[str, int | None]], small: int) -> list[SmallDifference]:
    """A total and its told parts are known twice, and the same parts are hidden: so is their change together."""
    found = []
    shape = shape_of(cube.dimensions)
    cells = np.arange(int(np.prod(shape))).reshape(shape)
    now = cube.figures[ROWS]
    then = [before.get(cell_key(cube, spot), {}).get(ROWS) for spot in np.ndindex(*shape)]
    there = [ROWS in before.get(cell_key(cube, spot), {}) for spot in np.ndindex(*shape)]
    for axis, node, parts in relations(cube.dimensions):
        totals = cells[slab(axis, len(shape), node)].ravel()
        of_parts = np.moveaxis(cells[slab(axis, len(shape), list(parts))], axis, -1).reshape(-1, len(parts))
        for total, own in zip(totals, of_parts, strict=True):
            hidden = [one for one in own if now[one] is None]
            told = [one for one in own if now[one] is not None]
            if not hidden or now[total] is None or then[total] is None:
                continue
            if any(then[one] is None for one in told) or any(then[one] is not None or not there[one] for one in hidden):
                continue
            change = (now[total] - then[total]) - sum(now[one] - then[one] for one in told)
            if 0 < abs(change) < small:
                spot = np.unravel_index(total, shape)
                found.append(SmallDifference(cube.name, labels(cube, spot), ROWS, "hidden parts"))
    return found


def _unchanged(new: Release, earlier: Sequence[Release]) -> list[SmallDifference]:
    """Who takes a cell that is hidden now for what it was told as before."""
    system = system_of(new)
    place = {(one.name): one for one in new.cubes}
    fixed: set[int] = set()
    for release in earlier:
        told = _told(release)
        for unknown, (cube, cell, measure) in enumerate(system.names):
            spot = np.unravel_index(cell, shape_of(place[cube].dimensions))
            if unknown not in fixed and (then := told.get(cell_key(place[cube], spot), {}).get(measure)) is not None:
                fixed.add(unknown)
                system.rows.append((np.array([unknown]), np.array([1.0]), float(then), float(then)))
    if not fixed:
        return []
    found = _attacked(system, fixed)
    return [
        SmallDifference(
            cube,
            labels(place[cube], np.unravel_index(cell, shape_of(place[cube].dimensions))),
            measure,
            "unchanged since",
        )
        for cube, cell, measure in found
    ]


def _attacked(system: HiddenSystem, fixed: set[int]) -> list[tuple[str, int, str]]:
    from carrel.deidentification.statistics import faults
    from carrel.errors import CarrelError

    for one in fixed:
        system.width[one] = system.percent[one] = 0
    try:
        outcome = attack(system)
    except CarrelError as wrong:
        if wrong.code == faults.CONTRADICTION.code:
            return []  # they did change, and whoever thinks otherwise finds nothing
        raise
    return [(one.cube, one.cell, one.measure) for one in outcome.narrow]
