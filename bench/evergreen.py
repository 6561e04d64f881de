"""The figures of Evergreen: loans that move, against SQL by hand and against the product's function; the desk beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import median

from bench import desk, evergreen_desk, evergreen_handwritten, evergreen_loop, evergreen_turns, ours
from bench.evergreen_library import EvergreenLibrary, EvergreenTemplate, Log
from bench.row import Row

_TEMPLATES: dict[int, EvergreenTemplate] = {}


def works(loans: int, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """The rows by name."""

    def template() -> EvergreenTemplate:
        if loans not in _TEMPLATES:
            _TEMPLATES[loans] = EvergreenTemplate(loans, shared="128MB" if smoke else "1GB")
        return _TEMPLATES[loans]

    return {
        "evergreen": lambda: window(template(), rounds=1, chains=100 if smoke else 4_000, judge=not smoke),
        "evergreen-large": lambda: large(20_000 if smoke else 10_000_000, smoke=smoke),
        "evergreen-desk": lambda: at_desk(template(), seconds=4 if smoke else 60, clients=4, judge=not smoke),
    }


def forget() -> None:
    """End the servers, and remove the libraries."""
    for made in _TEMPLATES.values():
        made.remove()
    _TEMPLATES.clear()


def large(size: int, *, smoke: bool) -> list[Row]:
    """Chunks in turns on a large library, which is made for this and gone afterwards."""
    made = EvergreenTemplate(size, shared="128MB" if smoke else "2GB")
    try:
        with made.copy() as library:
            return evergreen_turns.turns(
                library, size, rounds=1 if smoke else 6, loans=100 if smoke else 25_000, judge=not smoke
            )
    finally:
        made.remove()


@dataclass
class _Side:
    """What one side of a comparison has cost, over all rounds."""

    rates: list[float] = field(default_factory=list)
    cpu: float = 0.0
    own: float = 0.0
    loans: int = 0
    longest: float = 0.0
    log: Log = field(default_factory=lambda: Log(0, 0))
    dead: int = 0

    def add(self, library: EvergreenLibrary, was: tuple[float, float, Log], loans: int, seconds: float) -> None:
        """Count one round, from what was used before it."""
        cpu, own, log = was
        self.rates.append(loans / seconds)
        self.cpu, self.own = self.cpu + library.cpu_seconds() - cpu, self.own + time.process_time() - own
        self.loans, self.log, self.dead = self.loans + loans, library.log().since(log), library.dead_rows()

    @property
    def rate(self) -> float:
        return median(self.rates)


def _used(library: EvergreenLibrary) -> tuple[float, float, Log]:
    return library.cpu_seconds(), time.process_time(), library.log()


def window(template: EvergreenTemplate, *, rounds: int, chains: int, judge: bool) -> list[Row]:
    """Loans moved a second; both sides must leave the same library behind."""
    mine, theirs = _Side(), _Side()
    differing: set[str] = set()
    left = 0
    for _ in range(rounds):
        with template.copy() as library:
            engine = library.engine()
            system = library.loans(engine)
            was = _used(library)
            with system.session():
                run = ours.cut(library, system)
            mine.add(library, was, run.loans, run.seconds)
            anonymous = system.stand_in or 0
            engine.dispose()
            after = library.checksums()
        mine.longest, left = max(mine.longest, *run.transactions), left + run.left
        with template.copy() as library:
            was = _used(library)
            loans, seconds, times = evergreen_handwritten.cut(library, anonymous)
            theirs.add(library, was, loans, seconds)
            other = library.checksums()
        theirs.longest = max(theirs.longest, *times)
        differing |= {table for table in after if after[table] != other[table]}
        if loans != run.loans:
            differing.add("(number of loans)")
    with template.copy() as library:
        aged, loop = evergreen_loop.loans_per_second(library, chains)
    return _rows(template.circulations, rounds, mine, theirs, sorted(differing), left, (aged, loop), judge=judge)


def _rows(
    size: int, rounds: int, mine: _Side, theirs: _Side, differing: list[str], left: int, loop: tuple[int, float],
    *, judge: bool,
) -> list[Row]:  # fmt: skip
    ratio = mine.rate / theirs.rate
    state = "same final state" if not differing else f"STATES DIFFER: {', '.join(differing)}"
    loans, whole = mine.loans // rounds, f"of {size:,} circulations, {rounds} round(s)"
    met = ratio >= 0.8 and not differing and not left
    aged, looped = loop
    per_loan = [side.log.bytes / (side.loans // rounds) for side in (mine, theirs)]
    pages = f"whole pages {mine.log.pages:,} and {theirs.log.pages:,}"
    quoted = evergreen_loop.QUOTED_LOANS_PER_SECOND
    against_loop = Row(
        "Evergreen: loans aged, against its function", f"{loans:,} and {aged:,} {whole}; the function leaves bills, notes, "
        "categories and audit as they are", f"{mine.rate:,.0f} /s", f"{looped:,.0f} /s", "the function rebuilt", "measured",
        mine.rate / looped, "at least 50", mine.rate / looped >= 50 if judge else None,
    )  # fmt: skip
    return [
        Row("Evergreen: loans aged, window", f"{loans:,} {whole}, longest {mine.longest:.1f} against {theirs.longest:.1f} s, "
            f"{state}, server CPU {mine.cpu:.0f} against {theirs.cpu:.0f} s, Carrel's own {mine.own:.1f} s", f"{mine.rate:,.0f} /s",
            f"{theirs.rate:,.0f} /s", "hand-written chunks", "measured", ratio, "at least 0.8", met if judge else None),
        Row("  server CPU for a loan", f"{loans:,} {whole}", f"{mine.cpu / mine.loans * 1e6:.0f} us", f"{theirs.cpu / theirs.loans * 1e6:.0f} us",
            "hand-written chunks", "measured", theirs.cpu / theirs.loans * mine.loans / mine.cpu, "", None),
        Row("  write-ahead log for a loan", f"{loans:,} {whole}; {pages}", f"{per_loan[0]:,.0f} bytes", f"{per_loan[1]:,.0f} bytes",
            "hand-written chunks", "measured", per_loan[0] / per_loan[1], "", None),
        Row("  dead rows for a loan", f"{loans:,} {whole}", f"{mine.dead / loans:.2f}", f"{theirs.dead / loans:.2f}",
            "hand-written chunks", "measured", mine.dead / theirs.dead if theirs.dead else None, "", None),
        against_loop,
        replace(against_loop, work="  the same, against its quoted speed", size="from another run: it judges nothing",
                baseline=f"{quoted:,.0f} /s", baseline_name="Evergreen's own function", baseline_kind="quoted",
                ratio=mine.rate / quoted, met=None),
    ]  # fmt: skip


def at_desk(template: EvergreenTemplate, *, seconds: float, clients: int, judge: bool) -> list[Row]:
    """What Evergreen's desk notices of a run beside it."""
    with template.copy() as library:
        return desk.noticed_at("Evergreen's desk", library, evergreen_desk.watch, seconds, clients, judge=judge)
