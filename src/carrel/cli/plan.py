"""``carrel plan``: count what is due, what is kept and why, and write it down. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.host_account import said_name
from carrel.cli.option_values import FILE_OR_FOLDER, FILE_OR_INPUT, NEW_FILE, WORDS
from carrel.cli.screen import say

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.retention.interlock import Need
    from carrel.retention.plan import Plan
    from carrel.systems.sql.readers import SampleRow


@click.command(epilog='Example: carrel plan --as "Ben Example" --out tonight.json --sample 20')
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option("--out", type=NEW_FILE, help="Where the plan goes.  [default: plan.json]")
@click.option(
    "--as", "name", help="You, as the site file names you; needs `may: plan`.  [default: $CARREL_PERSON or the account]"
)
@click.option("--sample", type=click.IntRange(0, 200), default=0, help="Show some due loans; on the terminal only.")
@click.option("--sql", is_flag=True, help="Show the statements, for readers.")
@click.option("--notices", is_flag=True, help="Show in full what the desk will notice, also when it is as before.")
@click.option(
    "--erase",
    type=FILE_OR_INPUT,
    help="Plan to erase one person instead, whose card number is all that stands in this file; - reads it from input.",
)
@click.option("--by-number", is_flag=True, help="With --erase: the file holds the number of the record instead.")
@click.option(
    "--also-number",
    type=FILE_OR_INPUT,
    help="With --erase: older numbers of the same person, one a line, under which no record stands any more.",
)
@click.option(
    "--rectify",
    type=FILE_OR_INPUT,
    help="Plan to correct one person's record instead, as this file asks; - reads it from input.",
)
@click.option(
    "--restrict", type=FILE_OR_INPUT, help="Plan to restrict the use of one person's data instead, as this file asks."
)
@click.option("--lift", type=FILE_OR_INPUT, help="Plan to lift a restriction instead, as this file asks.")
@click.option(
    "--request",
    metavar="ID",
    type=WORDS,
    help="With --erase, --rectify, --restrict or --lift: the person's request that this plan answers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    sample: int,
    sql: bool,
    notices: bool,
    erase: Path | None,
    by_number: bool,
    also_number: Path | None,
    rectify: Path | None,
    restrict: Path | None,
    lift: Path | None,
    request: str | None,
    as_json: bool,
) -> None:
    """Count what is due, what is kept and why, and write a plan. Changes nothing.

    The database is opened read-only. The plan holds counts, names and digests, never a patron's value; it is recorded
    in the site's store, and `carrel apply` accepts no other.

    With --erase it plans for one person: what goes from every table, what stays on which ground, what the database
    itself would delete. With --rectify it plans a correction: which fields change, and in how many places the old value
    stands. With --restrict it plans which of the product's switches are turned off for a person, and with --lift how
    they are put back. Such a plan names the person by a case only, and holds no value.
    """
    asked = [one for one in (rectify, restrict, lift) if one is not None]
    beyond = bool(sample or sql or notices)
    if asked or erase is not None or by_number or also_number is not None:
        place = _Place(site, system_name, out, name, request, as_json)
        if erase is None and not asked:
            _plan_erasure(None, place, by_card=True, also=None, beyond=beyond)
        elif erase is None or asked:
            _plan_change(rectify, restrict, lift, place, beyond=bool(beyond or erase or by_number or also_number))
        else:
            _plan_erasure(erase, place, by_card=not by_number, also=also_number, beyond=beyond)
        return
    if request is not None:
        raise click.UsageError("--request goes with --erase, --rectify, --restrict or --lift.")
    from carrel.cli import plan_file, plan_screen, premises, screen
    from carrel.cli.at_site import allowed
    from carrel.inventory.replica import Use
    from carrel.inventory.site import May

    with premises.enter(site, system_name, read_only=True, use=Use.COUNT) as here:
        by = allowed(here.site, said_name(name), May.PLAN).name
        made, rows = make(here, premises.now(), by, sample=sample)
        told = not notices and plan_screen.told_before(here, made)
        here.store.plans.record(made, premises.now())
        needed = needs(here, made, premises.now())
        target = plan_file.write(made, out or Path("plan.json"))
        read_from = here.read_from
    if as_json:
        screen.put_json(
            {
                "plan": made.as_dict(),
                "file": str(target),
                "needs": [need.line() for need in needed],
                "counted_as_cut": plan_screen.counted_as_cut(here.system_map),
                **screen.read_from(read_from),
            }
        )
        return
    plan_screen.show(made, needed, target, premises.now().astimezone(here.zone).date(), told_before=told)
    screen.tell_server(read_from)
    if rows:
        from carrel.cli.screen import put_table

        put_table(
            "Some loans that are due (shown here only, written nowhere)",
            ("loan", "closed", "state", ""),
            [(str(r.loan), str(r.closed or ""), r.state, r.edge) for r in rows],
            right=(0,),
        )
    if sql:
        for text in made.sql:
            say(f"\n{text};")


@dataclass(frozen=True)
class _Place:
    """Where a plan for one person is made, and what it answers."""

    site: Path
    system: str | None
    out: Path | None
    name: str | None
    request: str | None
    as_json: bool


def _plan_change(
    rectify: Path | None, restrict: Path | None, lift: Path | None, place: _Place, *, beyond: bool
) -> None:
    """Plan to correct or restrict a record, or to lift that."""
    from carrel.cli import rectify_plan, restrict_plan
    from carrel.cli.custodian_gate import refuse_person
    from carrel.systems.site_file import load_site

    refuse_person(load_site(place.site))
    asked = [one for one in (rectify, restrict, lift) if one is not None]
    if len(asked) > 1 or beyond:
        raise click.UsageError(
            "--rectify, --restrict and --lift go with --request, --site, --system, --as, --out and --json only."
        )
    make_one = rectify_plan.make if rectify else restrict_plan.restrict if restrict else restrict_plan.lift
    make_one(
        asked[0], place.site, place.system, place.out, place.name, as_json=place.as_json, request=place.request
    )  # fmt: skip


def _plan_erasure(erase: Path | None, place: _Place, *, by_card: bool, also: Path | None, beyond: bool) -> None:
    """Plan to erase a person."""
    from carrel.cli import erasure_plan
    from carrel.cli.custodian_gate import refuse_person
    from carrel.systems.site_file import load_site

    if erase is None or beyond:
        words = "--by-number, --also-number, --request, --site, --system, --as, --out and --json"
        raise click.UsageError(f"--erase goes with {words} only.")
    refuse_person(load_site(place.site))
    erasure_plan.make(
        erase, place.site, place.system, place.out, place.name,
        by_card=by_card, also=also, as_json=place.as_json, request=place.request,
    )  # fmt: skip


def make(
    here: Premises, at: datetime, by: str, *, sample: int = 0, as_of: datetime | None = None
) -> tuple[Plan, tuple[SampleRow, ...]]:
    """Observe the system and make its plan, with bounds.

    Args:
        here: open, read-only.
        at: the present.
        by: who plans.
        sample: rows for the terminal.
        as_of: when periods are judged; the present unless given.
    """
    from dataclasses import replace

    from carrel.cli import cards
    from carrel.cli.capsules import require_undo
    from carrel.cli.custodian_gate import asked_units, in_force, require_asked
    from carrel.cli.handover import require_archives
    from carrel.cli.progress import phase
    from carrel.policy.clock import midnight
    from carrel.retention import blockers
    from carrel.retention.bound import bounds
    from carrel.retention.planning import Findings, latest_since, make_plan
    from carrel.systems.sql import readers

    require_undo(here, at)
    require_archives(here)
    request = in_force(here.site)
    asked = asked_units(here, request)
    as_of = as_of or at
    life = here.life(as_of, at)
    effects = here.effects(at)
    with here.loans().session() as loans, phase("counting what is due"):
        seen = loans.observe(life, as_of)
        seen = replace(seen, states=readers.without_sealed(loans, life, seen.states))
        since = max(
            filter(None, (latest_since(one.loan_schedule(), as_of) for one in here.in_force.policies)), default=None
        )
        start = midnight(since).astimezone(here.zone).replace(tzinfo=None) if since else None
        older = readers.older_than_rule(loans, life, start) if start else 0
        texts = readers.statements(loans, life, as_of)
        rows = readers.sample(loans, life, sample) if sample else ()
    findings = Findings(
        tuple(blockers.line(one) for one in effects.blockers),
        tuple(
            f"{n.consumer}: {n.afterwards}"
            + (f" (waived by {n.waived_by} until {n.waived_until})" if n.waived_by else "")
            for n in effects.notices
        ),
    )
    made = make_plan(
        here.system.name,
        here.system_map,
        here.schedule,
        seen,
        here.basis,
        as_of=as_of,
        made_at=at,
        made_by=by,
        findings=findings,
        reach_back=older,
        sql=texts,
        cards=cards.counted(here, as_of, at),
        several=here.consortium,
        asked=asked,
    )
    tables = {path.path: path.table for path in made.paths}
    earlier = here.store.counts.earlier(here.system.name, at.astimezone(here.zone).date())
    sizes = {**cards.people(here, at), **seen.table_sizes}
    under = "" if request is None else request.digest
    made = replace(made.with_bounds(bounds(tables, earlier, sizes, here.system.bounds)), request=under)
    require_asked(here, made, at)
    return made, rows


def needs(here: Premises, made: Plan, at: datetime) -> tuple[Need, ...]:
    """What the plan still waits for: approvals, a rehearsal."""
    from carrel.retention.clearance import weigh
    from carrel.retention.interlock import needs as needed
    from carrel.retention.interlock import unmet

    notes = [given.note for given in here.store.approvals.of_system(here.system.name)]
    weighed = weigh(made, notes, here.site.people, at)
    history = here.store.runs.history(here.system.name, made.basis.policy_digest, made.basis.map_digest)
    return unmet(needed(made, history, weighed.standing, at), weighed.cleared)
