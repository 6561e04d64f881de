"""What a page about a run or an audit tells: plain values in the order in which a librarian reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from carrel.accountability.audit import AuditReport, ClauseStanding, Standing
from carrel.accountability.chapters import Chapter
from carrel.accountability.facts import AuditFacts, Contradiction
from carrel.accountability.health import Residue
from carrel.accountability.surroundings import Surroundings
from carrel.retention.lifecycle import State
from carrel.retention.reasons import by_reason


class TableLine(NamedTuple):
    """One table, or one way from a loan to its reader.

    Attributes:
        table: name in the database.
        says: what it holds, for people.
        before: rows that led to a reader of a due loan; None where nothing was counted before.
        after: the same now.
        act: what was done to them, such as ``update`` or ``delete``.
        why: the reason, from the map.
    """

    table: str
    says: str
    before: int | None
    after: int
    act: str = ""
    why: str = ""


class ClauseLine(NamedTuple):
    """One clause of the policy with where it stands and the figures behind it."""

    id: str
    policy: str
    standing: Standing
    says: str = ""
    figures: tuple[tuple[str, int | str], ...] = ()
    because: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything on one page. Nothing in it names a patron.

    Attributes:
        title: of the page.
        library: whose it is; may be empty.
        as_of: aware time of the figures.
        summary: the result in one or two plain sentences.
        policy: what the policy says, one promise a line.
        tables: before and after, per table.
        kept: loans that still name a reader, per reason; the page merges reasons under ten.
        sweep: per kind of attack how many pairs of loan and reader were tried, and how many it singled out.
        residues: what still keeps old values outside the tables.
        checkpoint: the ledger's signed checkpoint; empty if there is none.
        figures: key figures by name, at most six.
        not_covered: tables or matters that nothing reaches yet, with the reason.
        clauses: evidence clause by clause; empty on the page of a run.
        contradictions: settings of the product that work against the policy.
        chapters: collected, stored, shared, used, destroyed; empty on the page of a run.
        process: what is wrong with plans, approvals and the ledger.
        around: logs, replicas, free pages and dumps, read for this page; None on the page of a run.
        beside: heading and clauses of each further policy that governs some unit.
        elsewhere: who holds the data, where nothing could be measured for this page; else empty.
    """

    title: str
    as_of: datetime
    summary: str
    policy: tuple[str, ...] = ()
    tables: tuple[TableLine, ...] = ()
    kept: Mapping[str, int | str] = field(default_factory=dict)
    sweep: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    residues: tuple[Residue, ...] = ()
    checkpoint: str = ""
    figures: Mapping[str, int | str] = field(default_factory=dict)
    not_covered: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    clauses: tuple[ClauseLine, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    process: tuple[str, ...] = ()
    around: Surroundings | None = None
    elsewhere: str = ""
    beside: tuple[tuple[str, tuple[ClauseLine, ...]], ...] = ()

    @property
    def kept_merged(self) -> dict[str, int | str]:
        """The reasons as they may be shown (DESIGN 5)."""
        return by_reason(self.kept)

    def standing(self, standing: Standing) -> tuple[ClauseLine, ...]:
        """The clauses that stand so, in the policy's order."""
        return tuple(line for line in self.clauses if line.standing is standing)


def page_of(
    report: AuditReport,
    facts: AuditFacts,
    *,
    library: str = "",
    says: Mapping[str, str] | None = None,
    checkpoint: str = "",
) -> RunReport:
    """The page of an audit.

    Args:
        report: what the audit found.
        facts: what it was judged from.
        library: name of the library.
        says: what each path of the map holds, for people.
        checkpoint: signed, as the ledger holds it.
    """
    loans = facts.loans
    says = says or {}
    tables: tuple[TableLine, ...] = ()
    if loans is not None:
        tables_of = {**loans.tables, **{one.path: one.table for one in facts.records}}
        tables = tuple(
            TableLine(tables_of.get(path, path), says.get(path, path), None, count)
            for path, count in facts.left.items()
        )
    kept: dict[str, int | str] = (
        {} if loans is None else {state: n for state, n in loans.states.items() if state != State.DUE.value}
    )
    return RunReport(
        title=f"Privacy audit of {report.system}",
        as_of=report.as_of,
        summary=report.verdict,
        policy=tuple(rule.promise for rule in facts.policy.rules),
        tables=tables,
        kept=kept,
        residues=report.residues,
        checkpoint=checkpoint,
        figures={
            "clauses that hold": report.count(Standing.HOLDS),
            "findings": report.count(Standing.FINDING),
            "cannot be told": report.count(Standing.CANNOT_TELL),
            "promises not measured yet": report.count(Standing.NOT_YET),
        },
        not_covered=report.not_covered,
        library=library,
        clauses=tuple(_line(one) for one in report.clauses),
        contradictions=report.contradictions,
        chapters=report.chapters,
        process=report.process,
        around=report.around,
        elsewhere=report.elsewhere,
        beside=tuple((one.governs, tuple(_line(clause) for clause in one.clauses)) for one in report.beside),
    )


def _line(one: ClauseStanding) -> ClauseLine:
    if (evidence := one.evidence) is None:
        return ClauseLine(one.clause.id, one.clause.says, one.standing)
    return ClauseLine(
        one.clause.id,
        one.clause.says,
        one.standing,
        evidence.says,
        tuple(evidence.measured.items()),
        evidence.because,
        evidence.fix,
    )
