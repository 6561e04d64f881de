"""Cubes: a million loans counted with all totals, beside the engine alone; and what hiding and its attack take by size."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from bench.row import Row
from bench.turns import cpu_in_turns
from carrel.deidentification.statistics.cube import Cube
from carrel.deidentification.statistics.cube_spec import CubeSpec
from carrel.deidentification.statistics.release_making import make
from carrel.systems.analytics.cube_counting import count
from carrel.systems.analytics.engine import opened

_LOANS = """
COPY (SELECT 'P' || (hash(i * 7) % {people}) AS patron,
             'B' || floor(pow((hash(i + 2) % 1000000) / 1000000.0, 2) * {branches})::INT AS branch,
             'R' || (floor(pow((hash(i + 2) % 1000000) / 1000000.0, 2) * {branches})::INT % 5) AS region,
             DATE '2024-01-01' + (hash(i + 5) % {days})::INT AS issued,
             'I' || floor(pow((hash(i + 6) % 1000000) / 1000000.0, 2) * {types})::INT AS itype
      FROM (SELECT range AS i FROM range({rows})))
TO '{place}' (FORMAT parquet)"""
_MONTHS = ("strftime(issued, '%Y-%m')", "strftime(issued, '%Y') || '-Q' || quarter(issued)", "strftime(issued, '%Y')")


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    rows = 20_000 if smoke else 1_000_000
    sizes = ((5_000, 8, 12, 4), (50_000, 25, 24, 8), (1_000_000, 40, 36, 25))[: 1 if smoke else None]
    return {
        "cube-count": lambda: [_counting(folder, rows, smoke=smoke)],
        "cube-hide": lambda: [row for size in sizes for row in _hiding(folder, *size)],
    }


def _spec(folder: Path, rows: int, branches: int, months: int, types: int) -> CubeSpec:
    place = folder / f"cube-{rows}-{branches}-{months}-{types}.parquet"
    with opened() as engine:
        engine.execute(
            _LOANS.format(
                people=rows // 12, branches=branches, days=months * 365 // 12, types=types, rows=rows, place=place
            )
        )
    return CubeSpec.model_validate(
        {
            "name": "loans",
            "records": place,
            "person": "patron",
            "dimensions": {
                "branch": {"levels": ["branch", "region"]},
                "month": {"column": "issued", "time": ["month", "quarter", "year"]},
                "type": "itype",
            },
        }
    )


def _counting(folder: Path, rows: int, *, smoke: bool) -> Row:
    spec = _spec(folder, rows, 25, 24, 8)
    mine, theirs = cpu_in_turns(lambda: _carrel(spec), lambda: _by_hand(spec), 1 if smoke else 3)
    ratio = mine / theirs
    return Row(
        "cube counted, CPU",
        f"{rows:,} loans by branch, month and type with all totals, persons in each",
        f"{mine:.2f} s",
        f"{theirs:.2f} s",
        "one statement by hand, DuckDB",
        "measured",
        ratio,
        "<= 1.1",
        None if smoke else ratio <= 1.1,
    )


def _carrel(spec: CubeSpec) -> tuple[int, ...]:
    with opened() as engine:
        [cube] = count(engine, spec)
    return int((cube.rows > 0).sum()), int(cube.rows.sum()), int(cube.people.sum())


def _by_hand(spec: CubeSpec) -> tuple[int, ...]:
    """The same figures, as somebody would write it once for this table."""
    options = (("branch", "region", ""), (*_MONTHS, ""), ("itype", ""))
    sets = ", ".join(f"({', '.join(one for one in chosen if one)})" for chosen in product(*options))
    with opened() as engine:
        found: Any = engine.execute(
            f"SELECT count(*), sum(n), sum(p) FROM (SELECT count(*) AS n, count(DISTINCT patron) AS p "
            f"FROM '{spec.records.file}' GROUP BY GROUPING SETS ({sets}))"
        ).fetchone()
    return tuple(map(int, found))


def _hiding(folder: Path, rows: int, *size: int) -> list[Row]:
    spec = _spec(folder, rows, *size)
    with opened() as engine:
        [cube] = count(engine, spec)
    began = time.process_time()
    made = make("loans", [cube], spec.rule, spec.told)
    spent = time.process_time() - began
    [told] = made.counted
    return [
        Row(
            "cube hidden and attacked, CPU",
            f"{rows:,} loans, {_words(cube)}, {told.cells:,} cells, {told.sensitive:,} small, {told.hidden:,} hidden, "
            f"{told.zeros:,} empty, {made.outcome.solved} solutions",
            f"{spent:.1f} s",
            "",
            "",
            "none",
            None,
            "",
            None,
        )
    ]


def _words(cube: Cube) -> str:
    return " x ".join(f"{len(one.leaves)} {one.name}" for one in cube.dimensions)
