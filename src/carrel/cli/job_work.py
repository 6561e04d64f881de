"""One process's part in a run that several share: it claims a job, carries it out, and claims the next one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.errors import CarrelError
from carrel.retention import faults
from carrel.retention.course import carry_out_job
from carrel.retention.pace import Mode, first_pace
from carrel.retention.walk import End, Means
from carrel.store.journal import LEASE_TTL

if TYPE_CHECKING:
    from carrel.cli.circulation import NightCounts
    from carrel.cli.premises import Premises
    from carrel.cli.schema_watch import SchemaWatch
    from carrel.retention.plan import Plan
    from carrel.store.gate import ChunkGate, Turn
    from carrel.store.job_journal import Claim
    from carrel.systems.sql.loans import SqlLoans

POLL_SECONDS = 0.2
_BEAT_SECONDS = LEASE_TTL.total_seconds() / 6


@dataclass
class JobWork:
    """One worker.

    Attributes:
        here: open, with the account that carries out.
        plan: of the run.
        run: its id.
        owner: this process.
        loans: inside their session.
        counts: of circulation.
        schema: looks before every job whether the tables are still those of the plan.
        leads: it holds the lease of the system, and may do what only the leader may.
        told: told how many loans all workers have cut.
        jobs: done by this process.
        cut: loans cut by this process.
    """

    here: Premises
    plan: Plan
    run: str
    owner: str
    loans: SqlLoans
    counts: NightCounts
    schema: SchemaWatch
    leads: bool
    told: Callable[[int], None] = lambda _: None
    jobs: int = 0
    cut: int = 0
    _beaten: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.loans.shared = True

    def until_done(self) -> End:
        """Work until every job is done, by whomever; STOPPED when somebody asked for it, or nobody leads the run.

        Raises:
            CarrelError: as `carrel.retention.course.carry_out`; the job in hand goes back to the list;
                RUN-016, the tables changed.
        """
        jobs = self.here.store.jobs
        done: Claim | None = None
        while True:
            self.beat()
            claim, done = self._claim(done), None
            if claim is not None:
                end = self._carry(claim)
                if end is End.STOPPED:
                    return end
                done = claim if end is End.FINISHED else None
                continue
            so_far = jobs.progress(self.run)
            self.told(so_far.loans)
            if not so_far.left:
                return End.FINISHED
            if not so_far.goes_on:
                return End.STOPPED
            time.sleep(POLL_SECONDS)

    def _claim(self, done: Claim | None) -> Claim | None:
        try:
            return self.here.store.jobs.claim(self.run, self.owner, now(), leads=self.leads, done=done)
        except CarrelError as wrong:
            if wrong.code != faults.LEASE_LOST.code:
                raise
            return None  # another one has the job that was done, and will find nothing left in it

    def _carry(self, claim: Claim) -> End | None:
        """Carry out one job; None where this process lost it."""
        here, jobs = self.here, self.here.store.jobs
        before = self.cut

        def told(loans: int) -> None:
            self.cut = before + loans
            self.told(jobs.progress(self.run).loans)

        try:
            self.schema.require()
            self.counts.of_job(claim, self.loans)
            gate = jobs.gate(claim, now)
            means = Means(
                system=self.loans,
                journal=jobs.journal(claim, now),
                as_of=self.plan.as_of,
                life=lambda: here.life(self.plan.as_of, now()),
                turn=lambda: self._turn(gate),
                pace=first_pace(Mode(here.system.mode.value)),
                wait=time.sleep,
                told=told,
            )
            end = carry_out_job(means, claim.stretch).end
            if end is End.STOPPED:
                jobs.give_back(claim)
                return end
            self.jobs += 1
        except CarrelError as wrong:
            jobs.give_back(claim)
            if wrong.code not in {faults.LEASE_LOST.code, faults.RUN_OVER.code, faults.RUNNING.code}:
                raise
            if self.leads and not here.store.leases.owned(here.system.name, self.owner):
                raise
            time.sleep(POLL_SECONDS)  # another one has the job; or a chunk inside the gate keeps this one out
            return None
        except BaseException:
            with suppress(CarrelError):
                jobs.give_back(claim)
            raise
        return End.FINISHED

    @contextmanager
    def _turn(self, gate: ChunkGate) -> Iterator[Turn]:
        self.beat()
        self.schema.beat()
        with gate.chunk() as turn:
            yield turn

    def beat(self) -> None:
        """Whoever leads keeps the lease of the system."""
        if self.leads and time.monotonic() - self._beaten >= _BEAT_SECONDS:
            self.here.store.leases.renew(self.here.system.name, self.owner, LEASE_TTL, now())
            self._beaten = time.monotonic()
