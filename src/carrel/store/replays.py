"""Replay entries, and restores: since when a system is closed, what was planned for it, and when it was opened."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from carrel.ledger.leaf import OpenLeaf
from carrel.retention.approval import Kind
from carrel.retention.replay import Entry
from carrel.retention.replay_plan import ReplayPlan
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe
from carrel.store.recorded_plan import recorded


@dataclass(frozen=True, slots=True)
class Restore:
    """One restore of a system.

    Attributes:
        id, system, begun_by: as recorded.
        begun_at: aware time at which the system was closed, or found to be restored once more.
        made_at: aware time at which the backup was made; None where nobody said.
        settled: cases of tasks that a person has settled.
        opened_at: aware time; None while the system is closed.
    """

    id: str
    system: str
    begun_at: datetime
    begun_by: str
    made_at: datetime | None
    settled: tuple[str, ...]
    opened_at: datetime | None


def remember(connection: Connection, system: str, entries: Iterable[Entry]) -> None:
    """Keep entries, inside the transaction in which their case ends; one that stands already gets the later time."""
    table = tables.replay_entry
    for one in entries:
        same = (table.c.case == one.case, table.c.tag == one.tag)
        if connection.execute(update(table).where(*same).values(done_at=one.done_at)).rowcount:
            continue
        connection.execute(
            insert(table).values(
                id=secrets.token_hex(8),
                system=system,
                kind=str(one.kind),
                tag=one.tag,
                card_tag=one.card_tag,
                case=one.case,
                done_at=one.done_at,
                mark=one.mark,
            )
        )


class Replays:
    """The entries and restores of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, system: str) -> tuple[Entry, ...]:
        """What was done for persons of a system that a backup may not know of, the oldest first."""
        table = tables.replay_entry
        query = select(table).where(table.c.system == system).order_by(table.c.done_at, table.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Entry(Kind(row.kind), row.tag, row.card_tag, row.case, row.done_at, row.mark) for row in rows)

    def count(self, system: str) -> int:
        """How many entries there are."""
        table = tables.replay_entry
        query = select(func.count()).select_from(table).where(table.c.system == system)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def forget(self, system: str, before: datetime) -> int:
        """Delete the entries of what was done before a time: no backup is left that could need them.

        Returns:
            How many. While the system is closed, none.
        """
        table = tables.replay_entry
        if self.closed(system) is not None:
            return 0
        with self._database.writing() as connection:
            gone = connection.execute(delete(table).where(table.c.system == system, table.c.done_at < before)).rowcount
        if gone:
            self._database.tidy()
        return gone

    def closed(self, system: str) -> Restore | None:
        """The restore for which a system is closed; None of an open one."""
        table = tables.restore
        query = select(table).where(table.c.system == system, table.c.opened_at.is_(None)).order_by(table.c.begun_at)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _restore(row)

    def restore(self, identity: str) -> Restore:
        """A restore by its id."""
        table = tables.restore
        with self._database.reading() as connection:
            return _restore(connection.execute(select(table).where(table.c.id == identity)).one())

    def close(
        self,
        system: str,
        by: str,
        made_at: datetime | None,
        now: datetime,
        leaves: Iterable[OpenLeaf],
        *,
        anew: bool = False,
    ) -> Restore:
        """Close a system, before anything is looked for; one that is closed already stays so.

        Args:
            system: whose.
            by: the person.
            made_at: when the backup was made, where that is known; it takes the place of what was said before.
            now: aware time.
            leaves: what the ledger is told of that.
            anew: it was restored once more since, so that what was done again or settled meanwhile is undone. Of
                another backup than the one that was said before that is taken to be so.
        """
        known, table = self.closed(system), tables.restore
        identity = secrets.token_hex(8) if known is None else known.id
        with self._database.writing() as connection:
            clock.observe(connection, now)
            if known is None:
                connection.execute(
                    insert(table).values(
                        id=identity, system=system, begun_at=now, begun_by=by, made_at=made_at, settled=[]
                    )
                )
                owe(connection, leaves, now)
            else:
                anew |= made_at is not None and known.made_at is not None and made_at != known.made_at
                changes: dict[str, Any] = {"made_at": made_at} if made_at is not None else {}
                changes |= {"begun_at": now, "settled": []} if anew else {}
                if changes:
                    connection.execute(update(table).where(table.c.id == identity).values(**changes))
        return self.restore(identity)

    def settle(self, identity: str, case: str) -> None:
        """Note that a person has seen to a task."""
        table = tables.restore
        with self._database.writing() as connection:
            known = connection.execute(select(table.c.settled).where(table.c.id == identity)).scalar_one()
            changed = list(dict.fromkeys([*known, case]))
            connection.execute(update(table).where(table.c.id == identity).values(settled=changed))

    def open(self, identity: str, now: datetime, leaves: Iterable[OpenLeaf]) -> None:
        """Open a system, and owe the ledger's leaves of that; once, whoever repeats it."""
        table = tables.restore
        with self._database.writing() as connection:
            clock.observe(connection, now)
            system = select(table.c.system).where(table.c.id == identity).scalar_subquery()
            which = update(table).where(table.c.system == system, table.c.opened_at.is_(None))
            if connection.execute(which.values(opened_at=now)).rowcount:
                owe(connection, leaves, now)

    # -- plans ------------------------------------------------------------------------------------------------------

    def record(self, plan: ReplayPlan, now: datetime) -> None:
        """Keep a plan."""
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.replay_plan).values(
                    digest=plan.digest,
                    restore=plan.restore,
                    system=plan.system,
                    made_at=plan.made_at,
                    body=plan.as_dict(),
                )
            )

    def check(self, body: Any, at: str) -> ReplayPlan:
        """The plan of a file, if it is to the byte what this store recorded.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
        """
        return recorded(self._database, tables.replay_plan, ReplayPlan, body, at)

    def begin(self, digest: str, now: datetime) -> None:
        """Note, before anything is done, that a plan is carried out."""
        table = tables.replay_plan
        with self._database.writing() as connection:
            clock.observe(connection, now)
            first = update(table).where(table.c.digest == digest, table.c.started_at.is_(None))
            connection.execute(first.values(started_at=now))

    def started_at(self, digest: str) -> datetime | None:
        """When a plan was begun first."""
        table = tables.replay_plan
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(
                select(table.c.started_at).where(table.c.digest == digest)
            ).scalar_one()
        return found

    def begun(self, identity: str) -> tuple[ReplayPlan, ...]:
        """The plans for a restore that were begun, the oldest first."""
        table = tables.replay_plan
        which = (table.c.restore == identity, table.c.started_at.is_not(None))
        with self._database.reading() as connection:
            bodies = connection.execute(select(table.c.body).where(*which).order_by(table.c.started_at)).scalars().all()
        return tuple(ReplayPlan.from_dict(body) for body in bodies)


def _restore(row: Row[Any]) -> Restore:
    return Restore(row.id, row.system, row.begun_at, row.begun_by, row.made_at, tuple(row.settled), row.opened_at)
