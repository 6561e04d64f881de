"""Releases on record: each with its files' digests, its figures, and for whom it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from carrel.deidentification.releases.measured import Kind, Measured
from carrel.deidentification.releases.release import Occasion, Release, ReleasedFile
from carrel.inventory.risk import RiskClass
from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe


class Releases:
    """The releases of a store; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, one: Release, leaves: Iterable[OpenLeaf]) -> Release:
        """Keep a release, and owe its leaf to the ledger with it.

        Returns:
            The record: the earlier one, and nothing is kept anew, where the same was recorded with the same figures.
        """
        table = tables.release
        with self._database.writing() as connection:
            known = connection.execute(select(table).where(table.c.identity == one.identity)).one_or_none()
            if known is not None:
                return _release(known.body, known.at)
            body = json.loads(json.dumps(one.as_dict()))
            connection.execute(
                insert(table).values(
                    identity=one.identity, name=one.name, at=one.at, by=one.by, digest=one.digest, body=body
                )
            )
            owe(connection, leaves, one.at)
        return one

    def all(self) -> tuple[Release, ...]:
        """Every record, oldest first."""
        table = tables.release
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.at, table.c.identity)).all()
        return tuple(_release(row.body, row.at) for row in rows)


def _release(body: Mapping[str, Any], at: datetime) -> Release:
    risk = None if body["class"] is None else RiskClass(body["class"])
    measured = Measured(
        Kind(body["kind"]), risk, tuple(body["reasons"]), body["threshold"], body["figures"], tuple(body["columns"])
    )
    return Release(
        body["name"],
        tuple(ReleasedFile(one["file"], one["sha256"]) for one in body["files"]),
        Occasion(body["purpose"], body["recipient"], body["record_type"], body["silo"]),
        measured,
        at,
        body["by"],
        body["salt"],
    )
