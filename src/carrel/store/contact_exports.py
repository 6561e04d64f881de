"""Exports of addresses that were let through: to whom, for what, how many went, and how many were left out and why."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from carrel.consent.gate import Gate
from carrel.consent.on_record import ExportOnRecord
from carrel.ledger.leaf import OpenLeaf
from carrel.store import clock, tables
from carrel.store.consents import Consents
from carrel.store.database import Database
from carrel.store.owed_leaves import owe


@dataclass(frozen=True, slots=True)
class Export:
    """One export.

    Attributes:
        system, by, policy_digest: as recorded.
        at: aware time at which the first address was read.
        gate: what was let through.
        written: how many addresses went.
        left_out: how many did not, by reason.
    """

    system: str
    by: str
    policy_digest: str
    at: datetime
    gate: Gate
    written: int
    left_out: Mapping[str, int]


class ContactExports:
    """The exports of a store; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, one: Export, seen: tuple[int, ...], leaves: Iterable[OpenLeaf]) -> bool:
        """Keep an export before its file gets its name, and owe the leaf with it.

        Args:
            one: of which the file is written and durable.
            seen: `Consents.state` from before the first address was read.
            leaves: what the ledger is told.

        Returns:
            Whether it may go. It may not where somebody agreed, withdrew or asked for silence meanwhile.
        """
        with self._database.writing() as connection:
            if Consents.state_in(connection) != seen:
                return False
            clock.observe(connection, one.at)
            connection.execute(
                insert(tables.contact_export).values(
                    id=secrets.token_hex(8),
                    system=one.system,
                    at=one.at,
                    by=one.by,
                    purpose=one.gate.purpose,
                    recipient=one.gate.recipient,
                    fields=[str(field) for field in one.gate.fields],
                    policy_digest=one.policy_digest,
                    written=one.written,
                    left_out=dict(one.left_out),
                )
            )
            owe(connection, leaves, one.at)
        return True

    def of(self, system: str) -> tuple[ExportOnRecord, ...]:
        """The exports of a system, the oldest first."""
        table = tables.contact_export
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.system == system).order_by(table.c.at)).all()
        return tuple(
            ExportOnRecord(one.purpose, one.recipient, tuple(one.fields), one.at, one.policy_digest, one.written)
            for one in rows
        )

    def count(self) -> int:
        """How many there were."""
        with self._database.reading() as connection:
            return len(connection.execute(select(tables.contact_export.c.id)).all())

    def recipients(self, system: str) -> tuple[str, ...]:
        """Who was given addresses of a system, by the names in force then."""
        table = tables.contact_export
        query = select(table.c.recipient).where(table.c.system == system, table.c.written > 0).distinct()
        with self._database.reading() as connection:
            return tuple(sorted(connection.execute(query).scalars()))
