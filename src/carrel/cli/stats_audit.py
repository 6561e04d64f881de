"""``carrel stats audit``: releases attacked by nothing but their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from carrel.cli.progress import phase
from carrel.cli.screen import number, put_json, put_line, put_table
from carrel.errors import Exit
from carrel.systems.analytics.release_files import read_release

_LINES = 24  # of cells on the screen


def audit(places: Sequence[Path], width: int | None, *, as_json: bool) -> int:
    """Attack the releases of several files as one.

    Raises:
        CarrelError: STC-001, STC-006, STC-007, STC-011.
    """
    from carrel.cli.stats_screen import attacked, attacked_rounding, counted_by, outcome_as_dict
    from carrel.deidentification.statistics.release import joined
    from carrel.deidentification.statistics.solver import quiet_solver

    quiet_solver()  # before anything is read: without it nothing can be said
    release = joined([read_release(place) for place in places])
    if width is not None:
        release = replace(release, rule=replace(release.rule, width=width))
    with phase("solving how closely hidden figures are known"):
        from carrel.deidentification.statistics.differencing import labels
        from carrel.deidentification.statistics.hidden_system import system_of
        from carrel.deidentification.statistics.interval_attack import attack
        from carrel.deidentification.statistics.rounding import rounded_system
        from carrel.deidentification.statistics.told_small import smallest_told, told_small

        small = told_small(release)
        outcome = attack(rounded_system(release) if release.base else system_of(release))
    if as_json:
        way = release.rule.counted_by
        head = {"files": [str(place) for place in places], "width": release.rule.width}
        told = [{"cube": one.cube, "cell": one.cell, "measure": one.measure} for one in small]
        head |= {"counted_by": None if way is None else way.value, "least_number": release.rule.persons}
        put_json({**head, "smallest_told": smallest_told(release), "told_small": told, **outcome_as_dict(outcome)})
        return int(Exit.FINDINGS if outcome.narrow or small else Exit.DONE)
    put_line(f"By its rule cells of fewer than {release.rule.persons} {counted_by(release.rule)} are hidden.")
    if (least := smallest_told(release)) is not None:
        put_line(f"The smallest count that is told is {number(least)}.")
    put_line(attacked_rounding(outcome, release) if release.base else attacked(outcome, release.rule.width))
    cubes = {cube.name: cube for cube in release.cubes}
    put_table(
        "Counts that are told although the rule hides them",
        ("cube", "cell", "measure"),
        [
            (one.cube, " / ".join(labels(cubes[one.cube], cubes[one.cube].spot(one.cell))), one.measure)
            for one in small[:_LINES]
        ],
    )
    if len(small) > _LINES:
        put_line(f"and {number(len(small) - _LINES)} more.", "  ")
    put_table(
        "Hidden figures that are known too closely",
        ("cube", "cell", "measure", "least", "most", ""),
        [
            (
                one.cube, " / ".join(labels(cubes[one.cube], cubes[one.cube].spot(one.cell))), one.measure,
                f"{one.low:g}", f"{one.high:g}", "in whole numbers" if one.whole else "",
            )
            for one in outcome.narrow
        ],
        right=(3, 4),
    )  # fmt: skip
    if outcome.narrow:
        put_line(f"These are {number(len(outcome.narrow))}; after twenty the attack ends.")
    return int(Exit.FINDINGS if outcome.narrow or small else Exit.DONE)
