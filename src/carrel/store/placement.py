"""Placing a legal hold or an exception: written first, then in force when the chunks in flight are out of the gate."""

from __future__ import annotations

import enum
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.retention.legal_hold import Scope
from carrel.store import clock, gate, tables
from carrel.store.database import Database
from carrel.store.erasures import LOT, PERSON
from carrel.store.run import OPEN
from carrel.store.sealed_cases import RUNNING

POLL = timedelta(milliseconds=50)
PATIENCE = timedelta(minutes=6)


class Kind(enum.StrEnum):
    """Which of the two it is."""

    LEGAL_HOLD = "legal hold"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be kept, why, and who says so.

    Attributes:
        kind: legal hold or exception.
        system: whose numbers the scope names.
        scope: the loans; its times are local to the system.
        reason: in words; never a patron's name.
        authority: the court, the law, or the approver.
        by: the person who places it.
        until: aware time of its end; required of an exception (MITL-6.7).
        sealed: whether its reason is kept out of every list.
    """

    kind: Kind
    system: str
    scope: Scope
    reason: str
    authority: str
    by: str
    until: datetime | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The answer to whoever placed one.

    Attributes:
        id: in the store.
        in_force_from: aware time; no chunk that began earlier was still cutting then.
        rows_before: rows that the run, or the erasure, in progress had disposed of until then; how many of them were in
            the scope, nobody can tell any more.
        loans_before: loans, likewise.
        waited: whether a chunk was in flight.
    """

    id: str
    in_force_from: datetime
    rows_before: int
    loans_before: int
    waited: bool


def place(
    database: Database,
    order: Order,
    now: Callable[[], datetime],
    patience: timedelta = PATIENCE,
) -> Placed:
    """Record a legal hold or an exception, and wait for every chunk in flight.

    Args:
        database: of the store.
        order: what to keep.
        now: the clock.
        patience: how long to wait for a chunk in flight.

    Raises:
        CarrelError: HLD-001 and HLD-002 when end, reason or authority is missing; HLD-005 when a chunk in flight
            outlasts the patience (it is recorded nevertheless).

    Guarantees:
        Every chunk that begins after it was recorded honours it, whatever dies in between.
    """
    start = now()
    with database.writing() as connection:
        clock.observe(connection, start)
        identity = record(connection, order, start)
        first = _inside(connection, order.system, start)
    return _waited(database, identity, order.system, first, now, patience)


def record(connection: Connection, order: Order, at: datetime) -> str:
    """Write one down in a transaction of whoever asks; every chunk that begins after its commit honours it.

    Args:
        connection: in a transaction that writes.
        order: what to keep.
        at: aware time, observed by whoever asks.

    Returns:
        Its id.

    Raises:
        CarrelError: HLD-001, HLD-002.
    """
    _check(order, at)
    identity = secrets.token_hex(8)
    _insert(connection, identity, order, at)
    return identity


def settle(
    database: Database, identity: str, now: Callable[[], datetime], patience: timedelta = PATIENCE
) -> Placed | None:
    """Wait for the chunks that are in flight, of one that was written down and for which nobody waited to the end.

    Returns:
        None where somebody did, or it is over.

    Raises:
        CarrelError: HLD-005.
    """
    table = tables.keeping
    with database.reading() as connection:
        query = select(table.c.system).where(
            table.c.id == identity, table.c.ended_at.is_(None), table.c.in_force_from.is_(None)
        )
        system = connection.execute(query).scalar()
        first = frozenset() if system is None else _inside(connection, system, now())
    return None if system is None else _waited(database, identity, system, first, now, patience)


def _inside(connection: Connection, system: str, now: datetime) -> frozenset[str]:
    return frozenset(one.token for one in gate.inside(connection, system, now))


def _waited(
    database: Database,
    identity: str,
    system: str,
    first: frozenset[str],
    now: Callable[[], datetime],
    patience: timedelta,
) -> Placed:
    start, waits = now(), first
    while waits:
        if now() - start >= patience:
            raise _still_runs(system)
        time.sleep(POLL.total_seconds())
        with database.reading() as connection:  # chunks that came in later have read this one
            waits = waits & _inside(connection, system, now())
    return _in_force(database, identity, system, now(), waited=bool(first))


def _in_force(database: Database, identity: str, system: str, now: datetime, *, waited: bool) -> Placed:
    run, chunk = tables.run, tables.chunk
    with database.writing() as connection:
        done = connection.execute(
            select(chunk.c.loans, chunk.c.rows)
            .join(run, run.c.id == chunk.c.run)
            .where(run.c.system == system, run.c.state.in_(OPEN), chunk.c.finished_at.is_not(None)),
        ).all()
        rows = sum(sum(one.rows.values()) for one in done) + _of_cases(connection, system)
        connection.execute(
            update(tables.keeping).where(tables.keeping.c.id == identity).values(in_force_from=now, rows_before=rows),
        )
    return Placed(identity, now, rows, sum(one.loans for one in done), waited)


def _of_cases(connection: Connection, system: str) -> int:
    """Rows that erasures in flight have dealt with; the records of a lot stand in the run's own chunks already."""
    case = tables.erasure
    flying = select(case.c.rows, case.c.body).where(
        case.c.system == system, case.c.state == RUNNING, case.c.finished_at.is_(None)
    )
    return sum(
        number
        for one in connection.execute(flying)
        for step, number in one.rows.items()
        if not (one.body.get("kind") == LOT and step == PERSON)
    )


def _insert(connection: Connection, identity: str, order: Order, now: datetime) -> None:
    scope = order.scope
    connection.execute(
        insert(tables.keeping).values(
            id=identity,
            kind=order.kind,
            system=order.system,
            branches=list(scope.branches),
            opened_from=scope.opened_from.isoformat() if scope.opened_from else None,
            opened_until=scope.opened_until.isoformat() if scope.opened_until else None,
            reason=order.reason,
            authority=order.authority,
            placed_by=order.by,
            placed_at=now,
            since=now,
            until=order.until,
            sealed=order.sealed,
        ),
    )
    named = [("person", scope.persons), ("item", scope.items), ("loan", scope.loans)]
    subjects = [
        {"keeping": identity, "kind": what, "number": number} for what, numbers in named for number in set(numbers)
    ]
    if subjects:
        connection.execute(insert(tables.keeping_subject), subjects)


def _check(order: Order, now: datetime) -> None:
    if not order.reason.strip() or not order.authority.strip():
        raise fault(
            retention_faults.NO_REASON,
            wanted="a reason in words and the court, law or person it rests on",
            found="an empty one",
            because="plan, audit and notice show them (MITL-6.7, MITL-9.10)",
            fix="give --reason and --authority",
        )
    if (order.kind is Kind.EXCEPTION and order.until is None) or (order.until is not None and order.until <= now):
        raise fault(
            retention_faults.NO_EXPIRY,
            wanted="an end in the future",
            found="no end" if order.until is None else "an end that is past",
            because="an exception without an end is a new rule (MITL-6.7)",
            fix="give --expires",
        )


def _still_runs(system: str) -> CarrelError:
    return fault(
        retention_faults.CHUNK_STILL_RUNS,
        at=f"system {system}",
        because="a chunk that began before it has not ended",
        changed="it is recorded; every chunk that begins from now on honours it",
        fix="`carrel stop`, and look at the run",
    )
