"""Plans as they were made: apply and approve compare every file with this record and never trust the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from carrel.errors import CarrelError, fault
from carrel.retention import faults as retention_faults
from carrel.retention.plan import Plan
from carrel.store import faults, tables
from carrel.store.database import Database


@dataclass(frozen=True, slots=True)
class Recorded:
    """A plan and when the store took it in."""

    plan: Plan
    recorded_at: datetime


class Plans:
    """The plans of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, plan: Plan, now: datetime) -> str:
        """Keep a plan; recording the same plan twice keeps one.

        Returns:
            Its digest.
        """
        digest = plan.digest
        with self._database.writing() as connection:
            known = connection.execute(select(tables.plan.c.digest).where(tables.plan.c.digest == digest)).scalar()
            if known is None:
                connection.execute(
                    insert(tables.plan).values(
                        digest=digest,
                        system=plan.system,
                        made_at=plan.made_at,
                        made_by=plan.made_by,
                        recorded_at=now,
                        body=plan.as_dict(),
                    ),
                )
        return digest

    def get(self, digest: str) -> Plan:
        """The plan of this digest.

        Raises:
            CarrelError: STO-005 when the store has no such plan; APR-001 when its own record does not fit the digest.
        """
        with self._database.reading() as connection:
            body = connection.execute(select(tables.plan.c.body).where(tables.plan.c.digest == digest)).scalar()
        if body is None:
            raise fault(
                faults.UNKNOWN_PLAN,
                wanted="a plan that this store recorded",
                found=f"digest {digest[:16]}",
                fix="plan again with this site's Carrel, and approve that plan",
            )
        return _read(body, digest, "the store's record")

    def knows(self, digest: str) -> bool:
        """Whether it is the digest of a plan for a night; plans for one person stand with their cases."""
        with self._database.reading() as connection:
            query = select(tables.plan.c.digest).where(tables.plan.c.digest == digest)
            return connection.execute(query).first() is not None

    def check(self, body: Any, at: str) -> Plan:
        """The plan of a file, if it is to the byte what this store recorded.

        Args:
            body: the file's JSON, read.
            at: the file's name, for the error.

        Raises:
            CarrelError: APR-001 when its digest does not fit its content; STO-005 when the store never made it.

        Guarantees:
            Any changed byte in the file is refused, unless it is white space between values.
        """
        digest = body.get("digest") if isinstance(body, dict) else None
        plan = _read(body, str(digest), at)
        recorded = self.get(plan.digest)
        if canonical(recorded.as_dict()) != canonical(body):
            raise tampered(at)  # the same plan, but a value written otherwise than Carrel writes it
        return recorded

    def newest(self, system: str, *, not_by: str = "") -> Recorded | None:
        """The plan that was made last for a system; with ``not_by``, the last one that somebody else made."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.plan.c.digest, tables.plan.c.recorded_at)
                .where(tables.plan.c.system == system, tables.plan.c.made_by != not_by)
                .order_by(tables.plan.c.made_at.desc(), tables.plan.c.recorded_at.desc())
                .limit(1),
            ).one_or_none()
        return None if row is None else Recorded(self.get(row.digest), row.recorded_at)


def canonical(body: Any) -> str:
    """One text for every order in which the same content can be written."""
    return json.dumps(body, sort_keys=True)


def _read(body: Any, digest: str, at: str) -> Plan:
    try:
        plan = Plan.from_dict(body)
    except (ValueError, TypeError):
        raise tampered(at) from None
    if plan.digest != digest:
        raise tampered(at)
    return plan


def tampered(at: str) -> CarrelError:
    """APR-001, for a plan of any kind."""
    return fault(
        retention_faults.PLAN_TAMPERED,
        at=at,
        wanted="a plan file as `carrel plan` wrote it",
        found="content that does not fit its digest",
        because="what a person approves must be what is carried out",
        fix="plan again",
    )
