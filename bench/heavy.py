"""The figures that need a library on a server."""

from __future__ import annotations

import multiprocessing as mp
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from bench import access, branches, counting, desk, growth, handwritten, koha_loop, ours, person, portal, workers
from bench.library import Library, Template
from bench.row import Row

_TEMPLATES: dict[int, Template] = {}


def works(folder: Path, loans: int, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """The rows by name."""
    base = min(loans, 50_000)  # what is multiplied
    sizes = (loans * 2, loans * 4) if smoke else (1_000_000, 10_000_000, 30_000_000)

    def template(size: int = loans) -> Template:
        if size not in _TEMPLATES:
            _TEMPLATES[size] = Template(folder, size, buffer_pool="256M" if smoke else "4G")
        return _TEMPLATES[size]

    return {
        "window": lambda: window(template(), rounds=1 if smoke or loans >= 1_000_000 else 3, judge=not smoke),
        "koha": lambda: koha(template(), rows=500 if smoke else 20_000, judge=not smoke),
        "plan": lambda: plan(template(), rounds=1 if smoke else 3, judge=not smoke),
        "desk": lambda: at_desk(template(), seconds=3 if smoke else 60, clients=4, judge=not smoke),
        "person": lambda: person.erasure(template(), folder, rounds=1 if smoke else 3, judge=not smoke),
        "portal": lambda: portal.portal(
            template(min(loans, 20_000)),
            folder,
            users=20 if smoke else 200,
            seconds=4 if smoke else 60,
            judge=not smoke,
        ),
        "workers": lambda: workers.shared(template(), folder, rounds=1 if smoke else 3, judge=not smoke),
        "branches": lambda: branches.branches(
            template(),
            folder,
            units=100 if smoke else 1_000,
            policies=5 if smoke else 50,
            rounds=1 if smoke else 3,
            judge=not smoke,
        ),
        "large": lambda: person.large(template(base), folder, loans * 4 if smoke else 10_000_000, judge=not smoke),
        "access": lambda: access.answer(
            template(base), loans * 2 if smoke else 10_000_000, rounds=1 if smoke else 5, judge=not smoke
        ),
        "night": lambda: night(template, loans, judge=not smoke),
        "growth": lambda: growth.growth(
            template(base), folder, sizes, day=300 if smoke else 5_000, nights=1 if smoke else 2, judge=not smoke
        ),
        "memory": lambda: memory(template(), judge=not smoke),
    }


def forget() -> None:
    """Remove the libraries."""
    for made in _TEMPLATES.values():
        made.remove()
    _TEMPLATES.clear()


def window(template: Template, *, rounds: int, judge: bool) -> list[Row]:
    """Loans a second against hand-written chunks; both must leave the same library behind."""
    runs, mine, theirs = [], [], []
    differing: set[str] = set()
    longest = work = other_work = 0.0
    left = 0
    for _ in range(rounds):
        with template.copy() as library:
            engine = library.engine()
            system = library.loans(engine)
            used = library.cpu_seconds()
            with system.session():
                run = ours.cut(library, system)
            work += library.cpu_seconds() - used
            anonymous = system.stand_in or 0
            engine.dispose()
            after = library.checksums()
        runs.append(run)
        mine.append(run.loans / run.seconds)
        longest, left = max(longest, *run.transactions), left + run.left
        with template.copy() as library:
            used = library.cpu_seconds()
            loans, seconds = handwritten.cut(library, anonymous)
            other_work += library.cpu_seconds() - used
            other = library.checksums()
        theirs.append(loans / seconds)
        differing |= {table for table in after if after[table] != other[table]}
        if loans != run.loans:
            differing.add("(number of loans)")
    ratio = median(mine) / median(theirs)
    state = "same final state" if not differing else f"STATES DIFFER: {', '.join(sorted(differing))}"
    met = ratio >= 0.8 and not differing and not left
    return [
        Row("loans de-identified, window", f"{runs[-1].loans:,} of {template.loans:,} loans, {rounds} round(s), "
            f"longest {longest:.1f} s, {state}, server CPU {work:.0f} against {other_work:.0f} s", f"{median(mine):,.0f} /s", f"{median(theirs):,.0f} /s",
            "hand-written chunks", "measured", ratio, "at least 0.8", met if judge else None)
    ]  # fmt: skip


def koha(template: Template, *, rows: int, judge: bool) -> list[Row]:
    """Loans a second against Koha's loop on a bounded number of rows of the same library."""
    with template.copy() as library:
        engine = library.engine()
        system = library.loans(engine)
        with system.session():
            run = ours.cut(library, system, at_most=max(rows, 5_000))
        engine.dispose()
    speed = run.loans / run.seconds
    quoted = Row(
        "  the same, against Koha's quoted speed", "from another run: it judges nothing", f"{speed:,.0f} /s",
        f"{koha_loop.QUOTED_LOANS_PER_SECOND:,.0f} /s", "Koha's own loop", "quoted",
        speed / koha_loop.QUOTED_LOANS_PER_SECOND, "at least 50", None,
    )  # fmt: skip
    if wanted := koha_loop.missing():
        return [replace(quoted, size=f"{quoted.size}; not measured here: {wanted}")]
    with template.copy() as library:
        loop = koha_loop.loans_per_second(library, system.stand_in or 0, rows)
    measured = Row(
        "loans de-identified against Koha's loop", f"{run.loans:,} and {rows:,} of {template.loans:,} loans; the loop "
        "cuts 2 tables, Carrel 13", f"{speed:,.0f} /s", f"{loop:,.0f} /s",
        "the loop rebuilt", "measured", speed / loop, "at least 50", speed / loop >= 50 if judge else None,
    )  # fmt: skip
    return [measured, quoted]


def plan(template: Template, *, rounds: int, judge: bool) -> list[Row]:
    """Seconds of a plan's counts against an administrator's."""
    from bench.library import AS_OF

    mine, theirs = [], []
    with template.copy() as library:
        engine = library.engine()
        system = library.loans(engine)
        for _ in range(rounds):
            with system.session():
                mine.append(_seconds(lambda: system.observe(library.life, AS_OF)))
            theirs.append(counting.seconds(library, system.stand_in or 0))
        engine.dispose()
    ratio = median(mine) / median(theirs)
    return [
        Row("a plan's counts", f"{template.loans:,} loans, {rounds} round(s)", f"{median(mine):.1f} s",
            f"{median(theirs):.1f} s", "bare counts by hand", "measured", ratio, "at most 2", ratio <= 2 if judge else None)
    ]  # fmt: skip


def at_desk(template: Template, *, seconds: float, clients: int, judge: bool) -> list[Row]:
    """What the desk notices of a run beside it."""
    with template.copy() as library:
        return desk.noticed_at("desk", library, desk.watch, seconds, clients, judge=judge)


def night(template: Callable[..., Template], loans: int, *, judge: bool) -> list[Row]:
    """A night after a full cut: a library three times as large, with as few loans due, costs the same."""
    spent = []
    for size in (loans, loans * 3):
        with template(size).copy() as library:
            engine = library.engine()
            system = library.loans(engine)
            with system.session():
                ours.cut(library, system)
                ours.cut_strays(library, system)
            _thin_out(library, (loans + 99) // 100)
            with system.session():
                spent.append(median(ours.night(library, system) for _ in range(3)))
            engine.dispose()
    ratio = spent[1] / spent[0]
    return [
        Row("a night after the first, rows still linked", f"{loans * 3:,} against {loans:,} old loans",
            f"{spent[1]:.2f} s", f"{spent[0]:.2f} s", "the smaller library", "measured", ratio, "0.8 to 1.2",
            0.8 <= ratio <= 1.2 if judge else None)
    ]  # fmt: skip


def _thin_out(library: Library, keep: int) -> None:
    """Cut whatever is still linked beyond a number of loans, so that two libraries hold as much that is linked."""
    stand_in = "(SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron')"
    library.sql(
        f"CREATE TABLE x AS SELECT issue_id, borrowernumber FROM old_issues WHERE borrowernumber <> {stand_in} "
        f"ORDER BY issue_id DESC LIMIT 1000000000 OFFSET {keep}",
        f"UPDATE old_issues JOIN x USING (issue_id) SET old_issues.borrowernumber = {stand_in}",
        "DROP TABLE x",
    )


def memory(template: Template, *, judge: bool) -> list[Row]:
    """The largest resident size of a process that cuts the whole library."""
    with template.copy() as library:
        context = mp.get_context("spawn")
        ends: Any = context.Pipe(duplex=False)
        server = library.server
        child = context.Process(target=_cut_and_tell, args=(server.port, server.password, ends[1]))
        child.start()
        early, largest = ends[0].recv()
        child.join()
    return [
        Row("memory of Carrel's own process", f"{template.loans:,} loans; {early / 1024:.0f} MB after one chunk",
            f"{largest / 1024:.0f} MB", "3,300 MB", "Koha's client at 10 M loans", "quoted", None, "250 MB",
            largest / 1024 <= 250 if judge else None)
    ]  # fmt: skip


def _cut_and_tell(port: int, password: str, end: Any) -> None:
    from tests.integration.servers.mariadb import MariaDBServer

    server = MariaDBServer(Path(), port=port, password=password)
    library = Library(server)
    engine = library.engine()
    system = library.loans(engine)
    with system.session():
        ours.cut(library, system, at_most=1)
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ours.cut(library, system)
    engine.dispose()
    shutil.rmtree(server.run_folder, ignore_errors=True)
    end.send((early, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _seconds(work: Callable[[], Any]) -> float:
    import time

    began = time.monotonic()
    work()
    return time.monotonic() - began
