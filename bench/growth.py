"""A night after the first, in a library that has lent for longer and longer: its cost, part by part.

The past is multiplied inside the server: loans that Carrel has parted, with their rows of statistics, copies, titles and
readers. What becomes due in a night is the same at every size: a small library of its own, with every trace, that is
laid beside the others each evening.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from bench import ours
from bench.library import AS_OF, SEED, Library, Template
from bench.past import Past
from bench.row import Row
from bench.site_folder import Site
from carrel.cli.watch import Watch
from carrel.systems.sample import SampleSize, build
from carrel.systems.sample.plan import Shape
from carrel.systems.sql.loans import SqlLoans

DAY = "day"
LENT_FOR = 0.2  # years; what becomes due in a night came back within some weeks
PARTS = {
    "prepare": (SqlLoans, "prepare"),
    "count": (SqlLoans, "observe"),
    "draw": (Watch, "draw"),
    "cut": (SqlLoans, "cut_chunk"),
    "strays": (SqlLoans, "cut_strays"),
    "sweep": (Watch, "look"),
    "count again": (SqlLoans, "remaining"),
}


@dataclass(frozen=True, slots=True)
class Night:
    """What one night cost.

    Attributes:
        loans: cut.
        plan, apply, verify: seconds of these commands.
        parts: seconds of what they are made of, by name.
        server, own: processor's seconds of the server and of Carrel, which other work on the machine hardly changes.
    """

    loans: int
    plan: float
    apply: float
    verify: float
    parts: dict[str, float]
    server: float
    own: float

    @property
    def seconds(self) -> float:
        return self.plan + self.apply + self.verify

    @property
    def cpu(self) -> float:
        return self.server + self.own


def growth(
    template: Template, folder: Path, sizes: tuple[int, ...], *, day: int, nights: int, judge: bool
) -> list[Row]:
    """Nights at several sizes of the past.

    Args:
        template: the library whose past is multiplied.
        folder: for the site.
        sizes: loans, in growing order.
        day: loans of the small library that becomes due in one night.
        nights: at each size; the median counts.
        judge: whether the sizes are those of the target.
    """
    with template.copy() as library:
        site, past = first_run(library, folder, day)
        found = {size: measured(site, past, size, nights) for size in sizes}
    return rows(found, judge=judge)


def first_run(library: Library, folder: Path, day: int) -> tuple[Site, Past]:
    """Cut what is there, lay the small library beside it, and carry out the first run of a site on that."""
    engine = library.engine()
    system = library.loans(engine)
    with system.session():
        ours.cut(library, system)
        ours.cut_strays(library, system)
    engine.dispose()
    library.server.sql(f"CREATE DATABASE {DAY}")
    engine = sa.create_engine(library.server.url(DAY))
    build(engine, SampleSize.of_loans(day), SEED + 1, AS_OF, shape=replace(Shape.whole(), years=LENT_FOR))
    engine.dispose()
    site, past = Site(library, folder / "growth", policy="mit-libraries"), Past(library)
    past.lend(DAY)
    site.first_run()
    return site, past


def measured(site: Site, past: Past, size: int, nights: int) -> list[Night]:
    """Let the past grow to a size, and spend some nights there."""
    past.grow(size)
    spent = []
    for _ in range(nights):
        past.lend(DAY)
        spent.append(_night(site))
        told = spent[-1]
        print(f"beside {size:,}: {told.seconds:.1f} s, CPU {told.server:.1f} + {told.own:.1f} s", file=sys.stderr)
    return spent


def _night(site: Site) -> Night:
    used, own = site.library.cpu_seconds(), time.process_time()
    with stopwatch() as parts:
        times = [time.monotonic()]
        plan = site.plan()
        times.append(time.monotonic())
        site.approve(plan)
        times.append(time.monotonic())
        run = site.carrel("apply", plan)["run"]
        times.append(time.monotonic())
        site.carrel("verify")
        times.append(time.monotonic())
    loans = int(run["loans"])
    return Night(
        loans, times[1] - times[0], times[3] - times[2], times[4] - times[3], dict(parts),
        site.library.cpu_seconds() - used, time.process_time() - own,
    )  # fmt: skip


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Seconds that each part of a night takes, added up; a part inside another counts there."""
    spent = dict.fromkeys(PARTS, 0.0)
    running: list[str] = []
    plain = {name: getattr(owner, method) for name, (owner, method) in PARTS.items()}

    def timed(name: str, method: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            if running:
                return method(*args, **named)
            running.append(name)
            began = time.monotonic()
            try:
                return method(*args, **named)
            finally:
                spent[name] += time.monotonic() - began
                running.clear()

        return call

    for name, (owner, method) in PARTS.items():
        setattr(owner, method, timed(name, plain[name]))
    try:
        yield spent
    finally:
        for name, (owner, method) in PARTS.items():
            setattr(owner, method, plain[name])


def rows(found: dict[int, list[Night]], *, judge: bool) -> list[Row]:
    """Each size against the smallest: processor's seconds for a loan cut."""
    sizes = sorted(found)
    first = median(one.cpu / one.loans for one in found[sizes[0]])
    out = []
    for size in sizes:
        spent = found[size]
        each = median(one.cpu / one.loans for one in spent)
        parts = {name: median(one.parts.get(name, 0.0) for one in spent) for name in PARTS}
        told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
        whole = (
            f"plan {median(one.plan for one in spent):.1f}, apply {median(one.apply for one in spent):.1f}, "
            f"verify {median(one.verify for one in spent):.1f} s, CPU of the server "
            f"{median(one.server for one in spent):.1f}, of Carrel {median(one.own for one in spent):.1f} s"
        )
        ratio = each / first
        out.append(
            Row(f"a night beside {size:,} loans", f"{spent[-1].loans:,} loans cut, {len(spent)} night(s): {whole}; of it "
                f"{told} s", f"{each * 1000:.2f} ms CPU/loan", f"{first * 1000:.2f} ms CPU/loan", f"the night beside {sizes[0]:,} loans",
                "measured", ratio, "0.8 to 1.2", 0.8 <= ratio <= 1.2 if judge and size != sizes[0] else None)
        )  # fmt: skip
    return out
