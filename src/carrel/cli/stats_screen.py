"""How a release looks on a terminal, and as JSON: what was hidden and why, and the totals by each dimension."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.release_record import as_json as record_json
from carrel.cli.release_record import tell_record
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.deidentification.statistics.cube import ROWS
from carrel.systems.analytics.release_files import HIDDEN, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.deidentification.releases.release import Release as Record
    from carrel.deidentification.statistics.differencing import SmallDifference
    from carrel.deidentification.statistics.interval_attack import Outcome
    from carrel.deidentification.statistics.release import Release, ToldCube
    from carrel.deidentification.statistics.release_making import Made
    from carrel.deidentification.statistics.small_cells import CellRule

_LINES = 24  # of one dimension on the screen
_NAMES = 5  # of releases in the register


@dataclass(frozen=True, slots=True)
class Compared:
    """With what a release was compared.

    Attributes:
        earlier: releases of its name that were in the register.
        names: all names in it, this one too.
        bare: dimensions that none of the earlier ones has.
    """

    earlier: int
    names: tuple[str, ...]
    bare: tuple[str, ...] = ()


def tell(
    made: Made,
    small: Sequence[SmallDifference],
    out: Path | None,
    table: Path | None,
    kept: Record | None,
    compared: Compared | None,
    *,
    as_json: bool,
) -> None:
    """What was made, and where it went."""
    if as_json:
        with_earlier = (
            {}
            if compared is None
            else {
                "compared_with_earlier": compared.earlier,
                "compared_with_nothing": list(compared.bare),
            }
        )
        put_json({**_as_dict(made, small, out, table), **with_earlier, **record_json(kept)})
        return
    release = made.release
    hidden = f"cells of fewer than {release.rule.persons} {counted_by(release.rule)} are hidden"
    put_table(
        f"{release.name}: {f'every count is rounded to {release.base}' if release.base else hidden}",
        ("cube", "cells", "small", "hidden", "of all", "without a record"),
        [
            (
                cube.name, number(one.cells), number(one.sensitive), number(one.hidden),
                f"{one.hidden / one.cells:.1%}", number(one.zeros),
            )
            for cube, one in zip(release.cubes, made.counted, strict=True)
        ],
        right=(1, 2, 3, 4, 5),
    )  # fmt: skip
    for cube in release.cubes:
        tell_totals(cube)
    put_line(attacked_rounding(made.outcome, release) if release.base else attacked(made.outcome, release.rule.width))
    _tell_compared(release.name, compared)
    for one in small[:_LINES]:
        put_line(f"{' / '.join(one.cell)}: {one.measure}, {one.how}", "  - ")
    if small:
        put_line(f"{number(len(small))} small figures can be told by reading an earlier release beside this one.")
    for place in (out, table):
        if place is not None:
            put_line(f"Written to {place}.")
    tell_record(kept)


def _tell_compared(name: str, compared: Compared | None) -> None:
    if compared is None:
        return
    if compared.earlier:
        put_line(f"Compared with {amount(compared.earlier, 'earlier release')} called {name}.")
        if compared.bare:
            put_line(
                f"No earlier one has {', '.join(compared.bare)}: cells by it were compared with nothing. If it only "
                "has another name by now, give it the earlier one.", "  ",
            )  # fmt: skip
        return
    put_line(f"Compared with nothing: no earlier release in the register is called {name}.")
    if others := [one for one in compared.names if one != name][:_NAMES]:
        put_line(
            f"It has {', '.join(others)}. Releases of the same records are compared only if they are called alike: "
            "give each the same --name, or 'name:' in the document.",
            "  ",
        )


def tell_totals(cube: ToldCube) -> None:
    """The totals of a cube by each of its dimensions."""
    for axis, dimension in enumerate(cube.dimensions):
        step = 1
        for later in cube.dimensions[axis + 1 :]:
            step *= len(later.nodes)
        rows = [
            (
                "  " * (len(dimension.levels) - node.level) + node.label,
                *(written(cube, name, figures[at * step]) for name, figures in cube.figures.items()),
            )
            for at, node in enumerate(dimension.nodes)
        ]
        title = f"{cube.name} by {dimension.name}" if len(cube.dimensions) > 1 else cube.name
        heads = (dimension.name, *cube.figures)
        put_table(title, heads, rows[:_LINES], right=tuple(range(1, len(heads))))
        if len(rows) > _LINES:
            say(f"  and {number(len(rows) - _LINES)} more")


def counted_by(rule: CellRule) -> str:
    """What the least number of a cell is of: persons, records, or either where the file does not tell."""
    return "persons or records (the file does not tell)" if rule.counted_by is None else rule.counted_by.value


def attacked(outcome: Outcome, width: int) -> str:
    """What the attack found, in one line."""
    if not outcome.hidden:
        return "Nothing is hidden, so nothing can be told by subtraction."
    whole = f"; in whole numbers too for {number(outcome.in_whole)}" if outcome.in_whole else ""
    shown = "" if outcome.interval is None else f"; the narrowest span of a count that was shown is {outcome.interval}"
    if outcome.narrow:
        return f"Attacked: hidden figures are known more closely than {width}."
    return (
        f"Attacked: each of {number(outcome.hidden)} hidden figures ({HIDDEN}) could be any of a span of "
        f"{width} or more, whoever reads all that is told{whole}{shown}."
    )


def attacked_rounding(outcome: Outcome, release: Release) -> str:
    """The same of a rounded release."""
    if outcome.narrow:
        return f"Attacked: figures are known more closely than by their rounding to {release.base}."
    return (
        f"Attacked: each of {number(outcome.hidden)} figures could be any of {release.base} or more, whoever reads all "
        f"that is told. Totals are off by {release.off} at most."
    )


def outcome_as_dict(outcome: Outcome) -> dict[str, Any]:
    """The attack for programs."""
    return {
        "hidden_figures": outcome.hidden,
        "narrowest_interval": outcome.interval,
        "narrow": [
            {
                "cube": one.cube,
                "cell": one.cell,
                "measure": one.measure,
                "low": one.low,
                "high": one.high,
                "in_whole_numbers_only": one.whole,
            }
            for one in outcome.narrow
        ],
        "solved_in_whole_numbers": outcome.in_whole,
        "solved": outcome.solved,
    }


def _as_dict(made: Made, small: Sequence[SmallDifference], out: Path | None, table: Path | None) -> dict[str, Any]:
    release: Release = made.release
    return {
        "release": release.as_dict(),
        "cubes": [
            {
                "name": cube.name,
                "cells": one.cells,
                "small": one.sensitive,
                "hidden": one.hidden,
                "zeros": one.zeros,
                "total": cube.figures[ROWS][0],
            }
            for cube, one in zip(release.cubes, made.counted, strict=True)
        ],
        "attack": outcome_as_dict(made.outcome),
        "small_differences": [
            {"cube": one.cube, "cell": list(one.cell), "measure": one.measure, "how": one.how} for one in small
        ],
        "files": [str(place) for place in (out, table) if place is not None],
    }
