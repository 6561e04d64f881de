"""What the interlocks need to know of earlier runs."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

from carrel.retention.interlock import History, disposition
from carrel.retention.outcome import Outcome
from carrel.retention.plan import Basis, Plan
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
        took the pairs with it, the stage is done once more.
    """
    run, plan = tables.run, tables.plan
    clean = (run.c.state == "finished", run.c.outcome.in_([str(one) for one in CLEAN]))
    bodies = select(plan.c.body).join(run, plan.c.digest == run.c.plan_digest).where(*clean)
    newest = connection.execute(
        bodies.where(run.c.system == system).order_by(run.c.finished_at.desc(), run.c.id.desc()).limit(1),
    ).scalar()
    last = None if newest is None else Plan.from_dict(newest)
    rehearsals = connection.execute(bodies.where(run.c.copy_of == system)).scalars()
    loans = func.coalesce(func.sum(tables.chunk.c.loans), 0)
    cut = select(loans).where(tables.chunk.c.run == run.c.id).correlate(run).scalar_subquery()
    stages = connection.execute(
        select(run.c.stage)
        .join(tables.sweep, tables.sweep.c.run == run.c.id)
        .where(run.c.system == system, *clean)
        .group_by(run.c.id, run.c.stage)
        .having(func.sum(tables.sweep.c.hits) == 0, or_(func.sum(tables.sweep.c.swept) > 0, func.max(cut) == 0)),
    ).scalars()
    return History(
        basis=last.basis if last else None,
        dispositions={path.path: disposition(path) for path in last.paths} if last else None,
        stages=frozenset(Stage(stage) for stage in stages),
        rehearsed=any(_under(Plan.from_dict(body).basis, policy_digest, map_digest) for body in rehearsals),
    )


def _under(basis: Basis, policy_digest: str, map_digest: str) -> bool:
    return (basis.policy_digest, basis.map_digest) == (policy_digest, map_digest)
