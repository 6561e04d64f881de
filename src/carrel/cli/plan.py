"""``carrel plan``: count what is due, what is kept and why, and write it down. Nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.premises import Premises
    from carrel.retention.interlock import Need
    from carrel.retention.plan import Plan
    from carrel.systems.sql.readers import SampleRow


@click.command(epilog="Example: carrel plan --out tonight.json --sample 20")
@click.option("--site", type=click.Path(path_type=Path), default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the plan goes.  [default: plan.json]"
)
@click.option("--as", "name", help="Who plans; a name in the site file.  [default: $CARREL_PERSON or the account]")
@click.option("--sample", type=click.IntRange(0, 200), default=0, help="Show some due loans; on the terminal only.")
@click.option("--sql", is_flag=True, help="Show the statements, for readers.")
@click.option("--notices", is_flag=True, help="Show in full what the desk will notice, also when it is as before.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    sample: int,
    sql: bool,
    notices: bool,
    as_json: bool,
) -> None:
    """Count what is due, what is kept and why, and write a plan. Changes nothing.

    The database is opened read-only. The plan holds counts, names and digests, never a patron's value; it is recorded
    in the site's store, and `carrel apply` accepts no other.
    """
    from carrel.cli import plan_screen, premises, screen

    with premises.enter(site, system_name, read_only=True) as here:
        made, rows = make(here, premises.now(), premises.person(name), sample=sample)
        told = not notices and plan_screen.told_before(here, made)
        here.store.plans.record(made, premises.now())
        needed = needs(here, made, premises.now())
        target = write(made, out or Path("plan.json"))
    if as_json:
        screen.put_json(
            {
                "plan": made.as_dict(),
                "file": str(target),
                "needs": [need.line() for need in needed],
            }
        )
        return
    plan_screen.show(made, needed, target, premises.now().astimezone(here.zone).date(), told_before=told)
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
            click.echo(f"\n{text};")


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
    from carrel.cli.capsules import require_undo
    from carrel.cli.screen import Progress
    from carrel.policy.clock import midnight
    from carrel.retention import blockers
    from carrel.retention.bound import bounds
    from carrel.retention.planning import Findings, latest_since, make_plan
    from carrel.systems.sql import readers

    require_undo(here, at)
    as_of = as_of or at
    life = here.life(as_of, at)
    effects = here.effects(at)
    progress = Progress("counting", 0)
    with here.loans().session() as loans:
        seen = loans.observe(life, as_of)
        progress.at(sum(seen.states.values()))
        since = latest_since(here.schedule, as_of)
        start = midnight(since).astimezone(here.zone).replace(tzinfo=None) if since else None
        older = readers.older_than_rule(loans, life, start) if start else 0
        texts = readers.statements(loans, life, as_of)
        rows = readers.sample(loans, life, sample) if sample else ()
    progress.done()
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
    )
    tables = {path.path: path.table for path in made.paths}
    earlier = here.store.counts.earlier(here.system.name, at.astimezone(here.zone).date())
    return made.with_bounds(bounds(tables, earlier, seen.table_sizes, here.system.bounds)), rows


def needs(here: Premises, made: Plan, at: datetime) -> tuple[Need, ...]:
    """What the plan still waits for: approvals, a rehearsal."""
    from carrel.retention.approval import weigh
    from carrel.retention.interlock import needs as needed
    from carrel.retention.interlock import unmet

    notes = [given.note for given in here.store.approvals.of_system(here.system.name)]
    weighed = weigh(made, notes, here.site.people, at)
    history = here.store.runs.history(here.system.name, made.basis.policy_digest, made.basis.map_digest)
    return unmet(needed(made, history, weighed.standing, at), weighed.cleared)


def read(here: Premises, place: Path) -> Plan:
    """The plan of a file, if it is to the byte what this store recorded.

    Raises:
        CarrelError: RUN-007 no such file, APR-001 changed, STO-005 unknown.
    """
    import json

    from carrel.errors import fault
    from carrel.retention import faults

    try:
        body = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise fault(
            faults.PLAN_FILE,
            at=str(place),
            wanted="a plan file",
            found=type(wrong).__name__,
            fix="carrel plan --out FILE",
        ) from None
    return here.store.plans.check(body, str(place))


def write(made: Plan, target: Path) -> Path:
    """Put the plan into a file, whole or not at all."""
    import json
    import os

    from carrel.errors import fault
    from carrel.retention import faults

    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_text(json.dumps(made.as_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.chmod(0o600)  # small counts stand in it
        os.replace(beside, target)  # noqa: PTH105  (the atomic one, by its usual name)
    except OSError as wrong:
        raise fault(
            faults.PLAN_FILE,
            at=str(target),
            found=wrong.strerror or "an error of the file system",
            fix="name another place with --out",
        ) from None
    return target
