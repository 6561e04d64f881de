"""One run of one plan: interlocks, stage, course, verification, sweep, residues, ledger. Composition only."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from carrel.cli import open_joins
from carrel.cli.capsules import NightCapsule, require_undo
from carrel.cli.plan import needs
from carrel.cli.premises import Premises, now
from carrel.cli.run_leaves import leaves_of
from carrel.cli.screen import Progress
from carrel.cli.watch import Watch
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.blockers import refuse_blocked
from carrel.retention.course import End, Means, Tally, carry_out
from carrel.retention.interlock import refuse_pending
from carrel.retention.outcome import Outcome
from carrel.retention.pace import Mode, first_pace
from carrel.retention.reasons import by_reason
from carrel.retention.stage import Stage, Step, next_step, stage_size
from carrel.retention.staleness import refuse_growth, refuse_stale
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.residues import UNDO_CAPSULE
from carrel.store.sweeps import Sweep
from carrel.systems.sql import readers, residue

if TYPE_CHECKING:
    from carrel.ledger.leaf import OpenLeaf
    from carrel.retention.open_join import OpenJoin
    from carrel.retention.plan import Plan
    from carrel.retention.sweep import Attack, SweepReport
    from carrel.store.run import Run


@dataclass(frozen=True)
class Report:
    """What one run did, for the terminal, the ledger and the HTML page.

    Attributes:
        plan: that was carried out.
        stage: of the first run; REST in every later night.
        tally: chunks, rows, longest transaction.
        remaining: the complement after the run, per path; empty dict where the stage leaves some on purpose.
        sweep: of the pairs that were drawn before the first chunk.
        failing: joins of the sweep that fail this run.
        places: residues.
        outcome: of the worst step.
        run: its id in the store.
        started: aware time.
        finished: aware time.
        kept: loans that still name a reader, by reason, as they may be shown.
        open_joins: that led a sweep back, of this run or an earlier one, and were not shown closed since.
    """

    plan: Plan
    stage: Stage
    tally: Tally
    remaining: dict[str, int]
    sweep: SweepReport
    places: tuple[residue.Place, ...]
    outcome: Outcome
    run: str
    started: datetime
    finished: datetime
    kept: dict[str, int | str] = field(default_factory=dict)
    failing: tuple[Attack, ...] = ()
    open_joins: tuple[OpenJoin, ...] = ()

    @property
    def hits(self) -> int:
        """Pairs that were led back by a join that fails the run; what a later stage reaches is not among them."""
        return counted(self.sweep, self.failing)

    @property
    def complete(self) -> bool:
        """Nothing of this plan is left to do."""
        return self.stage is Stage.REST and self.tally.end is End.FINISHED


def run_plan(here: Premises, plan: Plan, *, copy_of: str | None = None) -> Report:
    """Carry out the next stage of a plan, verify it, sweep it and record it.

    Args:
        here: open, with the account that carries out.
        plan: as the store recorded it.
        copy_of: the system that this one is a copy of, for a rehearsal.

    Raises:
        CarrelError: APR-007 stale, APR-008 an approval is missing, APR-012 blocked, RUN-001 another run, and whatever
            the server says. What was committed before is in the journal, and the next run goes on from there.
    """
    owner, began = new_owner(), now()
    name = here.system.name
    refuse_stale(plan, here.basis, began, here.system.max_plan_age)
    refuse_blocked(name, here.effects(began).blockers, began.astimezone(here.zone).date())
    require_undo(here, began)
    here.store.leases.acquire(name, owner, LEASE_TTL, began)
    try:
        run, at_most = _begin(here, plan, owner, copy_of)
        return _carry_out(here, plan, run, owner, at_most)
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())


def _begin(here: Premises, plan: Plan, owner: str, copy_of: str | None) -> tuple[Run, int | None]:
    """Start a run, or go on with the one of this plan that was interrupted."""
    name, at = here.system.name, now()
    open_run = here.store.runs.unfinished(name)
    if open_run is not None and open_run.plan_digest != plan.digest:
        raise fault(
            faults.UNFINISHED,
            at=f"system {name}",
            wanted=f"the plan of the interrupted run, {open_run.plan_digest[:16]}",
            found=f"plan {plan.digest[:16]}",
            fix="apply that plan again: it goes on where it stopped; or, when it is stale, `carrel run-due` ends it",
        )
    if copy_of is None:
        refuse_pending(plan, needs(here, plan, at))
    earlier = [run for run in here.store.runs.newest(name) if run.plan_digest == plan.digest]
    if open_run is not None:
        run = here.store.runs.resume(open_run.id, owner, at)
        size = stage_size(run.stage, plan.due)
        return run, None if size is None else max(0, size - run.loans)
    with here.loans().session() as loans:
        seen = loans.observe(here.life(plan.as_of, at), plan.as_of)
    due_now, loans_path = seen.states.get("due", 0), here.system_map.loans.closed.table
    rows_now = {loans_path: due_now}
    if not earlier:
        # Later stages of the same plan free rows that earlier ones left behind on purpose: only loans are counted then.
        rows_now |= dict(seen.rows)
    refuse_growth(plan, rows_now, loans=loans_path, cut=sum(run.loans for run in earlier))
    step = Step(Stage.REST, None) if copy_of else _step(here, plan, due_now)
    ordinary = copy_of is None and step.stage is Stage.REST and Stage.REST in _done(here, plan)
    run = here.store.runs.start(plan.digest, name, owner, at, stage=step.stage, ordinary=ordinary, copy_of=copy_of)
    return run, step.at_most


def _done(here: Premises, plan: Plan) -> frozenset[Stage]:
    return here.store.runs.history(here.system.name, plan.basis.policy_digest, plan.basis.map_digest).stages


def _step(here: Premises, plan: Plan, due: int) -> Step:
    return next_step(_done(here, plan), due) or Step(Stage.REST, None)


def _carry_out(here: Premises, plan: Plan, run: Run, owner: str, at_most: int | None) -> Report:
    journal = here.store.runs.journal(run, now)
    gate = here.store.runs.gate(run, now)
    wanted = min(plan.due, at_most) if at_most is not None else plan.due
    progress = Progress("loans", wanted)
    capsule = NightCapsule(here, run.id)
    with here.loans().session() as loans:
        loans.images = capsule.images
        with loans.connection.engine.connect() as other:
            spots = residue.places(other, now())
        watch = Watch(loans, here.schema, plan.as_of)
        watch.draw(here.life(plan.as_of, now()), here.system.sweep_sample, at_most)
        tally = carry_out(
            Means(
                system=loans,
                journal=journal,
                as_of=plan.as_of,
                life=lambda: here.life(plan.as_of, now()),
                turn=gate.chunk,
                pace=first_pace(Mode(here.system.mode.value)),
                wait=time.sleep,
                told=lambda done: progress.at(run.loans + done),
            ),
            at_most,
        )
        progress.done()
        if tally.end is End.STOPPED:
            here.store.runs.pause(run.id, owner)
            raise fault(
                faults.STOPPED,
                at=f"system {here.system.name}",
                found="the stop flag, after the chunk in flight",
                changed=f"{tally.loans} loans are cut and recorded",
                fix="`carrel stop --clear`, then apply the same plan again: it goes on",
            )
        swept = watch.look(here.life(plan.as_of, now()), None if tally.end is End.FINISHED else tally.whole_until)
        # Written down at once: a kill before the run's end must not lose what its sweep found.
        back = led_back(here, run.stage, swept)
        standing = open_joins.after_run(here, run, loans.connection, plan.as_of, swept, back)
        life = here.life(plan.as_of, now())
        remaining = loans.remaining(life, plan.as_of) if run.stage is Stage.REST else {}
        remaining = {name: count for name, count in remaining.items() if count}
        kept = by_reason(readers.without_sealed(loans, life, loans.kept(life)))
    return _finish(here, plan, run, owner, tally, swept, remaining, (*spots, *capsule.places), kept, standing)


def _finish(
    here: Premises,
    plan: Plan,
    run: Run,
    owner: str,
    tally: Tally,
    swept: SweepReport,
    remaining: dict[str, int],
    spots: tuple[residue.Place, ...],
    kept: dict[str, int | str],
    standing: tuple[OpenJoin, ...],
) -> Report:
    at = now()
    lasting = [spot for spot in spots if spot.lasting]
    failing = led_back(here, run.stage, swept)
    # What an earlier stage of a first run left open is tried again, and decides, in the last one.
    still = standing if run.stage is Stage.REST else ()
    bad = bool(tally.left or remaining or failing or still)
    outcome = Outcome.UNVERIFIED if bad else Outcome.RESIDUE if lasting else Outcome.VERIFIED
    hits = counted(swept, failing)
    here.store.sweeps.record(run.id, Sweep("loan", at, swept.pairs, swept.swept, hits))
    for spot in spots:
        if spot.name == UNDO_CAPSULE:
            continue  # noted when it was begun
        here.store.residues.record(run.id, here.system.name, spot.name, spot.until, at, lasting=spot.lasting)
    report = Report(
        plan, run.stage, tally, remaining, swept, spots, outcome, run.id, run.started_at, at, kept, failing, standing
    )

    def leaves(whole: Run) -> list[OpenLeaf]:
        tally.loans, tally.rows = whole.loans, whole.rows  # with what was cut before an interruption
        return leaves_of(report)

    here.store.runs.finish(run.id, owner, outcome, at, night=_night(here, run.started_at), leaves=leaves)
    return report


def counted(swept: SweepReport, failing: tuple[Attack, ...]) -> int:
    """Pairs that failing joins led back: exactly, or, where a later stage reaches some joins, at least so many."""
    if failing == swept.failing:
        return swept.led_back
    return max((attack.hits for attack in failing), default=0)


def led_back(here: Premises, stage: Stage, swept: SweepReport) -> tuple[Attack, ...]:
    """The joins that fail a sweep.

    Before the last stage, tables that only their own clock leads to are not reached.
    """
    if stage is Stage.REST:
        return swept.failing
    links: dict[str, set[str]] = {here.system_map.loans.closed.table: {"anchor"}}
    for path in here.system_map.loans.paths:
        links.setdefault(path.table, set()).add(path.link.by)
    return tuple(a for a in swept.failing if links.get(a.table) != {"clock"})


def _night(here: Premises, started: datetime) -> date:
    # What begins before noon belongs to the night before.
    return (started.astimezone(here.zone) - timedelta(hours=12)).date()
