"""What each night did, for the health page and the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from carrel.retention.outcome import Outcome, worst
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.run import Run


@dataclass(frozen=True, slots=True)
class Night:
    """One night of one system; of several runs, the sums and the worst outcome.

    Attributes:
        system: that was cut.
        night: the local date on which it began.
        finished_at: aware time of the last run.
        outcome: the worst.
        loans, rows: disposed.
        seconds: inside transactions.
        codes: of errors met.
    """

    system: str
    night: date
    finished_at: datetime
    outcome: Outcome
    loans: int
    rows: int
    seconds: float
    codes: tuple[str, ...]


class Nights:
    """The nights of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, system: str, limit: int = 30) -> tuple[Night, ...]:
        """The latest nights of a system, newest first."""
        table = tables.night
        with self._database.reading() as connection:
            rows = connection.execute(
                select(table).where(table.c.system == system).order_by(table.c.night.desc()).limit(limit),
            ).all()
        return tuple(
            Night(
                row.system,
                row.night,
                row.finished_at,
                Outcome(row.outcome),
                row.loans,
                row.rows,
                row.seconds,
                tuple(row.codes),
            )
            for row in rows
        )


def add(connection: Connection, run: Run, night: date, codes: tuple[str, ...]) -> None:
    """Add a run that has ended to its night, inside the caller's transaction."""
    table = tables.night
    outcome = run.outcome or Outcome.NOT_REACHED
    here = (table.c.system == run.system, table.c.night == night)
    known = connection.execute(select(table).where(*here).with_for_update()).one_or_none()
    values = {
        "finished_at": run.finished_at,
        "outcome": outcome,
        "loans": run.loans,
        "rows": sum(run.rows.values()),
        "seconds": run.seconds,
        "codes": sorted(set(codes)),
    }
    if known is None:
        connection.execute(insert(table).values(system=run.system, night=night, **values))
        return
    values["outcome"] = worst((Outcome(known.outcome), outcome))
    values["codes"] = sorted({*known.codes, *codes})
    values |= {name: getattr(known, name) + values[name] for name in ("loans", "rows", "seconds")}
    connection.execute(update(table).where(*here).values(**values))
