"""Small counts that a release tells although its own rule hides them: a hidden cell that was filled by hand."""

from __future__ import annotations

from dataclasses import dataclass

from carrel.deidentification.statistics.cube import PERSONS, ROWS
from carrel.deidentification.statistics.release import Release


@dataclass(frozen=True, slots=True)
class ToldSmall:
    """A count from one to the rule's least number that is told.

    Attributes:
        cube: where it stands.
        cell: its place there.
        measure: rows or persons.
    """

    cube: str
    cell: int
    measure: str


def told_small(release: Release) -> tuple[ToldSmall, ...]:
    """Every count that the rule of a release hides, and its figures tell; none where counts are rounded.

    A cell of fewer records than the rule's persons is of fewer persons, whosoever they are. So no file that was made by
    the rule has one.
    """
    if release.base:
        return ()
    return tuple(
        ToldSmall(cube.name, at, measure)
        for cube in release.cubes
        for measure, figures in cube.figures.items()
        if measure in {ROWS, PERSONS}
        for at, figure in enumerate(figures)
        if figure is not None and 0 < figure < release.rule.persons
    )


def smallest_told(release: Release) -> int | None:
    """The smallest count above zero that is told; None where there is none."""
    told = [
        figure
        for cube in release.cubes
        for measure, figures in cube.figures.items()
        if measure in {ROWS, PERSONS}
        for figure in figures
        if figure
    ]
    return min(told, default=None)
