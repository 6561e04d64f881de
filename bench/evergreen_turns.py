"""Evergreen in a large library: chunks of Carrel and of the script by hand in turns, since the whole would take a night."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median

import psycopg

from bench import ours
from bench.evergreen_handwritten import ROWS, chunks, last_chunk
from bench.evergreen_library import EvergreenLibrary
from bench.evergreen_statements import SETTINGS, prepared
from bench.handwritten import terms_of
from bench.row import Row
from carrel.retention.ports import Position


@dataclass
class _Side:
    """What one side has done: seconds and loans of each round, seconds of each transaction, the server's own seconds."""

    ready: float = 0.0
    rates: list[float] = field(default_factory=list)
    longest: float = 0.0
    loans: int = 0
    cpu: float = 0.0

    def add(self, loans: int, seconds: float, cpu: float, times: list[float]) -> None:
        self.rates.append(loans / seconds)
        self.loans, self.cpu, self.longest = self.loans + loans, self.cpu + cpu, max(self.longest, *times)


def turns(library: EvergreenLibrary, size: int, *, rounds: int, loans: int, judge: bool) -> list[Row]:
    """Loans moved a second, round by round; what both ask once, before their first chunk, is told apart.

    Args:
        library: which is not the same afterwards.
        size: its circulations.
        rounds: of each side.
        loans: in a round, at least.
        judge: whether the target is judged.
    """
    mine, theirs = _Side(), _Side()
    engine = library.engine()
    system = library.loans(engine)
    with (
        system.session(),
        psycopg.connect(f"{library.server.address()} dbname={library.database}") as connection,
        connection.cursor() as cursor,
    ):
        began = time.monotonic()
        system.prepare(library.life)
        mine.ready, began = time.monotonic() - began, time.monotonic()
        terms = terms_of(library.life)
        for statement in (*SETTINGS, *prepared(system.stand_in or 0, terms, ROWS)):
            cursor.execute(statement.encode())
        connection.commit()
        theirs.ready = time.monotonic() - began
        chunk = last_chunk(cursor) // 2  # other readers than those with whom Carrel begins
        connection.commit()
        position: Position | None = None
        for _ in range(rounds):
            cpu = library.cpu_seconds()
            run = ours.cut(library, system, position=position, at_most=loans)
            position = run.position
            mine.add(run.loans, run.seconds, library.cpu_seconds() - cpu, run.transactions)
            cpu, began = library.cpu_seconds(), time.monotonic()
            done, times, chunk = chunks(cursor, chunk, {"anonymous": system.stand_in or 0, **terms}, at_most=loans)
            theirs.add(done, time.monotonic() - began, library.cpu_seconds() - cpu, times)
    engine.dispose()
    return _rows(size, rounds, mine, theirs, judge=judge)


def _rows(size: int, rounds: int, mine: _Side, theirs: _Side, *, judge: bool) -> list[Row]:
    whole = f"of {size:,} circulations, {rounds} round(s) in turns, states not compared"
    ratios = [one / other for one, other in zip(mine.rates, theirs.rates, strict=True)]
    ratio, cpu = median(ratios), [side.cpu / side.loans * 1e6 for side in (mine, theirs)]
    return [
        Row("Evergreen, large: loans aged, window", f"{mine.loans:,} {whole}; longest {mine.longest:.1f} against {theirs.longest:.1f} s; "
            f"rounds {min(ratios):.2f} to {max(ratios):.2f}", f"{median(mine.rates):,.0f} /s", f"{median(theirs.rates):,.0f} /s",
            "hand-written chunks", "measured", ratio, "at least 0.8", ratio >= 0.8 if judge else None),
        Row("  server CPU for a loan", f"{mine.loans:,} {whole}", f"{cpu[0]:.0f} us", f"{cpu[1]:.0f} us", "hand-written chunks",
            "measured", cpu[1] / cpu[0], "", None),
        Row("  asked once, before the first chunk", f"{size:,} circulations", f"{mine.ready:.1f} s", f"{theirs.ready:.1f} s",
            "hand-written chunks", "measured", theirs.ready / mine.ready, "", None),
    ]  # fmt: skip
