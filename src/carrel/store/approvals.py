"""Signed approvals as they were given. Every use of one verifies its signature again; this record only finds them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from carrel.errors import fault
from carrel.store import clock, faults, tables
from carrel.store.database import Database


@dataclass(frozen=True, slots=True)
class Given:
    """One approval as it was signed.

    Attributes:
        id: in the store.
        kind: ``plan``, ``standing`` or ``rehearsal waiver``.
        system, person: as its text says.
        plan_digest: of the plan, or None for a standing one.
        note: the signed note, whole.
        signed_at, expires_at: aware times.
        revoked_at: aware time, or None.
    """

    id: str
    kind: str
    system: str
    person: str
    plan_digest: str | None
    note: str
    signed_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Approvals:
    """The approvals of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        *,
        kind: str,
        system: str,
        person: str,
        plan_digest: str | None,
        policy_digest: str,
        map_digest: str,
        note: str,
        signed_at: datetime,
        expires_at: datetime,
        now: datetime,
    ) -> str:
        """Keep an approval that the caller has verified.

        Returns:
            Its id.

        Raises:
            CarrelError: STO-004 when the clock went backwards.
        """
        identity = secrets.token_hex(8)
        with self._database.writing() as connection:
            clock.observe(connection, now)
            connection.execute(
                insert(tables.approval).values(
                    id=identity,
                    kind=kind,
                    system=system,
                    person=person,
                    plan_digest=plan_digest,
                    policy_digest=policy_digest,
                    map_digest=map_digest,
                    note=note,
                    signed_at=signed_at,
                    expires_at=expires_at,
                ),
            )
        return identity

    def of_system(self, system: str) -> tuple[Given, ...]:
        """Every approval of a system that is not revoked, oldest first; also those that have expired."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(tables.approval)
                .where(tables.approval.c.system == system, tables.approval.c.revoked_at.is_(None))
                .order_by(tables.approval.c.signed_at, tables.approval.c.id),
            ).all()
        return tuple(
            Given(
                row.id,
                row.kind,
                row.system,
                row.person,
                row.plan_digest,
                row.note,
                row.signed_at,
                row.expires_at,
                row.revoked_at,
            )
            for row in rows
        )

    def revoke(self, identity: str, by: str, now: datetime) -> None:
        """Take an approval back; the record of it stays.

        Raises:
            CarrelError: STO-006 when there is no such approval in force.
        """
        with self._database.writing() as connection:
            done = connection.execute(
                update(tables.approval)
                .where(tables.approval.c.id == identity, tables.approval.c.revoked_at.is_(None))
                .values(revoked_at=now, revoked_by=by),
            )
            if done.rowcount != 1:
                raise fault(
                    faults.UNKNOWN_ENTRY,
                    at=f"approval {identity}",
                    wanted="an approval that is not revoked",
                    fix="name another",
                )
