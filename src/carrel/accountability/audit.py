"""The audit: every clause of the adopted policy with its evidence, and the five chapters of what becomes of data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.accountability.chapters import Chapter, chapters
from carrel.accountability.evidence import Evidence, State
from carrel.accountability.facts import AuditFacts, CapsuleFacts, ClauseText, Contradiction
from carrel.accountability.health import Residue
from carrel.accountability.registry import evidence_for
from carrel.accountability.surroundings import Surroundings
from carrel.amount import amount
from carrel.errors import Exit
from carrel.retention.open_join import OpenJoin

FORMAT_VERSION = 1


class Standing(enum.StrEnum):
    """Where a clause of the policy stands."""

    HOLDS = "holds"
    FINDING = "finding"
    CANNOT_TELL = "cannot tell"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class ClauseStanding:
    """One clause of the adopted policy and, if it is carried, its evidence."""

    clause: ClauseText
    standing: Standing
    evidence: Evidence | None

    def as_dict(self) -> dict[str, Any]:
        """The clause as ``--json`` prints it."""
        out: dict[str, Any] = {"clause": self.clause.id, "standing": self.standing.value, "policy": self.clause.says}
        if self.evidence is not None:
            out["evidence"] = self.evidence.as_dict()
        return out


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit of one system found.

    Attributes:
        system: name in the site file.
        policy: name of the adopted policy, and ``title`` for people.
        as_of: aware time of the measuring.
        clauses: every clause of the policy, in its order.
        chapters: collected, stored, shared, used, destroyed.
        contradictions: settings of the product that work against the policy.
        process: what is wrong with plans, approvals and the ledger; empty if nothing is.
        not_covered: tables with patron data that no rule reaches yet, with the reason.
        ledger_broken: the ledger did not verify, so what it says proves nothing.
        not_disposed: undo capsules with loans that are cut and can still be brought back.
        residues: places outside the tables that still keep old values.
        open_joins: that led a sweep back to readers and were not shown closed since.
        around: logs, replicas, free pages and dumps as they were read a moment ago; None if nothing could be read.
    """

    system: str
    policy: str
    title: str
    digest: str
    as_of: datetime
    clauses: tuple[ClauseStanding, ...]
    chapters: tuple[Chapter, ...]
    contradictions: tuple[Contradiction, ...]
    process: tuple[str, ...]
    not_covered: Mapping[str, str]
    ledger_broken: bool
    not_disposed: tuple[CapsuleFacts, ...] = ()
    residues: tuple[Residue, ...] = ()
    open_joins: tuple[OpenJoin, ...] = ()
    around: Surroundings | None = None

    def count(self, standing: Standing) -> int:
        """How many clauses stand so."""
        return sum(one.standing is standing for one in self.clauses)

    @property
    def exit(self) -> Exit:
        """0 if every measured clause holds; 3 with findings or what cannot be told; 5 for a broken ledger."""
        if self.ledger_broken:
            return Exit.VERIFICATION_FAILED
        grave = any(one.severity == "finding" for one in self.contradictions)
        unsure = self.count(Standing.FINDING) + self.count(Standing.CANNOT_TELL)
        return Exit.FINDINGS if unsure or grave or self.process else Exit.DONE

    @property
    def verdict(self) -> str:
        """The result in one sentence, which claims no more than was measured."""
        measured = self.count(Standing.HOLDS) + self.count(Standing.FINDING) + self.count(Standing.CANNOT_TELL)
        told = f"{self.count(Standing.HOLDS)} of {measured} measured clauses hold"
        if findings := self.count(Standing.FINDING):
            told += f", {findings} do not"
        if unsure := self.count(Standing.CANNOT_TELL):
            told += f", {unsure} cannot be told"
        promised = amount(self.count(Standing.NOT_YET), "clause is a promise", "clauses are promises")
        told += f"; {promised} that nothing measures in full yet."
        if self.not_disposed:
            loans = sum(one.loans or 0 for one in self.not_disposed)
            until = max(one.until for one in self.not_disposed)
            told += (
                f" {amount(loans, 'loan that was cut is', 'loans that were cut are')} not yet disposed of: "
                f"residue until {until:%Y-%m-%d} (undo capsule)."
            )
        if self.not_covered:
            tables = amount(len(self.not_covered), "table with patron data is", "tables with patron data are")
            told += f" {tables} not covered yet."
        return told

    def as_dict(self) -> dict[str, Any]:
        """The report as ``--json`` prints it."""
        return {
            "format_version": FORMAT_VERSION,
            "system": self.system,
            "policy": self.policy,
            "policy_digest": self.digest,
            "as_of": self.as_of.isoformat(),
            "verdict": self.verdict,
            "counts": {standing.value: self.count(standing) for standing in Standing},
            "clauses": [one.as_dict() for one in self.clauses],
            "chapters": [chapter.as_dict() for chapter in self.chapters],
            "contradictions": [
                {
                    "setting": one.setting,
                    "says": one.says,
                    "clauses": list(one.clauses),
                    "severity": one.severity,
                    "fix": one.fix,
                }
                for one in self.contradictions
            ],
            "process": list(self.process),
            "not_covered": dict(self.not_covered),
            "not_yet_disposed": [
                {"place": "undo capsule", "loans": one.loans, "residue_until": one.until.isoformat()}
                for one in self.not_disposed
            ],
            "residues": [one.as_dict() for one in self.residues],
            "open_joins": [one.as_dict() for one in self.open_joins],
            "around_the_tables": None if self.around is None else self.around.as_dict(),
        }


def audit(facts: AuditFacts) -> AuditReport:
    """Judge one system by what was measured.

    Args:
        facts: everything that was measured again.

    Guarantees:
        Every clause of the policy is in the report once. A clause without a provider is NOT_YET, never HOLDS; one that
        could not be measured is CANNOT_TELL.
    """
    policy = facts.policy
    return AuditReport(
        system=facts.system,
        policy=policy.name,
        title=policy.title,
        digest=policy.digest,
        as_of=facts.as_of,
        clauses=tuple(_standing(clause, facts) for clause in policy.clauses),
        chapters=chapters(facts),
        contradictions=facts.contradictions,
        process=tuple(_process(facts)),
        not_covered=dict(facts.live.not_yet_covered),
        ledger_broken=facts.nights.ledger not in {"none", "verified"},
        not_disposed=facts.nights.capsules,
        residues=facts.nights.residues,
        open_joins=facts.nights.open_joins,
        around=facts.around,
    )


_STANDINGS = {State.HOLDS: Standing.HOLDS, State.FINDING: Standing.FINDING, State.CANNOT_TELL: Standing.CANNOT_TELL}


def _standing(clause: ClauseText, facts: AuditFacts) -> ClauseStanding:
    evidence = evidence_for(clause.id, facts)
    if evidence is None:
        return ClauseStanding(clause, Standing.NOT_YET, None)
    if evidence.partly:  # a part can be broken, and never makes the whole hold
        broken = evidence.state is State.FINDING
        return ClauseStanding(clause, Standing.FINDING if broken else Standing.NOT_YET, evidence)
    if clause.promised:
        return ClauseStanding(clause, Standing.NOT_YET, None)
    return ClauseStanding(clause, _STANDINGS[evidence.state], evidence)


def _process(facts: AuditFacts) -> list[str]:
    nights = facts.nights
    found = []
    if nights.altered_plans:
        found.append(
            f"{nights.altered_plans} recorded plans do not fit their digest: what was approved is not what is recorded"
        )
    if nights.ledger not in {"none", "verified"}:
        found.append(f"the ledger does not verify ({nights.ledger})")
    if late := sum(one.until <= facts.as_of for one in nights.capsules):
        found.append(f"{late} undo capsules are over and not shredded: their loans can still be brought back")
    if nights.open_joins:
        led = amount(len(nights.open_joins), "join led a sweep back and is", "joins led a sweep back and are")
        found.append(f"{led} not shown closed: `carrel verify` names them")
    if facts.live.unproved:
        found.append(facts.live.unproved)
    if facts.around is not None:
        found.extend(facts.around.overdue)
    return found
