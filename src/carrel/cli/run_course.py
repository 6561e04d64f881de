"""How the loans and the strays of a run are cut: by one worker, or as a list of jobs that several share."""

from __future__ import annotations

import hashlib
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.at_site import now
from carrel.cli.job_work import POLL_SECONDS, JobWork
from carrel.cli.progress import Progress
from carrel.cli.screen import put_line
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.course import carry_out
from carrel.retention.job import STRAYS_PER_WORKER, lay_out, one_worker_because, pieces_of
from carrel.retention.pace import Mode, first_pace
from carrel.retention.walk import End, Means, Tally

if TYPE_CHECKING:
    from carrel.cli.circulation import NightCounts
    from carrel.cli.crew import Crew
    from carrel.cli.premises import Premises
    from carrel.cli.schema_watch import SchemaWatch
    from carrel.cli.standing import Standing
    from carrel.retention.plan import Plan
    from carrel.retention.walk import Turn
    from carrel.store.run import Run
    from carrel.systems.sql.loans import SqlLoans


def alone_because(here: Premises, run: Run) -> str:
    """Why one worker does a run alone by what this site says; empty where several may share it."""
    system = here.system
    begun = bool(run.chunks or run.unknown or run.undone) and not here.store.jobs.parted(run.id)
    return one_worker_because(
        mode=Mode(system.mode.value),
        stage=run.stage,
        undo=system.undo is not None,
        copy=system.copy_of is not None,
        one_writer=here.engine.dialect.name == "sqlite",
        begun=begun,
    )


def terms_of(here: Premises) -> str:
    """What the site file says of a chunk beside the plan: workers of several hosts must see it alike."""
    system = here.system
    said = (system.counts, system.mode.value, None if system.undo is None else system.undo.total_seconds())
    return hashlib.sha256(repr(said).encode()).hexdigest()


class RunCourse:
    """The cutting of one run, by whoever leads it.

    Args:
        here: open, with the lease of the system.
        plan: of the run.
        run: under way.
        loans: inside their session, with what goes beside each chunk.
        counts: of circulation.
        crew: who shares it.
        schema: looks whether the tables are still those of the plan.
        standing: told of every chunk.
    """

    def __init__(
        self,
        here: Premises,
        plan: Plan,
        run: Run,
        loans: SqlLoans,
        counts: NightCounts,
        crew: Crew,
        schema: SchemaWatch,
        standing: Standing,
    ) -> None:
        self._here, self._plan, self._run, self._loans = here, plan, run, loans
        self._counts, self._crew = counts, crew
        self._schema, self._standing = schema, standing

    def cut(self, at_most: int | None) -> Tally:
        """Cut what is due, or the loans of a stage.

        Raises:
            CarrelError: RUN-003, somebody asked to stop: the run is paused, and no worker is in a chunk; RUN-016, the
                tables changed; whatever the server says.
        """
        wanted = min(self._plan.due, at_most) if at_most is not None else self._plan.due
        progress = Progress("loans", wanted)
        tally = self._shared(progress) if self._is_shared() else self._alone(progress, at_most)
        progress.done()
        if tally.end is End.STOPPED:
            self._here.store.runs.pause(self._run.id, self._run.owner)
            raise fault(
                faults.STOPPED,
                at=f"system {self._here.system.name}",
                found="the stop flag, after the chunk in flight",
                changed=f"{amount(tally.loans, 'loan is', 'loans are')} cut and recorded",
                fix="`carrel stop --clear --as NAME`, then apply the same plan again: it goes on",
            )
        return tally

    def _is_shared(self) -> bool:
        """Whether the run has jobs, or is parted into some now; who asked for more workers is told why not."""
        store, crew, run = self._here.store, self._crew, self._run
        parted = store.jobs.parted(run.id)
        if crew.workers > 1 or parted:
            crew.alone_because = alone_because(self._here, run)
        if crew.workers > 1 and crew.alone_because:
            put_line(f"One worker does this run: {crew.alone_because}.", err=True)
        if parted:
            store.jobs.lay_out(run, (), terms_of(self._here))  # goes on with the jobs that are left
        elif crew.workers > 1 and not crew.alone_because:
            self._part()
        else:
            return False
        crew.parted = True
        return True

    def _part(self) -> None:
        from carrel.systems.sql.job_borders import spread_of_loans, strays_of

        here, loans, workers = self._here, self._loans, self._crew.workers
        life = here.life(self._plan.as_of, now())
        spread = spread_of_loans(loans, life)
        pieces = STRAYS_PER_WORKER * workers
        strays = strays_of(loans, loans.paths(life, self._plan.as_of), pieces, here.schema)
        borders = spread.borders(pieces_of(spread.rows, workers))
        jobs = lay_out(here.system_map.loans.closed.table, borders, strays, pieces)
        here.store.jobs.lay_out(self._run, jobs, terms_of(here))

    # -- one worker -------------------------------------------------------------------------------------------------

    def _alone(self, progress: Progress, at_most: int | None) -> Tally:
        here, plan, run, standing = self._here, self._plan, self._run, self._standing
        gate = here.store.runs.gate(run, now)

        def turn() -> AbstractContextManager[Turn]:
            self._schema.beat()
            return standing.turn(gate.chunk)

        def told(done: int) -> None:
            standing.told(run.loans + done)
            progress.at(run.loans + done)

        lapsing = here.system_map.lapsing
        return carry_out(
            Means(
                system=self._loans,
                journal=here.store.runs.journal(run, now),
                as_of=plan.as_of,
                life=lambda: here.life(plan.as_of, now()),
                turn=turn,
                pace=first_pace(Mode(here.system.mode.value)),
                wait=time.sleep,
                told=told,
                afterwards="" if lapsing is None else lapsing.name,
            ),
            at_most,
        )

    # -- several ----------------------------------------------------------------------------------------------------

    def _shared(self, progress: Progress) -> Tally:
        here, run, crew = self._here, self._run, self._crew
        self._standing.shared = True

        def told(loans: int) -> None:
            self._standing.told(loans)
            progress.at(loans)

        work = JobWork(
            here, self._plan, run.id, run.owner, self._loans, self._counts, self._schema, leads=True, told=told
        )
        end = work.until_done()
        crew.gather(work.beat, idle=end is End.FINISHED)
        while here.store.jobs.still_inside(run, now()):  # on another host; who is silent there is out after a while
            work.beat()
            time.sleep(POLL_SECONDS)
        whole = here.store.runs.get(run.id)  # what all workers did stands in the journal
        return Tally(end, whole.loans, dict(whole.rows), dict(whole.left), whole.longest)
