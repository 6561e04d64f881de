"""An audit as a person reads it: what is wrong first, then what holds, then what lies around the tables."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.policy_screen import show_policies
from carrel.cli.screen import WIDTH, put_line, put_table, say

if TYPE_CHECKING:
    from carrel.accountability.audit import AuditReport
    from carrel.accountability.surroundings import Surroundings


def show(report: AuditReport) -> None:
    """The report as a person reads it."""
    from carrel.accountability.audit import Standing

    put_line(report.head, hang=2)
    good = (Standing.HOLDS, Standing.BY_CUSTODIAN, Standing.ATTESTED)
    for standing in (Standing.FINDING, Standing.CANNOT_TELL, *good):
        lines = [(one.clause.id, one.evidence) for one in report.clauses if one.standing is standing]
        if lines:
            advice = standing not in good
            put_table(
                standing.value.capitalize(),
                ("clause", "", "what to do") if advice else ("clause", ""),
                [
                    (clause, proof.says, proof.fix) if advice else (clause, proof.says)
                    for clause, proof in lines
                    if proof is not None
                ],
            )
    if report.contradictions:
        put_table(
            "Settings that work against the policy",
            ("setting", "", "what to do"),
            [(one.setting, one.says, one.fix) for one in report.contradictions],
        )
    show_policies(report.policies, report.stricter, due="owed")
    _show_beside(report)
    for line in report.process:
        say(textwrap.fill(f"Process: {line}.", WIDTH, break_on_hyphens=False))
    for one in report.residues:
        put_line(f"Old values also stand in: {one.place} ({one.when}).", hang=2)
    if report.around is not None:
        _show_around(report.around)
    say(textwrap.fill(report.verdict, WIDTH, break_on_hyphens=False))
    if report.not_covered:
        say(f"`carrel map show --policy` lists the {amount(len(report.not_covered), 'table')}.")


_MOST_POLICIES = 8  # whose clauses are told one by one; --json and the page have all


def _show_beside(report: AuditReport) -> None:
    """How the clauses of further policies stand: each in a line, and what is told in other words than above."""
    from carrel.accountability.clause_standing import hold

    if not report.beside:
        return
    say("Each of these by its own clauses:")
    told, tables = list(report.clauses), []
    for one in report.beside[:_MOST_POLICIES]:
        apart = one.apart_from(told)
        told.extend(apart)
        alike = ", told in the same words above" if one.open_points and not apart else ""
        put_line(f"{one.governs}: {hold(one.clauses)}{alike}.", "  - ")
        if apart:
            tables.append((one.policy, apart))
    if more := report.beside[_MOST_POLICIES:]:
        open_points = sum(bool(one.apart_from(told)) for one in more)
        put_line(
            f"{amount(len(more), 'more policy', 'more policies')}: {open_points or 'none'} with further findings; "
            "--json and --html tell each.",
            "  - ",
        )
    for policy, clauses in tables:
        put_table(
            f"Under {policy}",
            ("clause", "stands", "", "what to do"),
            [
                (one.clause.id, one.standing.value, proof.says, proof.fix)
                for one in clauses
                if (proof := one.evidence) is not None
            ],
        )


def _show_around(around: Surroundings) -> None:
    """What lies around the tables now: what it holds, until when, what ends it, and what was not seen."""
    if around.places:
        put_table(
            "Around the tables, read now",
            ("place", "holds", "until", "to end it sooner"),
            [(one.name, one.told, one.when, one.advice) for one in around.places],
        )
    if around.unseen:
        put_table(
            "Around the tables, not seen",
            ("", "because", "what would show it"),
            [(one.name, one.because, one.fix) for one in around.unseen],
        )
    if around.looked_at:
        said = f"Around the tables, looked at, and nothing there: {'; '.join(map(str, around.looked_at))}."
        say(textwrap.fill(said, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
