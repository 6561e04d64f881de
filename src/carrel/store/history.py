"""What the interlocks need to know of earlier runs."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

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
        took the pairs with it, the stage is done once more. A run on a copy is a rehearsal of its original, never a
        stage of anything.
    """
    run, plan = tables.run, tables.plan
    clean = (run.c.state == "finished", run.c.outcome.in_([str(one) for one in CLEAN]))
    bodies = select(plan.c.body).join(run, plan.c.digest == run.c.plan_digest).where(*clean)
    own = (run.c.system == system, run.c.copy_of.is_(None))  # what a copy of that name showed is a rehearsal's
    newest = connection.execute(
        bodies.where(*own).order_by(run.c.finished_at.desc(), run.c.id.desc()).limit(1),
    ).scalar()
    last = None if newest is None else Plan.from_dict(newest)
    loans = func.coalesce(func.sum(tables.chunk.c.loans), 0)
    cut = select(loans).where(tables.chunk.c.run == run.c.id).correlate(run).scalar_subquery()
    stages = connection.execute(
        select(run.c.stage)
        .join(tables.sweep, tables.sweep.c.run == run.c.id)
        .where(*own, *clean)
        .group_by(run.c.id, run.c.stage)
        .having(func.sum(tables.sweep.c.hits) == 0, or_(func.sum(tables.sweep.c.swept) > 0, func.max(cut) == 0)),
    ).scalars()
    return History(
        basis=last.basis if last else None,
        dispositions={path.path: disposition(path) for path in last.paths} if last else None,
        stages=frozenset(Stage(stage) for stage in stages),
        rehearsed=_rehearsed(connection, system, (policy_digest, map_digest)),
    )


def _rehearsed(connection: Connection, system: str, digests: tuple[str, str]) -> int | None:
    """The most loans that one run on a copy cut, of those that were carried out to the end, verified and swept."""
    run, plan, chunk, sweep = tables.run, tables.plan, tables.chunk, tables.sweep
    cut = select(func.coalesce(func.sum(chunk.c.loans), 0)).where(chunk.c.run == run.c.id)
    swept = select(func.coalesce(func.sum(sweep.c.swept), 0)).where(sweep.c.run == run.c.id)
    hits = select(func.coalesce(func.sum(sweep.c.hits), 0)).where(sweep.c.run == run.c.id)
    rows = connection.execute(
        select(
            plan.c.body,
            run.c.outcome,
            cut.correlate(run).scalar_subquery().label("loans"),
            swept.correlate(run).scalar_subquery().label("swept"),
            hits.correlate(run).scalar_subquery().label("hits"),
        )
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
