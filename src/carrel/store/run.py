"""One run, as its journal tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from carrel.retention.outcome import Outcome
from carrel.retention.stage import Stage
from carrel.store import tables

OPEN = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Run:
    """One run and what its journal says.

    Attributes:
        id, system, plan_digest, stage, ordinary, owner: as started.
        copy_of: the system that was rehearsed; None of a run on the system itself.
        state: ``running``, ``paused``, ``finished`` or ``abandoned``.
        outcome: of a finished run.
        started_at, finished_at: aware times.
        loans: cut in finished chunks.
        rows: per path, in finished chunks.
        left: rows per path that still led to a reader when a chunk was read back.
        skipped: loans that the desk had locked.
        chunks: finished, and committed.
        undone: chunks that gave way to other work, and were tried again.
        unknown: chunks that were intended and of which nobody knows whether they were committed.
        seconds: inside the transactions of finished chunks.
        longest: of these transactions, in seconds.
    """

    id: str
    system: str
    plan_digest: str
    stage: Stage
    ordinary: bool
    owner: str
    state: str
    outcome: Outcome | None
    started_at: datetime
    finished_at: datetime | None
    loans: int
    rows: dict[str, int]
    left: dict[str, int]
    skipped: int
    chunks: int
    unknown: int
    seconds: float
    copy_of: str | None = None
    longest: float = 0.0
    undone: int = 0


def read(connection: Connection, row: Row[Any]) -> Run:
    """The run of one row of its table."""
    chunks = connection.execute(select(tables.chunk).where(tables.chunk.c.run == row.id)).all()
    ended = [chunk for chunk in chunks if chunk.finished_at is not None]
    undone = sum(not (chunk.loans or chunk.rows) for chunk in ended)
    return Run(
        id=row.id,
        system=row.system,
        plan_digest=row.plan_digest,
        stage=Stage(row.stage),
        ordinary=row.ordinary,
        owner=row.owner,
        state=row.state,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        started_at=row.started_at,
        finished_at=row.finished_at,
        loans=sum(chunk.loans for chunk in ended),
        rows=_summed(chunk.rows for chunk in ended),
        left=_summed(chunk.left for chunk in ended),
        skipped=sum(chunk.skipped for chunk in ended),
        chunks=len(ended) - undone,
        unknown=len(chunks) - len(ended),
        seconds=sum(chunk.seconds for chunk in ended),
        copy_of=row.copy_of,
        longest=max((chunk.seconds for chunk in ended), default=0.0),
        undone=undone,
    )


def _summed(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for path, number in part.items():
            total[path] = total.get(path, 0) + number
    return total
