"""Runs: start, resume, pause, finish."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from carrel.errors import fault
from carrel.ledger.leaf import Leaf
from carrel.retention import faults as retention_faults
from carrel.retention.interlock import History
from carrel.retention.outcome import Outcome
from carrel.retention.stage import Stage
from carrel.store import clock, counts, faults, nights, tables
from carrel.store.database import Database
from carrel.store.gate import GATE_TTL, ChunkGate, LeaseTicket
from carrel.store.history import history
from carrel.store.journal import LEASE_TTL, RunJournal
from carrel.store.owed_leaves import owe
from carrel.store.run import OPEN, Run, read
from carrel.store.run_conditions import beside_changes, is_plan, may_run, none_open, on_server, recorded
from carrel.store.run_key import RunKey

Leaves = Callable[[Run], Iterable[Leaf]]  # what the ledger is told of a run as it ended


@dataclass(frozen=True, slots=True)
class _Ending:
    state: str
    outcome: Outcome
    at: datetime
    night: date
    leaves: Leaves
    codes: tuple[str, ...]


class Runs:
    """The runs of a store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def start(
        self,
        plan_digest: str,
        system: str,
        owner: str,
        now: datetime,
        *,
        stage: Stage,
        ordinary: bool,
        copy_of: str | None = None,
    ) -> Run:
        """Begin a run of a recorded plan, under the system's lease.

        Args:
            plan_digest: of a plan in this store.
            system: whose lease the owner holds.
            owner: this process.
            now: aware time.
            stage: of the first run; REST in an ordinary night.
            ordinary: whether a standing approval covers it; only then do its counts set the next bounds.
            copy_of: the system that this one is a rehearsal copy of.

        Raises:
            CarrelError: RUN-002 without the lease, RUN-003 while a stop stands, RUN-004 when an earlier run has not
                ended, STO-005 when the plan is not recorded, STO-004 when the clock went backwards.
        """
        identity = now.strftime("%Y%m%d%H%M%S") + "-" + secrets.token_hex(5)
        key = RunKey(self._folder, identity)
        key.create()
        try:
            with self._database.writing() as connection:
                clock.observe(connection, now)
                may_run(connection, system, owner)
                none_open(connection, system)
                recorded(connection, plan_digest)
                connection.execute(
                    insert(tables.run).values(
                        id=identity,
                        system=system,
                        copy_of=copy_of,
                        plan_digest=plan_digest,
                        stage=stage,
                        ordinary=ordinary,
                        owner=owner,
                        state="running",
                        started_at=now,
                    ),
                )
        except BaseException:
            key.shred()
            raise
        return self.get(identity)

    def resume(self, identity: str, owner: str, now: datetime) -> Run:
        """Continue a run that was interrupted or paused, under the system's lease.

        Raises:
            CarrelError: RUN-002 without the lease, RUN-003 while a stop stands, RUN-005 when it has ended.
        """
        with self._database.writing() as connection:
            clock.observe(connection, now)
            system = connection.execute(select(tables.run.c.system).where(tables.run.c.id == identity)).scalar()
            if system is not None:
                may_run(connection, system, owner)
            self._change(connection, identity, None, owner=owner, state="running")
        return self.get(identity)

    def on_server(self, identity: str, server: str) -> bool:
        """Note on which server of its system a run goes on.

        After a failover nobody knows which of the earlier chunks the new server has: the walk begins anew, and cuts
        that are there already are no-ops.

        Args:
            identity: of the run.
            server: what tells it, and the database, from others, see `carrel.systems.sql.whereabouts.server_mark`.

        Returns:
            Whether it is, or once was, another one than the run began on: then its sums may tell of what was lost.
        """
        with self._database.writing() as connection:
            return on_server(connection, identity, server)

    def server(self, identity: str) -> str | None:
        """On which server, and in which of its databases, a run goes on; None before anybody noted it."""
        with self._database.reading() as connection:
            return connection.execute(select(tables.run.c.server).where(tables.run.c.id == identity)).scalar()

    def beside_changes(self, identity: str, found: str = "") -> str:
        """Note what changed in the tables of a run's system while it was under way.

        Args:
            identity: of the run.
            found: names of tables and triggers; empty where nothing is to be noted.

        Returns:
            What was noted first, by whichever process; empty where nothing was. It stays, whoever goes on.
        """
        with self._database.writing() as connection:
            return beside_changes(connection, identity, found)

    def pause(self, identity: str, owner: str) -> None:
        """Leave a run after the chunk in flight because somebody asked to stop; `resume` continues it."""
        with self._database.writing() as connection:
            self._change(connection, identity, owner, state="paused")

    def finish(
        self,
        identity: str,
        owner: str,
        outcome: Outcome,
        now: datetime,
        *,
        night: date,
        leaves: Leaves,
        codes: tuple[str, ...] = (),
    ) -> Run:
        """End a run: shred its key, forget its position, count its night, owe its leaves to the ledger.

        A rehearsal counts for no night.

        Args:
            identity: of the run.
            owner: this process.
            outcome: of its worst step.
            now: aware time.
            night: the local date on which the night began.
            leaves: what the ledger is told; owed to it from the moment at which the run has ended.
            codes: of errors met on the way.

        Raises:
            CarrelError: RUN-005 when it has ended already, or another process continues it.
        """
        return self._end(identity, owner, _Ending("finished", outcome, now, night, leaves, codes))

    def abandon(self, identity: str, now: datetime, *, night: date, leaves: Leaves) -> Run:
        """End a run that nobody will resume, because its plan is stale; what it did stays counted, unverified.

        Args:
            identity: of the run.
            now: aware time.
            night: the local date on which the night began.
            leaves: as in `finish`.

        Raises:
            CarrelError: RUN-005 when it has ended already.
        """
        return self._end(identity, None, _Ending("abandoned", Outcome.UNVERIFIED, now, night, leaves, ()))

    def get(self, identity: str) -> Run:
        """One run.

        Raises:
            CarrelError: STO-006.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(tables.run).where(tables.run.c.id == identity)).one_or_none()
            if row is None:
                raise fault(
                    faults.UNKNOWN_ENTRY,
                    at=f"run {identity}",
                    wanted="a run of this store",
                    fix="name a run of this site",
                )
            return read(connection, row)

    def unfinished(self, system: str) -> Run | None:
        """The run on a system that was interrupted or paused."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.run).where(tables.run.c.system == system, tables.run.c.state.in_(OPEN)),
            ).one_or_none()
            return None if row is None else read(connection, row)

    def newest(self, system: str, limit: int = 20) -> tuple[Run, ...]:
        """The latest runs on a system, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(tables.run)
                .where(tables.run.c.system == system)
                .order_by(tables.run.c.started_at.desc(), tables.run.c.id)
                .limit(limit),
            ).all()
            return tuple(read(connection, row) for row in rows)

    def any_over(self) -> bool:
        """Whether any run of any system has ended, so that the ledger was or is to be told of it."""
        with self._database.reading() as connection:
            over = select(tables.run.c.id).where(tables.run.c.state.not_in(OPEN)).limit(1)
            return connection.execute(over).first() is not None

    def journal(
        self,
        run: Run,
        now: Callable[[], datetime],
        ttl: timedelta = LEASE_TTL,
    ) -> RunJournal:
        """The journal of a run for its owner."""
        return RunJournal(self._database, RunKey(self._folder, run.id), run, now, ttl)

    def gate(self, run: Run, now: Callable[[], datetime], ttl: timedelta = GATE_TTL) -> ChunkGate:
        """The gate that every chunk of a run goes through."""
        return ChunkGate(self._database, run.system, LeaseTicket(run.system, run.owner), now, ttl)

    def history(self, system: str, policy_digest: str, map_digest: str) -> History:
        """As `carrel.store.history.history`."""
        with self._database.reading() as connection:
            return history(connection, system, policy_digest, map_digest)

    def _end(self, identity: str, owner: str | None, ending: _Ending) -> Run:
        with self._database.writing() as connection:
            row = self._change(
                connection,
                identity,
                owner,
                state=ending.state,
                outcome=ending.outcome,
                finished_at=ending.at,
                position=None,
            )
            run = read(connection, row)
            body = connection.execute(select(tables.plan.c.body).where(is_plan(run.plan_digest))).scalar_one()
            rows = dict.fromkeys((path["path"] for path in body["paths"]), 0) | run.rows
            if run.copy_of is None:  # a rehearsal is no night, of the copy no more than of its original
                counts.add(connection, run.system, ending.night, rows, ordinary=run.ordinary)
                nights.add(connection, run, ending.night, ending.codes)
            owe(connection, ending.leaves(run), ending.at)
            connection.execute(delete(tables.job).where(tables.job.c.run == identity))  # and every position with it
        RunKey(self._folder, identity).shred()
        self._database.tidy()
        return run

    def _change(self, connection: Connection, identity: str, held_by: str | None, **values: Any) -> Row[Any]:
        table = tables.run
        mine = [table.c.owner == held_by] if held_by is not None else []
        done = connection.execute(
            update(table).where(table.c.id == identity, table.c.state.in_(OPEN), *mine).values(**values),
        )
        if done.rowcount != 1:
            raise fault(
                retention_faults.RUN_OVER,
                at=f"run {identity}",
                wanted="a run of this process that has not ended",
                found="none",
                fix="look at the runs of this system; plan again",
            )
        return connection.execute(select(table).where(table.c.id == identity)).one()
