"""Sweeps as counts: how many pairs were drawn, how many were looked for afterwards, how many led back to a reader."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from carrel.store import tables
from carrel.store.database import Database


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep of a run; the pairs themselves never left the process that drew them.

    Attributes:
        kind: ``loan`` or ``person``.
        at: aware time.
        drawn: pairs.
        swept: pairs that were looked for; the rest died with their process.
        hits: pairs that a join still singled out.
    """

    kind: str
    at: datetime
    drawn: int
    swept: int
    hits: int

    @property
    def not_swept(self) -> int:
        """Pairs that were drawn and never looked for."""
        return self.drawn - self.swept


class Sweeps:
    """The sweeps of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, run: str, sweep: Sweep) -> None:
        """Keep the counts of one sweep."""
        with self._database.writing() as connection:
            connection.execute(
                insert(tables.sweep).values(
                    id=secrets.token_hex(8),
                    run=run,
                    kind=sweep.kind,
                    at=sweep.at,
                    drawn=sweep.drawn,
                    swept=sweep.swept,
                    hits=sweep.hits,
                ),
            )

    def of_run(self, run: str) -> tuple[Sweep, ...]:
        """The sweeps of one run, in order of time."""
        table = tables.sweep
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.run == run).order_by(table.c.at, table.c.id)).all()
        return tuple(Sweep(row.kind, row.at, row.drawn, row.swept, row.hits) for row in rows)
