"""``carrel apply``: carry out an approved plan, verify it, sweep it, record it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.amount import amount
from carrel.cli.option_values import ANY_FILE, FILE_OR_FOLDER, workers_option
from carrel.cli.screen import say

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.night import Report
    from carrel.cli.record import Receipt
    from carrel.retention.approval import Kind
    from carrel.retention.outcome import Outcome


_MOVED = (
    "The system's server was replaced while this run lasted. What the new one had lost was cut again; the figures "
    "above may count it twice, so the run is not verified. The next one is counted by itself."
)


@click.command(epilog="Example: carrel apply plan.json")
@click.argument("place", metavar="PLAN", type=ANY_FILE)
@click.option("--site", type=FILE_OR_FOLDER, default=Path(), help="The site file, or its folder.")
@click.option("--system", "system_name", help="The system; may be left out where the site has one.")
@click.option(
    "--rehearse-on",
    metavar="SYSTEM",
    help="Rehearse it instead, on a copy: a system of the site file with `copy_of:` the plan's system.",
)
@click.option("--by-night", is_flag=True, help="Leave an erasure to the next night, whose chunks its rows go with.")
@workers_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def apply(
    place: Path,
    site: Path,
    system_name: str | None,
    rehearse_on: str | None,
    by_night: bool,
    workers: int,
    as_json: bool,
) -> int:
    """Carry out an approved plan, chunk by chunk, and verify it.

    The plan is compared with the store's record, compiled anew, and judged against legal holds as of now: what is cut
    may have shrunk since it was approved, never grown. A first run goes in stages: 1,000 loans, 1 %, 10 %, the rest;
    each call does the next one. Killed or stopped, the same command goes on where it was.

    With --workers several processes of this host share the loans and their traces; `carrel work` lets other hosts take
    part. Stages, rehearsals, `mode: desk`, undo capsules and SQLite are for one worker.

    A rehearsal does all of the plan on a copied database, without an approval; the legal holds of the plan's system
    keep loans there too. Exit code 3 when it does not count, because it cut too little or could not be swept.

    A plan to erase a person is carried out in small pieces and then looked for everywhere; exit code 5 when
    something of the person is still there, 3 when that is so on a copy. With --by-night the next `carrel run-due`
    does it, and its rows go in the same transactions as those of other readers. A plan to correct or to restrict a
    record is carried out in one transaction and read back.
    """
    from carrel.cli import night, plan_file, premises, record, rehearsal, screen
    from carrel.cli.crew import Crew
    from carrel.cli.run_leaves import leaves_of

    if verb := plan_file.own_verb(place):
        raise click.UsageError(f"This is a plan of another kind: carrel {verb} apply PLAN carries it out.")
    kind = plan_file.person_kind(place)
    if kind is not None or plan_file.is_erasure(place):
        if workers > 1:
            raise click.UsageError("A plan for one person is carried out by one process.")
        if rehearse_on is not None:
            if kind is not None or by_night:
                raise click.UsageError("Of the plans for one person an erasure is rehearsed, and not by night.")
            from carrel.cli import erasure_rehearsal

            return erasure_rehearsal.rehearse(place, site, rehearse_on, system_name, as_json=as_json)
        return _of_one_person(kind, place, site, system_name, by_night=by_night, as_json=as_json)

    if by_night:
        raise click.UsageError("Only an erasure can be left to a night; other plans go by `carrel run-due` anyway.")
    entered = (
        premises.enter(site, system_name, read_only=False)
        if rehearse_on is None
        else rehearsal.enter(site, rehearse_on, place, system_name)
    )
    with entered as here:
        plan = plan_file.read(here.store, place)
        report = night.run_plan(here, plan, Crew(workers, site))
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


def _of_one_person(
    kind: Kind | None, place: Path, site: Path, system_name: str | None, *, by_night: bool, as_json: bool
) -> int:
    """A plan to erase a person, or to correct or restrict a record."""
    from carrel.cli import erasure_apply, erasure_night, rectify_apply, restrict_apply
    from carrel.cli.custodian_gate import refuse_person
    from carrel.cli.request_follow import followed
    from carrel.retention.approval import Kind
    from carrel.systems import site_file

    refuse_person(site_file.load_site(site))
    if by_night and kind is not None:
        raise click.UsageError("Only an erasure can be left to a night.")
    if by_night:
        return erasure_night.leave(place, site, system_name, as_json=as_json)
    carry_out = (
        erasure_apply.apply if kind is None
        else rectify_apply.apply if kind is Kind.RECTIFICATION
        else restrict_apply.apply
    )  # fmt: skip
    with followed(place, site):
        return carry_out(place, site, system_name, as_json=as_json)


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
        "server_replaced": report.moved,
        "schema_changes": list(report.schema_changes),
        "workers": report.crew.as_dict(),
        "triggers": None if report.triggers is None else report.triggers.value,
        "record_triggers": report.record_triggers,
    }


def show(report: Report, receipt: Receipt, plan_file: Path, not_covered: int) -> None:
    """The result as a person reads it."""
    from carrel.cli.card_screen import show_cards
    from carrel.cli.schema_watch import show_changes
    from carrel.cli.screen import figure, not_yet_covered, number, put_line, put_table
    from carrel.systems.sql.trigger_way import SAID, SAID_BESIDE

    plan = report.plan
    ended = f"{report.outcome.value}{until(report.outcome, report.places)}"
    say(f"{report.copy or plan.system}: {report.stage.value}, {ended}")
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
    if report.moved:
        put_line(_MOVED)
    show_changes(report.schema_changes)
    for code in report.crew.codes:
        say(f"A worker ended early: {code}. Others went on with its job.")
    if report.record_triggers is not None:
        put_line(f"Triggers: {SAID_BESIDE}.", hang=2)
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
    if swept.look_back.says:
        put_line(f"Read of {swept.look_back.says}.", "  ")
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


def until(outcome: Outcome, places: tuple[Place, ...]) -> str:
    """The date that belongs to the words of an outcome with residues; of another one nothing."""
    from carrel.retention.outcome import Outcome

    if outcome is not Outcome.RESIDUE:
        return ""
    dates = [place.until for place in places if place.lasting and place.until]
    return f" {max(dates):%Y-%m-%d}" if dates else " a date that nobody can tell"
