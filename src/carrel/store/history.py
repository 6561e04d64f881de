"""What the interlocks need to know of earlier runs."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from carrel.retention.interlock import History, disposition
from carrel.retention.outcome import Outcome
from carrel.retention.plan import Plan
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
        A stage of the first run counts only when a sweep after it found nothing.
    """
    run, plan = tables.run, tables.plan
    ended = connection.execute(
        select(run.c.id, run.c.system, run.c.copy_of, run.c.stage, plan.c.body)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .where(run.c.state == "finished", run.c.outcome.in_([str(one) for one in CLEAN]))
        .where((run.c.system == system) | (run.c.copy_of == system))
        .order_by(run.c.finished_at.desc(), run.c.id.desc()),
    ).all()
    stages = {Stage(row.stage) for row in ended if row.system == system and _swept(connection, row.id)}
    own = [row for row in ended if row.system == system]
    newest = Plan.from_dict(own[0].body) if own else None
    rehearsals = [Plan.from_dict(row.body).basis for row in ended if row.copy_of == system]
    return History(
        basis=newest.basis if newest else None,
        dispositions={path.path: disposition(path) for path in newest.paths} if newest else None,
        stages=frozenset(stages),
        rehearsed=any((one.policy_digest, one.map_digest) == (policy_digest, map_digest) for one in rehearsals),
    )


def _swept(connection: Connection, run: str) -> bool:
    swept = connection.execute(
        select(func.count(), func.sum(tables.sweep.c.hits)).where(tables.sweep.c.run == run),
    ).one()
    return bool(swept[0]) and not swept[1]
