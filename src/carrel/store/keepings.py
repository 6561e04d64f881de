"""Open legal holds and recorded exceptions. The numbers they name are deleted when they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from carrel.errors import fault
from carrel.retention import faults as retention_faults
from carrel.retention.legal_hold import Keeping, Scope
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.placement import PATIENCE, Kind, Order, Placed, place


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept at one moment, as `carrel.retention.lifecycle.lifecycle` takes it.

    Attributes:
        legal_holds: in force.
        exceptions: in force, restrictions that keep a person's records among them.
    """

    legal_holds: tuple[Keeping, ...]
    exceptions: tuple[Keeping, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them as a list shows it: never with the numbers it names, only with how many.

    Attributes:
        id, system, reason, authority, placed_by: as recorded; reason and authority of a sealed one are not told.
        kind: legal hold or exception.
        persons, items, loans: how many numbers it names.
        branches: branch codes.
        opened: whether a range of opening times narrows it.
        since, until, in_force_from: aware times.
        sealed: under a gag order; its reason is not shown.
    """

    id: str
    kind: Kind
    system: str
    reason: str
    authority: str
    placed_by: str
    persons: int
    items: int
    loans: int
    branches: tuple[str, ...]
    opened: bool
    since: datetime
    until: datetime | None
    in_force_from: datetime | None
    sealed: bool


class Keepings:
    """The legal holds and exceptions of a store."""

    def __init__(self, database: Database, restrictions: Callable[[str], tuple[Keeping, ...]] = lambda _: ()) -> None:
        self._database, self._restrictions = database, restrictions

    def current(self, system: str, now: datetime, *, to_dispose: bool = True) -> Kept:
        """What is kept on a system now; to be read anew before every chunk, inside the gate.

        Args:
            system: of the site.
            now: aware.
            to_dispose: with the restrictions. They keep a record from being disposed of, and in no other way as it is.

        Raises:
            CarrelError: ERA-004, the key of a restriction is lost, with ``to_dispose`` only.
        """
        table, subject = tables.keeping, tables.keeping_subject
        with self._database.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.system == system, table.c.ended_at.is_(None))
                .where(or_(table.c.until.is_(None), table.c.until > now))
                .order_by(table.c.placed_at, table.c.id),
            ).all()
            named = connection.execute(
                select(subject).where(subject.c.keeping.in_([row.id for row in rows])).order_by(subject.c.number),
            ).all()
        numbers: dict[tuple[str, str], list[int]] = {}
        for one in named:
            numbers.setdefault((one.keeping, one.kind), []).append(one.number)
        kept = [(row.kind, _keeping(row, numbers, now)) for row in rows]
        restrictions = self._restrictions(system) if to_dispose else ()
        restricted = tuple(replace(one, since=min(one.since, now)) for one in restrictions)
        return Kept(
            tuple(one for kind, one in kept if kind == Kind.LEGAL_HOLD),
            (*(one for kind, one in kept if kind == Kind.EXCEPTION), *restricted),
        )

    def place(self, order: Order, now: Callable[[], datetime], patience: timedelta = PATIENCE) -> Placed:
        """As `carrel.store.placement.place`."""
        return place(self._database, order, now, patience)

    def release(self, identity: str, by: str, now: datetime, kind: Kind) -> None:
        """End one; the numbers it names are deleted with it.

        Raises:
            CarrelError: HLD-004 when there is no such open one.
        """
        with self._database.writing() as connection:
            done = connection.execute(
                update(tables.keeping)
                .where(tables.keeping.c.id == identity, tables.keeping.c.kind == kind)
                .where(tables.keeping.c.ended_at.is_(None))
                .values(ended_at=now, ended_by=by),
            )
            if done.rowcount != 1:
                raise fault(
                    retention_faults.NO_SUCH_HOLD,
                    at=f"{kind} {identity}",
                    wanted="one that is open",
                    fix=f"look at `carrel {'hold' if kind is Kind.LEGAL_HOLD else 'exception'} list`",
                )
            _forget(connection, [identity])
        self._database.tidy()

    def purge(self, now: datetime) -> int:
        """End what has expired and delete the numbers it names.

        Returns:
            How many had expired.
        """
        table = tables.keeping
        with self._database.writing() as connection:
            expired = connection.execute(
                select(table.c.id).where(table.c.ended_at.is_(None), table.c.until.is_not(None), table.c.until <= now),
            ).scalars()
            identities = list(expired)
            connection.execute(
                update(table).where(table.c.id.in_(identities)).values(ended_at=table.c.until, ended_by="expired"),
            )
            _forget(connection, identities)
        if identities:
            self._database.tidy()
        return len(identities)

    def entries(self, kind: Kind, now: datetime, system: str | None = None) -> tuple[Entry, ...]:
        """The open ones, oldest first, without the numbers that they name."""
        table, subject = tables.keeping, tables.keeping_subject
        with self._database.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.kind == kind, table.c.ended_at.is_(None))
                .where(or_(table.c.until.is_(None), table.c.until > now))
                .where(and_(True, *([table.c.system == system] if system else [])))
                .order_by(table.c.placed_at, table.c.id),
            ).all()
            counted = connection.execute(
                select(subject.c.keeping, subject.c.kind, func.count()).group_by(subject.c.keeping, subject.c.kind),
            ).all()
        counts = {(identity, what): number for identity, what, number in counted}
        return tuple(_entry(row, counts) for row in rows)


def _keeping(row: Row[Any], numbers: dict[tuple[str, str], list[int]], now: datetime) -> Keeping:
    scope = Scope(
        persons=tuple(numbers.get((row.id, "person"), ())),
        items=tuple(numbers.get((row.id, "item"), ())),
        loans=tuple(numbers.get((row.id, "loan"), ())),
        branches=tuple(row.branches),
        opened_from=_wall(row.opened_from),
        opened_until=_wall(row.opened_until),
    )
    kept = Keeping(row.id, scope, row.reason, row.authority, row.since, row.until, row.sealed)
    # Hosts' clocks differ by moments: what the store holds is in force, also for a chunk whose clock is behind.
    return kept if kept.since <= now else replace(kept, since=now)


def _entry(row: Row[Any], counts: dict[tuple[str, str], int]) -> Entry:
    return Entry(
        id=row.id,
        kind=Kind(row.kind),
        system=row.system,
        reason="" if row.sealed else row.reason,
        authority="" if row.sealed else row.authority,
        placed_by=row.placed_by,
        persons=counts.get((row.id, "person"), 0),
        items=counts.get((row.id, "item"), 0),
        loans=counts.get((row.id, "loan"), 0),
        branches=tuple(row.branches),
        opened=bool(row.opened_from or row.opened_until),
        since=row.since,
        until=row.until,
        in_force_from=row.in_force_from,
        sealed=row.sealed,
    )


def _forget(connection: Connection, identities: list[str]) -> None:
    connection.execute(delete(tables.keeping_subject).where(tables.keeping_subject.c.keeping.in_(identities)))


def _wall(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
