"""``carrel apply``: carry out an approved plan, verify it, sweep it, record it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import ANY_FILE, FILE_OR_FOLDER
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.night import Report
    from carrel.cli.record import Receipt


@click.command(epilog="Example: carrel apply plan.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option(
    "--rehearse-on",
    metavar="SYSTEM",
    help="Rehearse it instead, on a copy: a system of the site file with `copy_of:` the plan's system.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def apply(place: Path, site: Path, system_name: str | None, rehearse_on: str | None, as_json: bool) -> int:
    """Carry out an approved plan, chunk by chunk, and verify it.

    The plan is compared with the store's record, compiled anew, and judged against legal holds as of now: what is cut
    may have shrunk since it was approved, never grown. A first run goes in stages: 1,000 loans, 1 %, 10 %, the rest;
    each call does the next one. Killed or stopped, the same command goes on where it was.

    A rehearsal does all of the plan on a copied database, without an approval; the legal holds of the plan's system
    keep loans there too. Exit code 3 when it does not count, because it cut too little or could not be swept.

    A plan to erase a person is carried out in small pieces and then looked for everywhere; exit code 5 when something
    of the person is still there. A plan to correct or to restrict a record is carried out in one transaction and read
    back.
    """
    from carrel.cli import night, plan_file, premises, record, rehearsal, screen
    from carrel.cli.run_leaves import leaves_of

    kind = plan_file.person_kind(place)
    if kind is not None or plan_file.is_erasure(place):
        from carrel.cli import erasure_apply, rectify_apply, restrict_apply
        from carrel.retention.approval import Kind

        if rehearse_on is not None:
            raise click.UsageError("A plan for one person is not rehearsed.")
        if kind is None:
            return erasure_apply.apply(place, site, system_name, as_json=as_json)
        carry_out = rectify_apply.apply if kind is Kind.RECTIFICATION else restrict_apply.apply
        return carry_out(place, site, system_name, as_json=as_json)

    entered = (
        premises.enter(site, system_name, read_only=False)
        if rehearse_on is None
        else rehearsal.enter(site, rehearse_on, place, system_name)
    )
    with entered as here:
        plan = plan_file.read(here.store, place)
        report = night.run_plan(here, plan)
        receipt = record.deliver(here.site, here.store, premises.now(), own=leaves_of(report))
        not_covered = len(here.system_map.not_yet_covered)
        verdict = rehearsal.judge(here, report) if report.copy else None
    if as_json:
        told = {"rehearsal": None if verdict is None else verdict.as_dict()}
        screen.put_json({"run": {**as_dict(report, receipt, not_covered), **told}})
    else:
        if verdict is not None:
            verdict.show_first()
        show(report, receipt, place, not_covered)
        if verdict is not None:
            verdict.show_last(place)
    return exit_code(report) or (0 if verdict is None else verdict.exit_code)


def exit_code(report: Report) -> int:
    """5 when something that was cut can still be led back, or is still there; else 0."""
    from carrel.errors import Exit
    from carrel.retention.outcome import Outcome

    failed = report.outcome in {Outcome.UNVERIFIED, Outcome.FAILED}
    return int(Exit.VERIFICATION_FAILED if failed else Exit.DONE)


def as_dict(report: Report, receipt: Receipt, not_covered: int) -> dict[str, object]:
    """The result for programs: counts, names and digests."""
    from carrel.cli.card_screen import cards_as_dict

    return {
        "id": report.run,
        "plan": report.plan.digest,
        "system": report.plan.system,
        "stage": report.stage.value,
        "complete": report.complete,
        "outcome": report.outcome.value,
        "loans": report.tally.loans,
        "rows": report.tally.rows,
        "kept": report.kept,
        "left_in_chunks": report.tally.left,
        "remaining": report.remaining,
        "longest_transaction_seconds": round(report.tally.longest_seconds, 3),
        "sweep": {**report.sweep.as_dict(), "failing": report.hits},
        "open_joins": [one.as_dict() for one in report.open_joins],
        "cards": cards_as_dict(report.cards),
        "residues": [place.in_short() for place in report.places],
        "tables_not_yet_covered": not_covered,
        "ledger": receipt.as_dict(),
        "triggers": None if report.triggers is None else report.triggers.value,
    }


def show(report: Report, receipt: Receipt, plan_file: Path, not_covered: int) -> None:
    """The result as a person reads it."""
    from carrel.cli.card_screen import show_cards
    from carrel.cli.screen import figure, not_yet_covered, number, put_line, put_table
    from carrel.systems.sql.trigger_way import SAID

    plan = report.plan
    say(f"{report.copy or plan.system}: {report.stage.value}, {report.outcome.value}{_until(report)}")
    put_table(
        "Cut, and read back",
        ("path", "table", "act", "rows"),
        [
            (path.path, path.table, path.act, number(report.tally.rows.get(path.path, 0)))
            for path in plan.paths
            if report.tally.rows.get(path.path, 0)
        ],
        right=(3,),
    )
    put_table(
        "Kept, because",
        ("reason", "loans"),
        [(state, figure(count)) for state, count in report.kept.items()],
        right=(1,),
    )
    show_cards(report.cards)
    if report.triggers is not None:
        put_line(f"Triggers: {SAID[report.triggers]}.", hang=2)
    if report.stage.name == "REST":
        say(_remaining_line(report))
    show_sweep(report)
    show_places(report.places)
    if not_covered:
        put_line(f"{not_yet_covered(not_covered)}; `carrel map show --policy` lists them.")
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
    if not report.complete:
        say(f"\nThis was one stage of a first run. Look at the desk, then: carrel apply {plan_file}")


def show_places(places: tuple[Place, ...]) -> None:
    """Where old values stand outside the tables, until when, and what ends it sooner."""
    from carrel.accountability.health import Residue
    from carrel.cli.screen import put_line

    for place in places:
        when = Residue(place.name, place.until, lasting=place.lasting).when
        put_line(f"Old values also stand in: {place.name} ({when}). To end it sooner: {place.advice}.", hang=2)


def show_sweep(report: Report) -> None:
    """What the sweep found, in one line, each join that led back, and each that is open."""
    from carrel.cli.open_joins import MEND, lines
    from carrel.cli.screen import number, put_line

    swept = report.sweep
    say(
        f"Sweep: {amount(swept.pairs, 'loan')} drawn before the cut, {amount(len(swept.joins), 'join')} tried on each, "
        f"{number(report.hits)} led back to their reader."
    )
    if report.tally.loans and not swept.pairs:
        say("  The pairs of this run died with the process that drew them: it was cut and counted, and not swept.")
    for attack in report.failing:
        say(f"  - {attack.name} ({attack.table}): {number(attack.hits)} of {number(attack.tried)}")
    if swept.failing and not report.failing:
        tables = ", ".join(sorted({attack.table for attack in swept.failing}))
        say(f"  Still to come in the last stage: {tables}.")
    if report.open_joins:
        say("Open, since a sweep was led back and none has shown them closed:")
        for line in lines(report.open_joins):
            put_line(line, "  - ")
        put_line(f"{MEND[:1].upper()}{MEND[1:]}.", "  ")


def _remaining_line(report: Report) -> str:
    from carrel.cli.screen import number

    if not report.remaining:
        return "Counted again: nothing that is due and unheld still leads to a reader."
    parts = ", ".join(f"{name} {number(count)}" for name, count in sorted(report.remaining.items()))
    return f"Counted again, and still there: {parts}"


def _until(report: Report) -> str:
    dates = [place.until for place in report.places if place.lasting and place.until]
    if not any(place.lasting for place in report.places):
        return ""
    return f" {max(dates):%Y-%m-%d}" if dates else " a date that nobody can tell"
