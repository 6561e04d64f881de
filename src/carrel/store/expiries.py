"""Plans that delete what lies outside the databases, and how far each has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import insert, select, update

from carrel.ledger.leaf import OpenLeaf
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe
from carrel.store.recorded_plan import RecordedPlan, recorded
from carrel.store.sealed_cases import DONE, PLANNED, RUNNING


class _Expiry(RecordedPlan, Protocol):
    @property
    def system(self) -> str: ...

    @property
    def made_at(self) -> datetime: ...

    def as_dict(self) -> dict[str, Any]: ...


ExpiryT = TypeVar("ExpiryT", bound=_Expiry)


class Expiries(Generic[ExpiryT]):
    """The plans of one kind in a store. Nothing in them names a person.

    Args:
        database: of the store.
        kind: of plan.
    """

    def __init__(self, database: Database, kind: type[ExpiryT]) -> None:
        self._database, self._kind = database, kind

    def record(self, plan: ExpiryT, now: datetime) -> None:
        """Keep a plan."""
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.backup_expiry).values(
                    digest=plan.digest,
                    backup=plan.system,
                    made_at=plan.made_at,
                    body=plan.as_dict(),
                    state=PLANNED,
                    gone=0,
                )
            )

    def check(self, body: Any, at: str) -> ExpiryT:
        """The plan of a file, if it is to the byte what this store recorded.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.
        """
        return recorded(self._database, tables.backup_expiry, self._kind, body, at)

    def state(self, digest: str) -> str:
        """Planned, running or done."""
        table = tables.backup_expiry
        with self._database.reading() as connection:
            return str(connection.execute(select(table.c.state).where(table.c.digest == digest)).scalar_one())

    def gone(self, digest: str) -> int:
        """How many are there no more, of a plan that was carried out."""
        table = tables.backup_expiry
        with self._database.reading() as connection:
            return int(connection.execute(select(table.c.gone).where(table.c.digest == digest)).scalar_one())

    def started_at(self, digest: str) -> datetime | None:
        """When it was begun first; None of one that was not."""
        table = tables.backup_expiry
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(
                select(table.c.started_at).where(table.c.digest == digest)
            ).scalar_one()
        return found

    def broken_off(self, system: str) -> list[ExpiryT]:
        """Those over one thing that were begun, and are not at their end."""
        table = tables.backup_expiry
        found = select(table.c.body).where(table.c.backup == system, table.c.state == RUNNING)
        with self._database.reading() as connection:
            return [self._kind.from_dict(body) for body in connection.execute(found).scalars()]

    def begin(self, digest: str, now: datetime) -> None:
        """Note, before anything is deleted, that a plan is carried out."""
        table = tables.backup_expiry
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(update(table).where(table.c.digest == digest).values(state=RUNNING))
            first = update(table).where(table.c.digest == digest, table.c.started_at.is_(None))
            connection.execute(first.values(started_at=now))

    def finish(self, digest: str, gone: int, now: datetime, leaves: Callable[[datetime], Iterable[OpenLeaf]]) -> None:
        """Note that it read back, and owe its leaves to the ledger with that.

        Args:
            digest: of the plan.
            gone: how many are there no more.
            now: aware time.
            leaves: what the ledger is told of something that was begun at a time.
        """
        table = tables.backup_expiry
        with self._database.writing() as connection:
            clock.observe(connection, now)
            done = update(table).where(table.c.digest == digest, table.c.state == RUNNING)
            if connection.execute(done.values(state=DONE, gone=gone, finished_at=now)).rowcount:
                began = connection.execute(select(table.c.started_at).where(table.c.digest == digest)).scalar_one()
                owe(connection, leaves(began), now)
