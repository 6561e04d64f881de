"""``carrel apply`` of a plan to correct one person's record: one transaction, read back inside it and after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import person_case, plan_file, premises, record, screen
from carrel.cli.at_site import now
from carrel.cli.consent_stops import stop_old_addresses, taken_out
from carrel.cli.mailing_stops import take_off
from carrel.cli.rectify_plan import correction_of, require_free
from carrel.cli.replay_entries import left_by
from carrel.cli.run_leaves import residue_until, what_planned
from carrel.cli.schema_watch import SchemaWatch, show_changes
from carrel.cli.screen import number, put_table, say
from carrel.errors import Exit
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention.outcome import Outcome
from carrel.store.sealed_cases import DONE
from carrel.systems import surroundings_reading
from carrel.systems.sql import person_grants
from carrel.systems.sql.grants import SWEEP, Grant

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.premises import Premises
    from carrel.cli.record import Receipt
    from carrel.retention.person_plan import PersonPlan
    from carrel.store.gate import ChunkGate
    from carrel.store.person_cases import PersonCase

APPROVED_BY = "approved by"  # a term of a plan that its own person approved, on the pages


@dataclass(frozen=True)
class Report:
    """What one apply of a correction did."""

    plan: PersonPlan
    case: PersonCase
    outcome: Outcome
    places: tuple[Place, ...]
    schema_changes: tuple[str, ...] = ()  # in the tables, since the attempt began


def apply(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Carry it out, and say what became of it."""
    with premises.enter(site, system_name, read_only=False) as here:
        plan = plan_file.read_person(here.store, place)
        case = here.store.person_cases.case(plan.case)
        if case.state == DONE:
            here.store.person_cases.forget(plan.case)  # unless a process died before its last step, it is
            report = Report(plan, case, case.outcome or Outcome.VERIFIED, ())
        else:
            report = _run(here, plan)
        own = () if case.state == DONE else (leaf_of(plan, report.case, report.places),)
        receipt = record.deliver(here.site, here.store, now(), own=own)
    if as_json:
        screen.put_json({"rectification": as_dict(report, receipt)})
    else:
        show(report, receipt)
    return int(Exit.VERIFICATION_FAILED if report.outcome is Outcome.UNVERIFIED else Exit.DONE)


def _run(here: Premises, plan: PersonPlan) -> Report:
    with person_case.attempt(here, plan) as gate:
        return carried_out(here, plan, gate)


def carried_out(here: Premises, plan: PersonPlan, gate: ChunkGate) -> Report:
    """Write an admitted correction, read it back, and end its case.

    Args:
        here: open, by the account that carries out.
        plan: recorded; its case is planned, or was begun.
        gate: of the system that is held.

    Raises:
        CarrelError: CNS-009, REQ-004, REQ-005, REQ-007, SQL-005; nothing is written then.
    """
    cases = here.store.person_cases
    schema = SchemaWatch(here, whole=True)
    sealed = cases.sealed(plan.case)
    correction = correction_of(here, sealed["number"])
    with here.engine.connect() as connection:
        tables = dict.fromkeys(one.table for one in plan.changes)
        wanted = (SWEEP, *(Grant("UPDATE", name) for name in sorted(tables)))
        person_grants.require_for_person(
            connection, wanted, here.system.name, "a correction writes columns that no night changes"
        )
    cases.begin(plan.case, sealed, now())
    with gate.chunk() as turn, here.engine.begin() as connection:
        require_free(here, connection, sealed["number"], now())
        rows = correction.write(connection, sealed["old"], sealed["new"])
        stop_old_addresses(here, plan.case, sealed["number"], sealed["old"], sealed["new"])
        turn.check()
    take_off(here, taken_out(here, sealed["old"], sealed["new"]))
    with here.engine.connect() as connection:
        there = correction.require_there(connection, sealed["new"])
        places = tuple(surroundings_reading.read(connection, here.site, here.system, here.policy, now()).places)
    lasting = any(place.lasting for place in places)
    changes = schema.look()
    outcome = Outcome.UNVERIFIED if changes or not there else Outcome.RESIDUE if lasting else Outcome.VERIFIED
    at = now()
    entries = left_by(here, plan.kind, plan.case, [(sealed["number"], "")], at)
    leaves = lambda done: [leaf_of(plan, done, places)]  # noqa: E731
    case = cases.finish(plan.case, rows, outcome, at, leaves, entries=entries)
    return Report(plan, case, outcome, places, changes)


def leaf_of(plan: PersonPlan, case: PersonCase, places: tuple[Place, ...]) -> OpenLeaf:
    """What the ledger is told: the case and counts, no field and no table."""
    finished = case.finished_at or now()
    return OpenLeaf(
        "rectification",
        finished,
        {
            **what_planned(plan),
            "case": plan.case,
            "outcome": slug((case.outcome or Outcome.UNVERIFIED).name),
            "applied": banded(sum(case.rows.values())),
            "fields": banded(len({one.what for one in plan.changes})),
            "remains": banded(sum(one.rows for one in plan.remains)),
            "started": utc_seconds(case.started_at or finished),
            "finished": utc_seconds(finished),
            **({"approval": slug(plan.terms[APPROVED_BY])} if APPROVED_BY in plan.terms else {}),
            **residue_until(places),
        },
    )


def as_dict(report: Report, receipt: Receipt) -> dict[str, object]:
    """The result for programs."""
    return {
        "case": report.plan.case,
        "plan": report.plan.digest,
        "outcome": report.outcome.value,
        "rows": dict(sorted(report.case.rows.items())),
        "rows_may_be_more": report.case.unknown,
        "schema_changes": list(report.schema_changes),
        "residues": [place.in_short() for place in report.places],
        "ledger": receipt.as_dict(),
    }


def show(report: Report, receipt: Receipt) -> None:
    """The result as a person reads it."""
    from carrel.cli.apply import show_places, until

    say(f"{report.plan.case}: {report.outcome.value}{until(report.outcome, report.places)}")
    rows = [(name, number(count)) for name, count in sorted(report.case.rows.items())]
    put_table("Written", ("table", "rows"), rows, right=(1,))
    if report.case.unknown:
        say("A process died inside the change: the counts may be too low; what is in the database was read back.")
    show_changes(report.schema_changes)
    if report.outcome is Outcome.UNVERIFIED and not report.schema_changes:
        say("Right after the commit another value stood there: somebody wrote it. Look at the record, and plan again.")
    show_places(report.places)
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
