"""From exact cubes to a release: cells are hidden, the cubes agree in what they hide, and the attack must fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import PERSONS, ROWS, Array, Cube, shape_of
from carrel.deidentification.statistics.hidden_system import cell_key, system_of
from carrel.deidentification.statistics.interval_attack import Outcome, attack
from carrel.deidentification.statistics.release import Release, ToldCube
from carrel.deidentification.statistics.rounding import rounded, rounded_system
from carrel.deidentification.statistics.small_cells import CellRule, sensitive
from carrel.deidentification.statistics.suppression import Suppression
from carrel.errors import fault

_ROUNDS = 20  # in which cubes tell each other what they hide
_WIDER = (1, 2, 4)  # times the width, where the attack shows that it does not do


@dataclass(frozen=True, slots=True)
class Counted:
    """What is told of one cube, in numbers.

    Attributes:
        cells: all of them.
        sensitive: those that the rule names.
        hidden: all that are hidden.
        zeros: those without a record.
    """

    cells: int
    sensitive: int
    hidden: int
    zeros: int


@dataclass(frozen=True, slots=True)
class Made:
    """A release, and how well it is protected."""

    release: Release
    counted: tuple[Counted, ...]
    outcome: Outcome


def make(name: str, cubes: Sequence[Cube], rule: CellRule, told: Sequence[str], before: Sequence[Release] = ()) -> Made:
    """Hide what has to be hidden, and attack it.

    Args:
        name: of the release.
        cubes: exact figures.
        rule: what is hidden.
        told: names of the measures that are told.
        before: earlier releases of the name: what they hide stays hidden, and what they tell hides nothing else.

    Raises:
        CarrelError: STC-005, no choice of cells protects the small ones; of `attack`.

    Guarantees:
        The attack on all cubes together finds each hidden figure as wide as the rule says.
    """
    for times in _WIDER:
        masks, lost, counted = _hidden(cubes, replace(rule, width=rule.width * times), told, before)
        if lost:
            break
        release = Release(name, rule, tuple(_told(cube, mask, told) for cube, mask in zip(cubes, masks, strict=True)))
        outcome = attack(system_of(release))
        if not outcome.narrow:
            return Made(release, counted, outcome)
    raise fault(
        faults.UNPROTECTED,
        at=name,
        wanted=f"for each cell of fewer than {rule.persons} persons others that hide it",
        found="cells that could be told by subtracting the others, whatever else is hidden",
        fix="make the cube coarser: fewer values, fewer dimensions, or longer times",
    )


def make_rounded(name: str, cubes: Sequence[Cube], rule: CellRule, base: int) -> Made:
    """Round every count in place of hiding any, and attack it.

    Args:
        name: of the release.
        cubes: exact figures, all with the records alone.
        rule: as far as it says how many are few.
        base: to which counts are rounded.

    Raises:
        CarrelError: STC-013, somebody could tell a figure more closely than by its rounding; of `attack`.
    """
    done = [rounded(cube, base) for cube in cubes]
    told = tuple(
        replace(_told(cube, np.zeros(cube.shape, dtype=bool), ()), figures={ROWS: tuple(map(int, figures.flat))})
        for cube, (figures, _) in zip(cubes, done, strict=True)
    )
    release = Release(name, rule, told, base, max(base - 1, *(off for _, off in done)))
    _require_shared(release)
    outcome = attack(rounded_system(release))
    if outcome.narrow:
        raise fault(
            faults.ROUNDING,
            at=name,
            wanted=f"figures of which nobody knows more than the rounding to {base}",
            found="totals that tell some of them more closely",
            fix="hide small cells in place of rounding, round to more, or make the cube coarser",
        )
    counted = (
        Counted(cube.rows.size, int(sensitive(cube, rule).sum()), 0, int((cube.rows == 0).sum())) for cube in cubes
    )
    return Made(release, tuple(counted), outcome)


def _require_shared(release: Release) -> None:
    """Cells that stand in two cubes are rounded alike, or their difference tells something."""
    told: dict[Any, int | None] = {}
    for cube in release.cubes if len(release.cubes) > 1 else ():
        for figure, spot in zip(cube.figures[ROWS], np.ndindex(*shape_of(cube.dimensions)), strict=True):
            if told.setdefault(cell_key(cube, spot), figure) != figure:
                raise fault(
                    faults.ROUNDING,
                    at=release.name,
                    wanted="one figure for each cell",
                    found="cubes that round a cell that they share to two figures",
                    fix="tell one cube of all their dimensions",
                )


def _hidden(
    cubes: Sequence[Cube], rule: CellRule, told: Sequence[str], before: Sequence[Release]
) -> tuple[list[Array], int, tuple[Counted, ...]]:
    masks = [np.zeros(cube.shape, dtype=bool) for cube in cubes]
    keys = [_keys(cube) for cube in cubes] if len(cubes) > 1 or before else []
    stays, shown = _earlier(before)
    hidden_keys: set[Any] = set(stays)
    counted: list[Counted] = []
    lost = 0
    for _ in range(_ROUNDS):
        known = len(hidden_keys)
        counted, lost = [], 0
        for at, cube in enumerate(cubes):
            hide = _mask(cube, keys[at], hidden_keys) if keys else None
            show = _mask(cube, keys[at], shown) if shown else None
            found = Suppression(cube, rule, told, hide if hide is None else hide | masks[at], show).run()
            masks[at] = found.cells
            lost += found.unprotected
            counted.append(
                Counted(
                    int(found.cells.size),
                    int(found.sensitive.sum()),
                    int(found.cells.sum()),
                    int((cube.rows == 0).sum()),
                )
            )
            if keys:
                hidden_keys |= {keys[at][cell] for cell in np.flatnonzero(found.cells)}
        if len(cubes) == 1 or len(hidden_keys) == known:
            break
    return masks, lost, tuple(counted)


def _keys(cube: Cube) -> list[Any]:
    like = ToldCube(cube.name, cube.population, cube.dimensions, {})
    return [cell_key(like, spot) for spot in np.ndindex(*cube.shape)]


def _mask(cube: Cube, keys: Sequence[Any], wanted: set[Any]) -> Array:
    return np.array([key in wanted for key in keys], dtype=bool).reshape(cube.shape)


def _earlier(before: Sequence[Release]) -> tuple[set[Any], set[Any]]:
    """The cells that earlier releases hide, and those that they tell."""
    hidden: set[Any] = set()
    shown: set[Any] = set()
    for release in before:
        for cube in release.cubes:
            for figure, spot in zip(cube.figures[ROWS], np.ndindex(*shape_of(cube.dimensions)), strict=True):
                (hidden if figure is None else shown).add(cell_key(cube, spot))
    return hidden - shown, shown


def _told(cube: Cube, hidden: Array, told: Sequence[str]) -> ToldCube:
    mask = hidden.ravel()
    figures: Mapping[str, tuple[int | None, ...]] = {
        name: tuple(None if out else int(figure) for figure, out in zip(cube.measure(name).ravel(), mask, strict=True))
        for name in told
    }
    decimals = {name: cube.sums[name].decimals for name in told if name not in {ROWS, PERSONS}}
    return ToldCube(cube.name, cube.population, cube.dimensions, figures, decimals)
