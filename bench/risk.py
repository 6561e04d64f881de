"""The risk of being found again: the whole measurement, beside the same questions written by hand for the same engine."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from bench.row import Row
from bench.turns import cpu_in_turns
from carrel.deidentification.risk.question import RiskQuestion
from carrel.systems.analytics import record_source
from carrel.systems.analytics.engine import opened
from carrel.systems.analytics.risk_measuring import measure

COLUMNS = ("category", "branch", "born", "zip", "day", "itype", "dewey")
_LOANS = """
COPY (SELECT p AS patron, 'C' || (hash(p) % 10) AS category, 'B' || (hash(p + 1) % 25) AS branch,
             1930 + (hash(p + 2) % 85) AS born, '0' || (1000 + (hash(p + 3) % 300)) AS zip,
             DATE '2021-01-01' + (hash(i + 5) % 1825)::INT AS day, 'I' || (hash(i + 6) % 8) AS itype,
             hash(i + 9) % 100 AS dewey
      FROM (SELECT range AS i, (hash(range * 7) % {people})::BIGINT AS p FROM range({rows})))
TO '{place}' (FORMAT parquet)"""


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {"risk": lambda: [_row(folder, rows, smoke=smoke) for rows in ((20_000,) if smoke else (1_000_000,))]}


def _row(folder: Path, rows: int, *, smoke: bool) -> Row:
    place = folder / f"loans-{rows}.parquet"
    with opened() as engine:
        engine.execute(_LOANS.format(people=rows // 12, rows=rows, place=place))
    question = RiskQuestion.model_validate({"name": "loans", "records": place, "person": "patron", "columns": COLUMNS})
    mine, theirs = cpu_in_turns(lambda: _carrel(question), lambda: _by_hand(place), 1 if smoke else 3)
    ratio = mine / theirs
    return Row(
        "risk, CPU",
        f"{rows:,} loans, 7 columns, 28 sets of them",
        f"{mine:.2f} s",
        f"{theirs:.2f} s",
        "29 statements by hand, DuckDB",
        "measured",
        ratio,
        "<= 1.1",
        None if smoke else ratio <= 1.1,
    )


def _carrel(question: RiskQuestion) -> tuple[int, ...]:
    with opened() as engine:
        found = measure(lambda one, columns, name: record_source.read(engine, one, columns, name=name), question, 1)
    return (found.sizes.k, found.sizes.alone, *(one.alone for one in found.singled))


def _by_hand(place: Path) -> tuple[int, ...]:
    """The smallest group, and what each set of columns singles out, as somebody would write it once."""
    with opened() as engine:
        every = ", ".join(COLUMNS)
        sizes = engine.execute(
            f"SELECT min(f), sum(n) FILTER (f = 1) FROM (SELECT count(DISTINCT patron) AS f, count(*) AS n "
            f"FROM '{place}' GROUP BY {every})"
        ).fetchone()
        told = [int(sizes[0]), int(sizes[1] or 0)]
        for size in (1, 2):
            for some in combinations(COLUMNS, size):
                found = engine.execute(
                    f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM '{place}' GROUP BY {', '.join(some)} "
                    "HAVING min(patron) = max(patron))"
                ).fetchone()
                told.append(int(found[0]))
    return tuple(told)
