"""Two workers on one run against one, with a line to the database that takes its time, and without."""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from bench.library import NAME, Template
from bench.relay import relay
from bench.row import Row
from bench.site_folder import Site

# As a database in another building has it: a round trip of four milliseconds.
EACH_WAY_SECONDS = 0.002
TARGET = 1.6


def shared(template: Template, folder: Path, *, rounds: int, judge: bool) -> list[Row]:
    """Seconds of the last stage's loans and traces, from the first intent of a chunk to the last outcome."""
    rows = []
    for seconds in (EACH_WAY_SECONDS, 0.0):
        one: list[float] = []
        two: list[float] = []
        loans = 0
        for number in range(rounds):
            for workers, times in ((1, one), (2, two)):
                site = folder / f"shared-{seconds}-{number}-{workers}"
                took, loans = _run(template, site, seconds, workers)
                times.append(took)
        ratio = median(one) / median(two)
        far = f"{seconds * 1000:.0f} ms each way to the database" if seconds else "the database on the same machine"
        rows.append(
            Row(
                f"two workers, {'a line with a delay' if seconds else 'no delay'}",
                f"{template.loans:,} loans, {loans:,} in the run; {far}; {rounds} round(s)",
                f"{median(two):.1f} s", f"{median(one):.1f} s", "one worker", "measured", ratio,
                f"at least {TARGET}" if seconds else "", ratio >= TARGET if judge and seconds else None,
            )
        )  # fmt: skip
    return rows


def _run(template: Template, folder: Path, seconds: float, workers: int) -> tuple[float, int]:
    with template.copy() as library:
        url = sa.make_url(library.server.url(NAME))
        far = relay(str(url.host), int(url.port or 0), seconds) if seconds else nullcontext(int(url.port or 0))
        with far as port:
            site = Site(library, folder, policy="mit-libraries")
            (folder / "koha.dsn").write_text(url.set(port=port).render_as_string(hide_password=False) + "\n")
            while True:
                plan = site.plan()
                site.approve(plan, "--waive-rehearsal", "an invented library")
                run = site.carrel("apply", plan, "--workers", workers)["run"]
                if run["complete"]:
                    return _seconds(folder, str(run["id"])), int(run["loans"])


def _seconds(site: Path, run: str) -> float:
    with sqlite3.connect(site / "carrel.sqlite3") as connection:
        ends = connection.execute("SELECT min(intended_at), max(finished_at) FROM chunk WHERE run = ?", (run,))
        began, ended = (datetime.fromisoformat(one) for one in ends.fetchone())
    return (ended - began).total_seconds()
