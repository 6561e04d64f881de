"""Measurements of risk: what was measured, by whom, the class that followed, and every figure that led to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from carrel.deidentification.risk.record import Recorded
from carrel.inventory.risk import RiskClass
from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe


class RiskMeasurements:
    """The measurements of a store; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, one: Recorded, figures: Mapping[str, Any], leaves: Iterable[OpenLeaf]) -> None:
        """Keep a measurement, and owe its leaf to the ledger with it; nothing happens where it is known."""
        table = tables.risk_measurement
        with self._database.writing() as connection:
            known = connection.execute(select(table.c.digest).where(table.c.digest == one.digest)).scalar()
            if known is not None:
                return
            connection.execute(
                insert(table).values(
                    digest=one.digest,
                    name=one.name,
                    at=one.at,
                    by=one.by,
                    risk=one.risk.value,
                    columns=list(one.columns),
                    joined=list(one.joined),
                    figures=json.loads(json.dumps(figures)),
                )
            )
            owe(connection, leaves, one.at)

    def all(self) -> tuple[Recorded, ...]:
        """Every measurement, oldest first."""
        table = tables.risk_measurement
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.at, table.c.digest)).all()
        return tuple(
            Recorded(row.name, row.at, row.by, RiskClass(row.risk), tuple(row.columns), tuple(row.joined), row.digest)
            for row in rows
        )

    def figures(self, digest: str) -> dict[str, Any] | None:
        """The figures of one; None where there is none of this digest."""
        table = tables.risk_measurement
        with self._database.reading() as connection:
            return connection.execute(select(table.c.figures).where(table.c.digest == digest)).scalar()
