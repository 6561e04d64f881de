"""One run that several workers share, inside the process of a test: threads, each with its own premises and session."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.circulation import NightCounts
from carrel.cli.job_work import JobWork
from carrel.cli.run_course import terms_of
from carrel.cli.schema_watch import SchemaWatch
from carrel.retention.job import lay_out
from carrel.retention.stage import Stage
from carrel.retention.strays import Strays
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.systems.sql.job_borders import spread_of_loans
from carrel.systems.sql.path_touch import touch_of
from carrel.systems.sql.whereabouts import server_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carrel.cli.premises import Premises
    from carrel.retention.plan import Plan
    from carrel.retention.walk import End
    from carrel.store.run import Run
    from tests.integration.run.library import Library

PIECES = 6


@dataclass
class SharedRun:
    """A run whose jobs are laid out, led by the test."""

    lib: Library
    here: Premises
    plan: Plan
    run: Run
    ends: list[End | BaseException] = field(default_factory=list)

    @contextmanager
    def worker(self, *, leads: bool = False) -> Iterator[JobWork]:
        """One worker, with premises and a session of its own."""
        with premises.enter(self.lib.folder, None, read_only=False) as here:
            counts = NightCounts(here)
            with here.loans().session() as loans:
                loans.circulation = counts.circulation
                owner = self.run.owner if leads else new_owner()
                schema = SchemaWatch(here, note=partial(here.store.runs.beside_changes, self.run.id))
                yield JobWork(here, self.plan, self.run.id, owner, loans, counts, schema, leads=leads)

    def start(self, *, leads: bool = False) -> threading.Thread:
        """A worker that goes on by itself until all is done."""

        def work() -> None:
            try:
                with self.worker(leads=leads) as one:
                    self.ends.append(one.until_done())
            except BaseException as wrong:  # noqa: BLE001  (the test looks at it)
                self.ends.append(wrong)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def chunks(self) -> list[tuple]:
        """Number, job and loans of every chunk that ended, and of those of which nobody knows."""
        with self.here.store._database.reading() as connection:
            return [tuple(r) for r in connection.exec_driver_sql("SELECT number, job, loans FROM chunk ORDER BY 1")]


@contextmanager
def shared(lib: Library, pieces: int = PIECES) -> Iterator[SharedRun]:
    """Begin the last stage of a plan, and part it, as `carrel apply --workers` does."""
    place = lib.plan()
    with premises.enter(lib.folder, None, read_only=False) as here:
        plan = here.store.plans.check(json.loads(place.read_text()), "plan.json")
        owner = new_owner()
        here.store.leases.acquire(here.system.name, owner, LEASE_TTL, premises.now())
        run = here.store.runs.start(
            plan.digest, here.system.name, owner, premises.now(), stage=Stage.REST, ordinary=False
        )
        life = here.life(plan.as_of, premises.now())
        with here.loans().session() as loans:
            here.store.runs.on_server(run.id, server_mark(loans.connection))
            spread = spread_of_loans(loans, life)
            paths = loans.paths(life, plan.as_of)
        strays = [
            Strays(one.path.name, _borders(one, at), one.path.archived, touch_of(one, here.schema))
            for at, one in enumerate(paths)
        ]
        jobs = lay_out(here.system_map.loans.closed.table, spread.borders(pieces), strays, 3)
        here.store.jobs.lay_out(run, jobs, terms_of(here))
        yield SharedRun(lib, here, plan, run)


def _borders(path: object, at: int) -> tuple[int, ...]:
    """Some walks that go by a number are parted, although their tables are small."""
    dated = path.walk_column in getattr(path.path.link, "dated", ())  # type: ignore[attr-defined]
    return () if dated or at % 6 else (15, 47)
