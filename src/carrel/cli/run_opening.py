"""How a run begins: the next stage of its plan, one that was interrupted, or on a copy a rehearsal of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli import cards
from carrel.cli.at_site import now
from carrel.cli.due_night import night_of
from carrel.cli.plan import needs
from carrel.cli.run_leaves import leaves_of_abandoned
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.interlock import refuse_pending
from carrel.retention.stage import Stage, Step, next_step, stage_size
from carrel.retention.staleness import refuse_growth

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.retention.plan import Plan
    from carrel.store.run import Run


def refuse_other(here: Premises, plan: Plan) -> None:
    """Refuse the plan of another system than the one that is open, or than its original.

    Raises:
        CarrelError: RUN-010.
    """
    if here.original.name != plan.system:
        raise fault(
            faults.OTHER_SYSTEM,
            at=f"system {here.system.name}",
            wanted=f"the system of the plan, {plan.system}",
            found=here.system.name,
            fix=f"give --system {plan.system}",
        )


def begin(here: Premises, plan: Plan, owner: str) -> tuple[Run, int | None]:
    """Start a run, or go on with the one of this plan that was interrupted.

    Args:
        here: open, with the lease of the system in the owner's hand.
        plan: not stale, and not blocked.
        owner: this process.

    Returns:
        The run, and the most loans that it may still cut; None for all that are due.

    Raises:
        CarrelError: RUN-004, another plan's run has not finished; APR-007, outgrown; APR-008, an approval is missing.
            A rehearsal needs none, and ends the one of another plan that was not gone on with.
    """
    name, at = here.system.name, now()
    rehearses = here.system.copy_of is not None
    open_run = here.store.runs.unfinished(name)
    if open_run is not None and open_run.plan_digest != plan.digest:
        if not rehearses:
            raise _unfinished(name, open_run, plan)
        _give_up(here, open_run, at)
        open_run = None
    if not rehearses:
        refuse_pending(plan, needs(here, plan, at))
    if open_run is not None:
        run = here.store.runs.resume(open_run.id, owner, at)
        size = stage_size(run.stage, plan.due)
        return run, None if size is None else max(0, size - run.loans)
    due = _still_as_planned(here, plan, at)
    done = here.store.runs.history(here.original.name, plan.basis.policy_digest, plan.basis.map_digest).stages
    step = Step(Stage.REST, None) if rehearses else next_step(done, due) or Step(Stage.REST, None)
    ordinary = not rehearses and step.stage is Stage.REST and Stage.REST in done
    copy_of = here.system.copy_of
    run = here.store.runs.start(plan.digest, name, owner, at, stage=step.stage, ordinary=ordinary, copy_of=copy_of)
    return run, step.at_most


def _still_as_planned(here: Premises, plan: Plan, at: datetime) -> int:
    """The loans that are due now, if what would be cut has not grown since the plan was made."""
    with here.loans().session() as loans:
        seen = loans.observe(here.life(plan.as_of, at), plan.as_of)
    due_now, loans_path = seen.states.get("due", 0), here.system_map.loans.closed.table
    rows_now = {loans_path: due_now}
    # A copy is put back between two rehearsals of one plan, so what an earlier one cut there is no stage of this.
    mine = () if here.system.copy_of is not None else here.store.runs.newest(here.system.name)
    earlier = [run for run in mine if run.plan_digest == plan.digest]
    if Stage.REST not in {run.stage for run in earlier}:
        rows_now |= cards.due_now(here, plan.as_of, at)
    if not earlier:
        # Later stages of the same plan free rows that earlier ones left behind on purpose: only loans are counted then.
        rows_now |= seen.touched
    refuse_growth(plan, rows_now, loans=loans_path, cut=sum(run.loans for run in earlier))
    return due_now


def _give_up(here: Premises, run: Run, at: datetime) -> None:
    plan = here.store.plans.get(run.plan_digest)
    here.store.runs.abandon(
        run.id, at, night=night_of(run.started_at, here.system), leaves=lambda ended: leaves_of_abandoned(plan, ended)
    )


def _unfinished(name: str, run: Run, plan: Plan) -> Exception:
    return fault(
        faults.UNFINISHED,
        at=f"system {name}",
        wanted=f"the plan of the interrupted run, {run.plan_digest[:16]}",
        found=f"plan {plan.digest[:16]}",
        fix="apply that plan again: it goes on where it stopped; or, when it is stale, `carrel run-due` ends it",
    )


def as_before(here: Premises, plan: Plan, run: Run) -> bool:
    """A night under the policy, map and schema of the last clean one: its sweep may read old words in turns."""
    basis = plan.basis
    before = here.store.runs.history(here.system.name, basis.policy_digest, basis.map_digest)
    return run.copy_of is None and Stage.REST in before.stages and before.basis == basis
