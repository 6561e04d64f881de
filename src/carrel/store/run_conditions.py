"""What must hold before a run begins or goes on: the lease, no stop, no other run, a recorded plan."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from carrel.errors import fault
from carrel.retention import faults as retention_faults
from carrel.store import faults, tables
from carrel.store.leases import lost
from carrel.store.run import OPEN


def is_plan(digest: str) -> Any:
    """The condition that picks one plan."""
    return tables.plan.c.digest == digest


def recorded(connection: Connection, digest: str) -> None:
    """Refuse a plan that this store never recorded.

    Raises:
        CarrelError: STO-005.
    """
    if connection.execute(select(tables.plan.c.digest).where(is_plan(digest))).scalar() is None:
        raise fault(
            faults.UNKNOWN_PLAN,
            wanted="a plan that this store recorded",
            found=f"digest {digest[:16]}",
            fix="plan again",
        )


def may_run(connection: Connection, system: str, owner: str) -> None:
    """Refuse whoever has not the lease, and everybody while a stop stands.

    Raises:
        CarrelError: RUN-002, RUN-003.
    """
    holder = connection.execute(select(tables.lease.c.owner).where(tables.lease.c.name == system)).scalar()
    if holder != owner:
        raise lost(system)
    stop = connection.execute(select(tables.signal)).first()
    if stop is not None:
        raise fault(
            retention_faults.STOPPED,
            at=f"system {system}",
            found=f"a stop since {stop.since.isoformat(timespec='seconds')} by {stop.by_whom}",
            fix="`carrel stop --clear --as NAME` when the reason is gone",
        )


def none_open(connection: Connection, system: str) -> None:
    """Refuse a second run beside one that has not ended.

    Raises:
        CarrelError: RUN-004.
    """
    open_run = connection.execute(
        select(tables.run.c.id).where(tables.run.c.system == system, tables.run.c.state.in_(OPEN)),
    ).scalar()
    if open_run is not None:
        raise fault(
            retention_faults.UNFINISHED,
            at=f"system {system}",
            found=f"run {open_run}",
            because="its last chunk may or may not have been committed",
            fix="resume it with its plan, or abandon it if that plan is stale",
        )


def on_server(connection: Connection, identity: str, server: str) -> bool:
    """As `carrel.store.runs.Runs.on_server`, inside the caller's transaction."""
    table = tables.run
    row = connection.execute(select(table.c.server, table.c.moved).where(table.c.id == identity)).one()
    if row.server == server:
        return bool(row.moved)
    replaced = row.server is not None
    changes = {"server": server, **({"moved": True, "position": None} if replaced else {})}
    connection.execute(update(table).where(table.c.id == identity).values(**changes))
    if replaced:  # what a job's workers did on the old server may be missing on this one
        job = tables.job
        connection.execute(update(job).where(job.c.run == identity).values(position=None, done_at=None))
    return replaced


def beside_changes(connection: Connection, identity: str, found: str) -> str:
    """As `carrel.store.runs.Runs.beside_changes`, inside the caller's transaction."""
    table = tables.run
    noted = str(connection.execute(select(table.c.schema_changes).where(table.c.id == identity)).scalar_one())
    if noted or not found:
        return noted
    connection.execute(update(table).where(table.c.id == identity).values(schema_changes=found))
    return found
