"""``carrel apply`` of a plan to restrict the use of one person's data, or to lift that: one transaction, read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli import person_case, plan_file, premises, record, screen
from carrel.cli.at_site import now
from carrel.cli.consent_stops import stop_person
from carrel.cli.replay_entries import left_by
from carrel.cli.restrict_plan import RESTRICTION, images_of, refuse_twice, require_lost, switches_of
from carrel.cli.run_leaves import what_planned
from carrel.cli.schema_watch import SchemaWatch, show_changes
from carrel.cli.screen import number, put_line, put_table, say
from carrel.errors import Exit, fault
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.retention.restriction import INSTEAD, KEEP, LOST, merged
from carrel.store.person_cases import IN_FORCE
from carrel.store.sealed_cases import DONE
from carrel.systems.sql import person_grants
from carrel.systems.sql.grants import SWEEP, Grant
from carrel.systems.sql.restriction import LEFT

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.cli.record import Receipt
    from carrel.retention.person_plan import PersonPlan
    from carrel.store.gate import ChunkGate
    from carrel.store.person_cases import PersonCase


@dataclass(frozen=True)
class Report:
    """What one apply did; what it left as it was, because somebody changed it meanwhile, is counted by switch."""

    plan: PersonPlan
    case: PersonCase
    left: dict[str, int]
    schema_changes: tuple[str, ...] = ()  # in the tables, since the attempt began


def apply(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Carry it out, and say what became of it."""
    with premises.enter(site, system_name, read_only=False) as here:
        plan = plan_file.read_person(here.store, place)
        case = here.store.person_cases.case(plan.case)
        over = case.state in {DONE, IN_FORCE}
        if over:
            report = Report(plan, case, {})
        else:
            report = _restrict(here, plan) if plan.kind is Kind.RESTRICTION else _lift(here, plan)
        if report.case.state == DONE:  # unless a process died before its last step, both are forgotten already
            here.store.person_cases.forget(plan.case)
            here.store.person_cases.forget(plan.terms.get(RESTRICTION, plan.case))
        own = () if over else (leaf_of(plan, report.case),)
        receipt = record.deliver(here.site, here.store, now(), own=own)
        if report.case.state == IN_FORCE:  # given again it tells the mailing tools again
            stop_person(here, plan.case, int(here.store.person_cases.sealed(plan.case)["number"]), now())
    if as_json:
        screen.put_json({"restriction": as_dict(report, receipt)})
    else:
        show(report, receipt)
    return int(Exit.VERIFICATION_FAILED if report.case.outcome is Outcome.UNVERIFIED else Exit.DONE)


def _restrict(here: Premises, plan: PersonPlan) -> Report:
    cases = here.store.person_cases
    with person_case.attempt(here, plan) as gate:
        schema = SchemaWatch(here, whole=True)
        sealed = dict(cases.sealed(plan.case))
        instead = plan.terms.get(INSTEAD, "")
        if instead and here.store.person_cases.case(instead).state != DONE:  # ended with this one, before a kill
            require_lost(here, instead)
        refuse_twice(here, sealed["number"], (plan.case, instead))
        rows = _switched_off(here, plan, sealed, gate)
        changes = schema.look()
        case = cases.finish(
            plan.case, rows, _outcome(changes), now(), lambda done: [leaf_of(plan, done)], stays=True, ends=instead
        )
    return Report(plan, case, {}, changes)


def again(here: Premises, case: str, gate: ChunkGate) -> PersonCase:
    """Switch off again what a restore switched on, for a restriction that is in force.

    Raises:
        CarrelError: ERA-004, REQ-005, REQ-007; SQL-005, rights are missing.
    """
    cases = here.store.person_cases
    plan, sealed, schema = cases.plan(case), dict(cases.sealed(case)), SchemaWatch(here, whole=True)
    rows = _switched_off(here, plan, sealed, gate)
    outcome = _outcome(schema.look())
    return cases.finish(case, rows, outcome, now(), lambda done: [leaf_of(plan, done)], stays=True)


def _outcome(changes: tuple[str, ...]) -> Outcome:
    """Every switch was read back; what came into the tables meanwhile may have copied what was written."""
    return Outcome.UNVERIFIED if changes else Outcome.VERIFIED


def _switched_off(here: Premises, plan: PersonPlan, sealed: dict[str, Any], gate: ChunkGate) -> dict[str, int]:
    """Every switch written and read back; rows by table."""
    switches = switches_of(here, sealed["number"])
    with here.engine.connect() as connection:
        _require_rights(here, plan)
        before = merged(images_of(sealed["before"]), switches.images(connection))
    sealed["before"] = [one.as_dict() for one in before]
    # What stood there is sealed, and Carrel honours the restriction, before the product is told of it.
    here.store.person_cases.begin(plan.case, sealed, now())
    with gate.chunk() as turn, here.engine.begin() as connection:
        rows = switches.switch_off(connection, before)
        turn.check()
    with here.engine.connect() as connection:
        switches.require_off(connection)
    return rows


def _lift(here: Premises, plan: PersonPlan) -> Report:
    cases, restriction = here.store.person_cases, plan.terms[RESTRICTION]
    with person_case.attempt(here, plan) as gate:
        if LOST in plan.terms:
            require_lost(here, restriction)
            cases.begin(plan.case, cases.sealed(plan.case), now())
            given_up = cases.finish(
                plan.case, {}, Outcome.VERIFIED, now(), lambda over: [leaf_of(plan, over)], ends=restriction
            )
            return Report(plan, given_up, {})
        if restriction not in {one.case for one in here.store.restrictions.in_force(here.system.name)}:
            raise fault(
                faults.NOTHING,
                at=here.system.name,
                wanted=f"{restriction} in force",
                found="it was lifted by another plan",
                fix="look at `carrel restriction list`",
            )
        schema = SchemaWatch(here, whole=True)
        sealed = cases.sealed(restriction)
        switches = switches_of(here, sealed["number"])
        _require_rights(here, plan)
        cases.begin(plan.case, cases.sealed(plan.case), now())
        with gate.chunk() as turn, here.engine.begin() as connection:
            done = switches.back(connection, images_of(sealed["before"]), write=True)
            turn.check()
        rows: dict[str, int] = {}
        for one in done:
            if one.act != LEFT:
                rows[one.table] = rows.get(one.table, 0) + one.rows
        at = now()
        entries = left_by(here, plan.kind, plan.case, [(int(sealed["number"]), "")], at)
        changes = schema.look()
        leaves = lambda over: [leaf_of(plan, over)]  # noqa: E731
        case = cases.finish(plan.case, rows, _outcome(changes), at, leaves, ends=restriction, entries=entries)
    return Report(plan, case, {one.what: one.rows for one in done if one.act == LEFT}, changes)


def _require_rights(here: Premises, plan: PersonPlan) -> None:
    row = "DELETE" if plan.kind is Kind.RESTRICTION else "INSERT"
    wanted = [SWEEP, *(Grant(row if one.column == "row" else "UPDATE", one.table) for one in plan.changes)]
    with here.engine.connect() as connection:
        because = "a restriction writes switches that no night changes"
        person_grants.require_for_person(connection, wanted, here.system.name, because)


def leaf_of(plan: PersonPlan, case: PersonCase) -> OpenLeaf:
    """What the ledger is told: the case, its terms and counts, no table and no ground."""
    finished = case.finished_at or now()
    lifted = plan.kind is Kind.LIFTING
    return OpenLeaf(
        "restriction",
        finished,
        {
            **what_planned(plan),
            "case": plan.terms[RESTRICTION] if lifted else plan.case,
            "action": _action(plan),
            **({} if lifted else {"keep": plan.terms[KEEP], "no_switch": len(plan.remains)}),
            "outcome": slug((case.outcome or Outcome.UNVERIFIED).name),
            "applied": banded(sum(case.rows.values())),
            "switches": banded(len(plan.changes)),
            "started": utc_seconds(case.started_at or finished),
            "finished": utc_seconds(finished),
        },
    )


def _action(plan: PersonPlan) -> str:
    if plan.kind is not Kind.LIFTING:
        return "restricted-anew" if INSTEAD in plan.terms else "restricted"
    return "given-up" if LOST in plan.terms else "lifted"


def as_dict(report: Report, receipt: Receipt) -> dict[str, object]:
    """The result for programs."""
    return {
        "case": report.plan.case,
        "kind": str(report.plan.kind),
        "state": report.case.state,
        "plan": report.plan.digest,
        "outcome": str(report.case.outcome.value if report.case.outcome else ""),
        "rows": dict(sorted(report.case.rows.items())),
        "rows_may_be_more": report.case.unknown,
        "left": report.left,
        "schema_changes": list(report.schema_changes),
        "tasks": [one.what for one in report.plan.remains if report.plan.kind is Kind.RESTRICTION],
        "ledger": receipt.as_dict(),
    }


def show(report: Report, receipt: Receipt) -> None:
    """The result as a person reads it."""
    plan, lifted = report.plan, report.plan.kind is Kind.LIFTING
    said = f"{plan.terms[RESTRICTION]}: lifted" if lifted else f"{plan.case}: in force, keep: {plan.terms[KEEP]}"
    say(said)
    rows = [(name, number(count)) for name, count in sorted(report.case.rows.items())]
    put_table("Put back" if lifted else "Switched off", ("table", "values"), rows, right=(1,))
    if report.case.unknown:
        say("A process died inside the change: the counts may be too low; what is in the database was read back.")
    show_changes(report.schema_changes)
    for what, count in report.left.items():
        say(f"Left as it is, because somebody changed it meanwhile: {what}: {number(count)}")
    if not lifted and plan.remains:
        say("The product has no switch for these; each is a task of the library's, and belongs into the reply:")
        for one in plan.remains:
            put_line(f"{one.what.removeprefix('no switch: ')}: {one.why}", "  - ")
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
