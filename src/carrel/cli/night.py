"""One run of one plan: interlocks, stage, course, verification, sweep, residues, ledger. Composition only."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from carrel.cli import card_course, open_joins, record, run_opening
from carrel.cli.capsules import NightCapsule, require_undo
from carrel.cli.cards import due_now
from carrel.cli.circulation import NightCounts, settle_interrupted
from carrel.cli.crew import Crew
from carrel.cli.custodian_gate import require_asked
from carrel.cli.due_night import night_of
from carrel.cli.handover import Handover, require_archives
from carrel.cli.lot_end import CardsDone
from carrel.cli.premises import Premises, now
from carrel.cli.progress import phase
from carrel.cli.run_course import RunCourse, alone_because
from carrel.cli.run_leaves import leaves_of
from carrel.cli.schema_watch import SchemaWatch
from carrel.cli.standing import Standing
from carrel.cli.watch import Watch
from carrel.errors import CarrelError
from carrel.retention import faults
from carrel.retention.blockers import refuse_blocked
from carrel.retention.outcome import Outcome
from carrel.retention.reasons import by_reason
from carrel.retention.stage import Stage
from carrel.retention.staleness import refuse_stale
from carrel.retention.walk import End, Tally
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.residues import UNDO_CAPSULE
from carrel.store.sweeps import Sweep
from carrel.systems import surroundings_reading
from carrel.systems.sql import night_grants, readers
from carrel.systems.sql.trigger_way import TriggerWay, beside_loans
from carrel.systems.sql.whereabouts import server_mark

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.erasure_alongside import ErasuresAlongside
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
        copy: the system on which the plan was rehearsed; None where it was carried out.
        places: residues.
        outcome: of the worst step.
        run: its id in the store.
        started: aware time.
        finished: aware time.
        kept: loans that still name a reader, by reason, as they may be shown.
        open_joins: that led a sweep back, of this run or an earlier one, and were not shown closed since.
        cards: what became of lapsed cards.
        triggers: what became of the product's own triggers while loans moved; None where they stay in their table.
        moved: the system's server was replaced under the run; its sums may tell of what was lost with the old one.
        crew: who shared it.
        record_triggers: what became of them with everything else; None where the product has none.
        schema_changes: what is not as the plan knew it, in the tables or triggers of the system, since the run began.
    """

    plan: Plan
    stage: Stage
    tally: Tally
    remaining: dict[str, int]
    sweep: SweepReport
    places: tuple[Place, ...]
    outcome: Outcome
    run: str
    started: datetime
    finished: datetime
    kept: dict[str, int | str] = field(default_factory=dict)
    failing: tuple[Attack, ...] = ()
    copy: str | None = None
    open_joins: tuple[OpenJoin, ...] = ()
    cards: CardsDone = field(default_factory=CardsDone)
    triggers: TriggerWay | None = None
    moved: bool = False
    crew: Crew = field(default_factory=Crew)
    record_triggers: str | None = None
    schema_changes: tuple[str, ...] = ()

    @property
    def hits(self) -> int:
        """Pairs that were led back by a join that fails the run; what a later stage reaches is not among them."""
        return counted(self.sweep, self.failing)

    @property
    def complete(self) -> bool:
        """Nothing of this plan is left to do."""
        return self.stage is Stage.REST and self.tally.end is End.FINISHED


def run_plan(
    here: Premises, plan: Plan, crew: Crew | None = None, alongside: ErasuresAlongside | None = None
) -> Report:
    """Carry out the next stage of a plan, verify it, sweep it and record it; on a copy all of it, as a rehearsal.

    Args:
        here: open, with the account that carries out.
        plan: as the store recorded it.
        crew: who shares the run; this process alone unless given.
        alongside: erasures that wait for a night, whose rows go within its chunks.

    Raises:
        CarrelError: APR-007 stale, APR-008 an approval is missing, APR-012 blocked, RUN-001 another run, RUN-010 the
            plan of another system, RUN-016 the system changed meanwhile, CUS-004 to CUS-008 a custodian's plan that was
            not asked for, STO-009 another folder holds the ledger, and whatever the server says. What was committed
            before is in the journal, every error tells of it, and the next run goes on from there.

    Guarantees:
        Never verified where the live schema, read again after the last row was cut, is not that of the plan.
    """
    owner, began, crew = new_owner(), now(), crew or Crew()
    name = here.system.name
    run_opening.refuse_other(here, plan)
    record.require_folder(here.site, here.store)
    copy = "" if here.system.copy_of is None else name
    refuse_stale(plan, here.basis, began, here.original.max_plan_age, copy=copy)
    refuse_blocked(name, here.effects(began).blockers, began.astimezone(here.zone).date())
    with here.engine.connect() as connection:
        night_grants.require(connection, here.system_map, here.schema.tables, name)
    require_undo(here, began)
    require_archives(here)
    require_asked(here, plan, began)
    card_course.require(here)
    here.store.leases.acquire(name, owner, LEASE_TTL, began)
    try:
        with phase("counting again what was planned"):
            run, at_most = run_opening.begin(here, plan, owner)
        if not alone_because(here, run):
            crew.start(name, run.id)
        standing = Standing(run)
        try:
            return _carry_out(here, plan, run, owner, at_most, crew, alongside, standing)
        except CarrelError as wrong:
            raise standing.having_changed(wrong) from wrong
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())
        crew.gather()  # after an error: nobody leads them any more, and they halt after their chunk in flight


def _carry_out(
    here: Premises,
    plan: Plan,
    run: Run,
    owner: str,
    at_most: int | None,
    crew: Crew,
    alongside: ErasuresAlongside | None,
    standing: Standing,
) -> Report:
    capsule, night_counts = NightCapsule(here, run.id), NightCounts(here)
    schema = SchemaWatch(here, note=partial(here.store.runs.beside_changes, run.id))
    with here.loans().session() as loans:
        here.store.runs.on_server(run.id, server_mark(loans.connection))
        loans.images = capsule.images
        settle_interrupted(here, loans, run.id)
        loans.circulation = night_counts.circulation
        handover = Handover(here, plan, run.id)
        handover.settle(loans)
        loans.archive = handover.rows
        if alongside is not None:
            alongside.begin()
            loans.alongside = alongside
        with loans.connection.engine.connect() as other:
            spots = surroundings_reading.read(other, here.site, here.system, here.policy, now()).places
        watch = Watch(loans, here.schema, plan.as_of)
        with phase("drawing loans to look for afterwards"):
            watch.draw(here.life(plan.as_of, now()), here.system.sweep_sample, at_most)
        tally = RunCourse(here, plan, run, loans, night_counts, crew, schema, standing).cut(at_most)
        handover.close(loans)
        schema.look()
        here = schema.fresh  # a table that came while the run went on is swept as well
        with phase("looking for ways back to a reader"):
            swept = watch.look(
                here.schema,
                here.life(plan.as_of, now()),
                None if tally.end is End.FINISHED else tally.whole_until,
                in_parts=run_opening.as_before(here, plan, run),
                closely=(one.table for one in here.store.open_joins.standing(here.system.name)),
            )
        # Written down at once: a kill before the run's end must not lose what its sweep found.
        back = led_back(here, run.stage, swept)
        still = open_joins.after_run(here, run, loans.connection, plan.as_of, swept, back)
        life = here.life(plan.as_of, now())
        remaining: dict[str, int] = {}
        if run.stage is Stage.REST:
            with phase("counting what is left"):
                remaining = {name: count for name, count in loans.remaining(life, plan.as_of).items() if count}
        kept = by_reason(readers.without_sealed(loans, life, loans.kept(life)))
    cards = _lapsed(here, plan, run, owner, schema)
    if run.stage is Stage.REST:
        remaining |= {name: count for name, count in due_now(here, plan.as_of, now()).items() if count}
    spots = (*spots, *capsule.places)
    report = _finish(here, plan, run, owner, tally, swept, remaining, spots, kept, still, cards, schema)
    night_counts.tell()
    return replace(report, triggers=loans.way, record_triggers=beside_loans(here.system_map), crew=crew)


def _lapsed(here: Premises, plan: Plan, run: Run, owner: str, schema: SchemaWatch) -> CardsDone:
    """Erase lapsed cards, after all loans; like other records not before the last stage of a first run.

    Where the tables changed meanwhile nobody is erased: the next plan knows what is there.
    """
    if run.stage is not Stage.REST or schema.changes:
        return CardsDone()
    try:
        runs = here.store.runs
        return card_course.carry_out(here, plan, run, runs.gate(run, now), runs.journal(run, now), schema)
    except CarrelError as wrong:
        if wrong.code == faults.STOPPED.code:
            here.store.runs.pause(run.id, owner)
        raise


def _finish(
    here: Premises,
    plan: Plan,
    run: Run,
    owner: str,
    tally: Tally,
    swept: SweepReport,
    remaining: dict[str, int],
    spots: tuple[Place, ...],
    kept: dict[str, int | str],
    standing: tuple[OpenJoin, ...],
    cards: CardsDone,
    schema: SchemaWatch,
) -> Report:
    changes = schema.look()
    at = now()
    lasting = [spot for spot in spots if spot.lasting]
    failing = led_back(here, run.stage, swept)
    # What an earlier stage of a first run left open is tried again, and decides, in the last one.
    still = standing if run.stage is Stage.REST else ()
    with here.engine.connect() as connection:
        moved = here.store.runs.on_server(run.id, server_mark(connection))
    bad = bool(tally.left or remaining or failing or still or cards.found.hits or cards.lost or moved or changes)
    outcome = Outcome.UNVERIFIED if bad else Outcome.RESIDUE if lasting else Outcome.VERIFIED
    hits = counted(swept, failing)
    here.store.sweeps.record(run.id, Sweep("loan", at, swept.pairs, swept.swept, hits))
    for spot in spots:
        if spot.name == UNDO_CAPSULE:
            continue  # noted when it was begun
        here.store.residues.record(run.id, here.system.name, spot.name, spot.until, at, lasting=spot.lasting)
    report = Report(
        plan, run.stage, tally, remaining, swept, spots, outcome, run.id, run.started_at, at, kept, failing,
        copy=None if run.copy_of is None else run.system, open_joins=standing,
        cards=cards, moved=moved, schema_changes=changes,
    )  # fmt: skip

    def leaves(whole: Run) -> list[OpenLeaf]:
        tally.loans, tally.rows = whole.loans, whole.rows  # with what was cut before an interruption
        return leaves_of(report)

    here.store.runs.finish(run.id, owner, outcome, at, night=night_of(run.started_at, here.system), leaves=leaves)
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
    for path in here.system_map.paths:
        links.setdefault(path.table, set()).add(path.link.by)
    later = {table for table, kinds in links.items() if kinds <= {"clock", "own"}}
    return tuple(a for a in swept.failing if a.table not in later)
