"""The jobs of a run: laid out by whoever leads it, claimed by one worker each, and given back or taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from carrel.retention.job import Stretch, Work
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.gate import GATE_TTL, ChunkGate, inside
from carrel.store.job_journal import Claim, JobJournal, JobTicket, led
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import gone
from carrel.store.run import Run
from carrel.store.run_conditions import may_run
from carrel.store.run_key import RunKey
from carrel.store.signals import Signals


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run with jobs is.

    Attributes:
        goes_on: the run is neither over nor paused, its leader holds the lease, and nobody asked to stop.
        left: jobs that are not done.
        loans: cut in finished chunks.
    """

    goes_on: bool
    left: int
    loans: int


class Jobs:
    """The job lists of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder
        self._signals = Signals(database)

    def lay_out(self, run: Run, jobs: Sequence[Stretch], terms: str = "") -> None:
        """Write down the jobs of a run, unless it has some, and on which terms they are worked on; by whoever leads it.

        Args:
            run: under way.
            jobs: in their order.
            terms: a digest of what every worker must see alike beside the plan; see `terms`.

        Raises:
            CarrelError: RUN-002, the lease is another's.
        """
        with self._database.writing() as connection:
            may_run(connection, run.system, run.owner)
            if _count(connection, run.id):
                connection.execute(update(tables.job).where(tables.job.c.run == run.id).values(terms=terms))
                return
            connection.execute(
                insert(tables.job),
                [
                    {
                        "run": run.id, "number": number, "step": one.step, "work": one.work.value,
                        "paths": list(one.paths), "begin": one.begin, "end": one.end,
                        "alone": one.alone, "terms": terms, "owner": "", "generation": 0,
                    }
                    for number, one in enumerate(jobs, 1)
                ],
            )  # fmt: skip

    def terms(self, run: str) -> str | None:
        """On which terms the run's jobs are worked on; None of a run without jobs."""
        with self._database.reading() as connection:
            return connection.execute(select(tables.job.c.terms).where(tables.job.c.run == run).limit(1)).scalar()

    def parted(self, run: str) -> bool:
        """Whether the run has a list of jobs."""
        with self._database.reading() as connection:
            return bool(_count(connection, run))

    def claim(
        self,
        run: str,
        owner: str,
        now: datetime,
        ttl: timedelta = LEASE_TTL,
        *,
        leads: bool = False,
        done: Claim | None = None,
    ) -> Claim | None:
        """Take a job of the earliest step that is not done: one that nobody has, or whose owner is dead or silent.

        Args:
            run: its id.
            owner: this process.
            now: aware time.
            ttl: how long it is silent before another may take the job over.
            leads: it may take jobs that only the leader may do.
            done: the job that this worker has come to the end of: it is done, and its position forgotten.

        Returns:
            The job; None where there is none for the time being.

        Raises:
            CarrelError: RUN-002, another process took over what is said to be done.

        Guarantees:
            Of any number of workers that race, exactly one gets it. One whose chunk is inside the gate keeps it.
        """
        table = tables.job
        with self._database.writing() as connection:
            if done is not None:
                done.change(connection, done_at=now, position=None, owner="")
            if not led(connection, run):
                return None
            open_jobs = and_(table.c.run == run, table.c.done_at.is_(None))
            step = connection.execute(select(func.min(table.c.step)).where(open_jobs)).scalar()
            owners = connection.execute(select(table.c.owner).where(open_jobs).distinct()).scalars()
            dead = [one for one in owners if one and gone(one)]
            system = connection.execute(select(tables.run.c.system).where(tables.run.c.id == run)).scalar_one()
            busy = [one.job[1] for one in inside(connection, system, now) if one.job and one.job[0] == run]
            free: list[ColumnElement[bool]] = [table.c.number.not_in(busy)] if busy else []
            if not leads:
                free.append(table.c.alone.is_(False))
            nobody = or_(table.c.owner == "", table.c.owner.in_(dead), table.c.expires_at <= now)
            row = connection.execute(
                select(table)
                .where(open_jobs, table.c.step == step, nobody, *free)
                .order_by(table.c.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            generation = row.generation + 1
            connection.execute(
                update(table)
                .where(table.c.run == run, table.c.number == row.number)
                .values(owner=owner, generation=generation, expires_at=now + ttl)
            )
        return Claim(run, row.number, generation, owner, system, _stretch(row))

    def give_back(self, claim: Claim) -> None:
        """Let another worker go on with a job from its position; nothing happens when it is another's already."""
        with self._database.writing() as connection:
            connection.execute(update(tables.job).where(*claim.mine()).values(owner="", expires_at=None))

    def progress(self, run: str) -> Progress:
        """How far the run is."""
        with self._database.reading() as connection:
            left = select(func.count()).where(tables.job.c.run == run, tables.job.c.done_at.is_(None))
            cut = select(func.coalesce(func.sum(tables.chunk.c.loans), 0)).where(tables.chunk.c.run == run)
            going = led(connection, run) and connection.execute(select(tables.signal)).first() is None
            return Progress(
                going, int(connection.execute(left).scalar_one()), int(connection.execute(cut).scalar_one())
            )

    def still_inside(self, run: Run, now: datetime) -> bool:
        """Whether a chunk of any worker of the run is inside the gate."""
        with self._database.reading() as connection:
            return any(one.job and one.job[0] == run.id for one in inside(connection, run.system, now))

    def journal(self, claim: Claim, now: Callable[[], datetime], ttl: timedelta = LEASE_TTL) -> JobJournal:
        """The journal of a job for its owner; the key that seals its position lies on the owner's host."""
        key = RunKey(self._folder, claim.run)
        key.ensure()
        return JobJournal(self._database, key, claim, now, ttl)

    def gate(
        self, claim: Claim, now: Callable[[], datetime], ttl: timedelta = GATE_TTL, lease: timedelta = LEASE_TTL
    ) -> ChunkGate:
        """The gate, in which chunks of other jobs of the same run may be at the same time."""
        return ChunkGate(self._database, claim.system, JobTicket(claim, lease), now, ttl)

    def without_key(self, run: str) -> bool:
        """Whether this folder has no key of the run: another host leads it, and nobody here has worked on it yet."""
        return not RunKey(self._folder, run).exists()

    def shred_key(self, run: str) -> None:
        """Shred this folder's key of a run whose jobs are all done."""
        RunKey(self._folder, run).shred()

    def forget_keys(self) -> None:
        """Shred this host's keys of runs that are over: on another host than the leader's nobody else does."""
        for place in sorted((self._folder / "runs").glob("*.key")):
            with self._database.reading() as connection:
                state = connection.execute(select(tables.run.c.state).where(tables.run.c.id == place.stem)).scalar()
            if state in {"finished", "abandoned"}:
                RunKey(self._folder, place.stem).shred()


def _count(connection: Connection, run: str) -> int:
    return int(connection.execute(select(func.count()).where(tables.job.c.run == run)).scalar_one())


def _stretch(row: Row[Any]) -> Stretch:
    return Stretch(row.step, Work(row.work), tuple(row.paths), row.begin, row.end, row.alone)
