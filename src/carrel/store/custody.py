"""Packages that were handed over: what, from which system, to whom, under which plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One package as it was closed.

    Attributes:
        package: name of its folder.
        system: its records come from.
        records, files: how many.
        digest: SHA-256 of its tag manifest, hex.
        given_to: the custodian from then on.
        plan_digest: of the plan that was carried out.
        at: aware time.
    """

    package: str
    system: str
    records: int
    files: int
    digest: str
    given_to: str
    plan_digest: str
    at: datetime


class CustodyChanges:
    """The packages of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, one: HandedOver, leaves: Iterable[OpenLeaf]) -> None:
        """Note a package, and owe its leaf to the ledger with it; nothing happens where it is known."""
        table = tables.custody
        with self._database.writing() as connection:
            known = connection.execute(select(table.c.package).where(table.c.package == one.package)).scalar()
            if known is None:
                values = {name: getattr(one, name) for name in HandedOver.__dataclass_fields__}
                connection.execute(insert(table).values(**values))
                owe(connection, leaves, one.at)

    def all(self) -> tuple[HandedOver, ...]:
        """Every package, oldest first."""
        table = tables.custody
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.at, table.c.package)).mappings().all()
        return tuple(HandedOver(**row) for row in rows)
