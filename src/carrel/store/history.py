"""What the interlocks need to know of earlier runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Table, cast, func, select

from carrel.retention.interlock import History, disposition
from carrel.retention.outcome import Outcome
from carrel.retention.plan import Basis, Plan
from carrel.retention.rehearsal import Rehearsal
from carrel.retention.stage import Stage
from carrel.store import tables

CLEAN = (Outcome.VERIFIED, Outcome.RESIDUE, Outcome.KEPT)


def history(connection: Connection, system: str, policy_digest: str, map_digest: str) -> History:
    """What finished runs on a system, and on copies of it, have shown.

    Args:
        connection: that reads.
        system: of the plan in hand.
        policy_digest: of the plan in hand; a rehearsal under another policy does not count.
        map_digest: of the plan in hand, likewise.

    Guarantees:
        A stage of the first run counts only when a sweep after it looked for pairs and found nothing; where a kill
        took the pairs with it, the stage is done once more, and counts also when it finds nothing left to cut. A run
        that had nothing to cut from the start, such as under a legal hold on everything, proves nothing. A run on a
        copy is a rehearsal of its original, never a stage of anything.
    """
    run, plan = tables.run, tables.plan
    clean = (run.c.state == "finished", run.c.outcome.in_([str(one) for one in CLEAN]))
    bodies = select(plan.c.body).join(run, plan.c.digest == run.c.plan_digest).where(*clean)
    own = (run.c.system == system, run.c.copy_of.is_(None))  # what a copy of that name showed is a rehearsal's
    newest = connection.execute(
        bodies.where(*own).order_by(run.c.finished_at.desc(), run.c.id.desc()).limit(1),
    ).scalar()
    last = None if newest is None else Plan.from_dict(newest)
    rows = connection.execute(
        select(run.c.stage, *_shown(run)).where(*own, *clean).order_by(run.c.finished_at, run.c.id),
    ).all()
    return History(
        basis=last.basis if last else None,
        dispositions={path.path: disposition(path) for path in last.paths} if last else None,
        stages=frozenset(_stages(rows)),
        rehearsed=_rehearsed(connection, system, (policy_digest, map_digest)),
    )


def _stages(rows: Sequence[Row[Any]]) -> Iterator[Stage]:
    """The stages that runs, oldest first, have shown."""
    cut_unseen: set[str] = set()  # stages that were cut while nobody looked, because their pairs died with a process
    for row in rows:
        if row.hits:
            continue
        if row.swept or (not row.loans and row.stage in cut_unseen):
            yield Stage(row.stage)
        elif row.loans:
            cut_unseen.add(row.stage)


def _shown(run: Table) -> tuple[ColumnElement[int], ...]:
    """Of each run: the loans that it cut, the pairs that were looked for, and those that were led back."""
    chunk, sweep = tables.chunk, tables.sweep
    sums = (
        (chunk.c.loans, chunk.c.run, "loans"),
        (sweep.c.swept, sweep.c.run, "swept"),
        (sweep.c.hits, sweep.c.run, "hits"),
    )
    return tuple(
        # Elsewhere a sum of large numbers is a decimal one.
        select(cast(func.coalesce(func.sum(column), 0), BigInteger))
        .where(of == run.c.id)
        .correlate(run)
        .scalar_subquery()
        .label(name)
        for column, of, name in sums
    )


def _rehearsed(connection: Connection, system: str, digests: tuple[str, str]) -> int | None:
    """The most loans that one run on a copy cut, of those that were carried out to the end, verified and swept."""
    run, plan = tables.run, tables.plan
    rows = connection.execute(
        select(plan.c.body, run.c.outcome, *_shown(run))
        .join(run, plan.c.digest == run.c.plan_digest)
        .where(run.c.copy_of == system, run.c.state == "finished", run.c.stage == str(Stage.REST)),
    ).all()
    found = (
        Rehearsal(int(row.loans), int(row.swept), clean=Outcome(row.outcome) in CLEAN and not row.hits)
        for row in rows
        if _digests(Plan.from_dict(row.body).basis) == digests
    )
    return max((one.loans for one in found if one.sound), default=None)


def _digests(basis: Basis) -> tuple[str, str]:
    return basis.policy_digest, basis.map_digest
