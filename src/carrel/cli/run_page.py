"""The page about a run: what the policy says, what was found, what was done, what is left and what is not covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.accountability.health import Residue
from carrel.accountability.measurement import total
from carrel.accountability.run_report import RunReport, TableLine
from carrel.amount import amount
from carrel.retention.lifecycle import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.accountability.adopted_policy import RuleFacts
    from carrel.cli.lot_end import CardsDone
    from carrel.cli.night import Report
    from carrel.inventory.system_map import SystemMap
    from carrel.policy.schedule import LoanSchedule
    from carrel.retention.plan import Plan

NOT_A_REASON = frozenset({State.DUE.value, "open"})


def page_of_runs(
    reports: Sequence[Report],
    system_map: SystemMap,
    schedule: LoanSchedule,
    *,
    library: str = "",
    checkpoint: str = "",
    title: str = "",
    rules: Sequence[RuleFacts] = (),
) -> RunReport:
    """The page about one run, or about the stages of a first run told as one.

    Args:
        reports: one for each run, in order; at least one.
        system_map: of the system; says what each table holds.
        schedule: what the policy says of loans.
        library: its name.
        checkpoint: signed, as the ledger holds it.
        title: of the page; the night's date unless given.
        rules: every rule in force, of loans and of other records; those of loans alone unless given.
    """
    first, last = reports[0].plan, reports[-1]
    loans = sum(report.tally.loans for report in reports)
    rows = sum(total(report.tally.rows) for report in reports)
    pairs = sum(report.sweep.swept for report in reports)
    led_back = last.sweep.led_back
    left = total(last.remaining) if last.complete else None
    return RunReport(
        title=title or f"What was done on {first.system} on {last.finished:%-d %B %Y}",
        as_of=last.finished,
        summary=_summary(loans, left, led_back, len(system_map.not_yet_covered), len(last.open_joins))
        + _of_cards([report.cards for report in reports]),
        policy=tuple(_promises(schedule, rules)),
        tables=tuple(_tables(first, last, system_map)),
        kept={state: count for state, count in last.kept.items() if state not in NOT_A_REASON},
        sweep=_sweep(last),
        residues=tuple(Residue(place.name, place.until, lasting=place.lasting) for place in last.places),
        checkpoint=checkpoint,
        figures={
            "loans de-identified": loans,
            "rows cut": rows,
            "rows left": "not counted yet" if left is None else left,
            "pairs swept": pairs,
            "pairs that led back": led_back,
            "joins open to readers": len(last.open_joins),
        },
        not_covered=dict(system_map.not_yet_covered),
        library=library,
    )


def _summary(loans: int, left: int | None, led_back: int, not_covered: int, still_open: int) -> str:
    told = [f"{amount(loans, 'loan was parted from its reader', 'loans were parted from their readers')}."]
    if left is None:
        told.append("This was a stage of a first run; the rest follows.")
    elif left or led_back:
        told.append(
            f"{amount(left, 'row is', 'rows are')} left, and {amount(led_back, 'loan')} could be led back: see below."
        )
    elif not still_open:
        told.append("Every table was counted again: nothing that is due still leads to a reader.")
    if still_open:
        told.append(
            f"{amount(still_open, 'join led a sweep back and is', 'joins led a sweep back and are')} not shown closed: "
            "`carrel verify` names them."
        )
    if not_covered:
        told.append(
            f"{amount(not_covered, 'table with patron data is', 'tables with patron data are')} not covered yet."
        )
    return " ".join(told)


def _of_cards(done: list[CardsDone]) -> str:
    people, hits = sum(one.people for one in done), sum(one.found.hits for one in done)
    told = (
        f" {amount(people, 'person whose card had lapsed was', 'people whose card had lapsed were')} erased."
        if people
        else ""
    )
    if reduced := sum(one.reduced for one in done):
        ground = next(one.ground for one in done if one.ground)
        told += f" {amount(reduced, 'record was reduced, and keeps', 'records were reduced, and keep')} a name for the "
        told += f"financial record ({ground})."
    return f"{told} {amount(hits, 'row still names', 'rows still name')} somebody who was erased." if hits else told


def _promises(schedule: LoanSchedule, rules: Sequence[RuleFacts]) -> list[str]:
    lines = [
        f"{rule.id[:1].upper()}{rule.id[1:]}: kept with the reader's name for {rule.periods[-1].keep} after active use."
        for rule in schedule.rules
        if not rules
    ]
    lines += [rule.promise for rule in rules]
    limit = schedule.last_borrower.at_most
    lines.append(
        f"An item names its last borrower for {limit} at most." if limit else "No item names its last borrower."
    )
    lines.append(f"The charges of a settled loan: {schedule.charges.value}.")
    return lines


def _tables(first: Plan, last: Report, system_map: SystemMap) -> list[TableLine]:
    says = {path.name: path.says for path in system_map.paths}
    if system_map.lapsing is not None:
        says[system_map.lapsing.name] = system_map.lapsing.says
    return [
        TableLine(
            path.table,
            says.get(path.path, "the loans themselves"),
            path.rows + path.strays,
            last.remaining.get(path.path, 0),
            path.act,
            path.why,
        )
        for path in first.paths
    ]


def _sweep(last: Report) -> dict[str, tuple[int, int]]:
    """Attacks of one name told together: how many pairs each was tried on at most, and the most that led back."""
    found: dict[str, tuple[int, int]] = {}
    for attack in last.sweep.attacks:
        if attack.severity.value not in {"singles out", "recognisable as a set"}:
            continue
        tried, hits = found.get(attack.name, (0, 0))
        found[attack.name] = (max(tried, attack.tried), max(hits, attack.hits))
    return found
