"""The audit: every clause of the adopted policy with its evidence, and the five chapters of what becomes of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from carrel.accountability.chapters import Chapter, chapters
from carrel.accountability.clause_standing import (
    ClauseStanding,
    PolicyStanding,
    Standing,
    count,
    hold,
    policy_standing,
    standing_of,
)
from carrel.accountability.facts import AuditFacts, CapsuleFacts, Contradiction
from carrel.accountability.health import Residue
from carrel.accountability.surroundings import Surroundings
from carrel.amount import amount
from carrel.errors import Exit
from carrel.retention.open_join import OpenJoin
from carrel.retention.plan import PolicyLine

__all__ = ["AuditReport", "ClauseStanding", "PolicyStanding", "Standing", "audit"]

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit of one system found.

    Attributes:
        system: name in the site file.
        policy: name of the adopted policy, and ``title`` for people.
        as_of: aware time of the measuring.
        clauses: every clause of the policy, in its order.
        beside: how the clauses of each further policy stand that governs some unit.
        chapters: collected, stored, shared, used, destroyed.
        contradictions: settings of the product that work against the policy.
        process: what is wrong with plans, approvals and the ledger; empty if nothing is.
        not_covered: tables with patron data that no rule reaches yet, with the reason.
        ledger_broken: the ledger did not verify, so what it says proves nothing.
        not_disposed: undo capsules with loans that are cut and can still be brought back.
        residues: places outside the tables that still keep old values.
        open_joins: that led a sweep back to readers and were not shown closed since.
        around: logs, replicas, free pages and dumps as they were read a moment ago; None if nothing could be read.
        policies: in force, where there are several: the adopted one is that of the rest.
        stricter: whose records are treated more strictly than their policy writes.
        units_gone: what is to be said of loans that bear a unit which is gone.
        elsewhere: who holds the data of a library without a system of its own: nothing was measured then.
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
    policies: tuple[PolicyLine, ...] = ()
    stricter: tuple[str, ...] = ()
    units_gone: str = ""
    elsewhere: str = ""
    beside: tuple[PolicyStanding, ...] = ()

    @property
    def head(self) -> str:
        """What was audited, when, and whether anything was measured for it."""
        at = f"{self.as_of:%Y-%m-%d %H:%M} UTC"
        if not self.elsewhere:
            several = (
                f"; with it {amount(len(self.beside), 'policy', 'policies')} of single units" if self.beside else ""
            )
            return f"{self.title}, measured on {self.system} at {at}{several}"
        attested = self.count(Standing.ATTESTED) and not self.count(Standing.BY_CUSTODIAN)
        how = "by figures that somebody attests" if attested else "by what it has shown"
        return f"{self.title}, told of {self.system} {how}, at {at}. Nothing was measured here."

    def count(self, standing: Standing) -> int:
        """How many clauses of the site's own policy stand so."""
        return count(self.clauses, standing)

    @property
    def exit(self) -> Exit:
        """0 if every measured clause holds; 3 with findings or what cannot be told; 5 for a broken ledger."""
        if self.ledger_broken:
            return Exit.VERIFICATION_FAILED
        grave = any(one.severity == "finding" for one in self.contradictions)
        unsure = self.count(Standing.FINDING) + self.count(Standing.CANNOT_TELL)
        unsure += sum(one.open_points for one in self.beside)
        return Exit.FINDINGS if unsure or grave or self.process else Exit.DONE

    @property
    def verdict(self) -> str:
        """The result in one sentence, which claims no more than was measured."""
        told = hold(self.clauses, "judged" if self.elsewhere else "measured")
        if elsewhere := self.count(Standing.BY_CUSTODIAN):
            told += f"; {amount(elsewhere, 'clause is', 'clauses are')} carried out by the custodian"
        if attested := self.count(Standing.ATTESTED):
            told += f"; {amount(attested, 'clause is', 'clauses are')} attested, and nobody measured it"
        promised = amount(self.count(Standing.NOT_YET), "clause is a promise", "clauses are promises")
        told += f"; {promised} that nothing measures in full yet."
        if self.beside:
            theirs = [clause for one in self.beside for clause in one.clauses]
            others = amount(len(self.beside), "policy", "policies")
            told += f" By {others} of single units: {hold(theirs)}."
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
            "measured_here": not self.elsewhere,
            "verdict": self.verdict,
            "counts": {standing.value: self.count(standing) for standing in Standing},
            "clauses": [one.as_dict() for one in self.clauses],
            "beside": [one.as_dict() for one in self.beside],
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
            "policies": [asdict(one) for one in self.policies],
            "stricter": list(self.stricter),
            "units_gone": self.units_gone,
        }


def audit(facts: AuditFacts) -> AuditReport:
    """Judge one system by what was measured.

    Args:
        facts: everything that was measured again.

    Guarantees:
        Every clause of the policy is in the report once, and so is every clause of each policy that governs some unit.
        A clause without a provider is NOT_YET, never HOLDS; one that could not be measured is CANNOT_TELL.
    """
    policy = facts.policy
    return AuditReport(
        system=facts.system,
        policy=policy.name,
        title=policy.title,
        digest=policy.digest,
        as_of=facts.as_of,
        clauses=tuple(standing_of(clause, facts) for clause in policy.clauses),
        beside=tuple(policy_standing(one) for one in facts.beside if one.units != 0),
        chapters=chapters(facts),
        contradictions=_contradictions(facts),
        process=tuple(_process(facts)),
        not_covered=dict(facts.live.not_yet_covered),
        ledger_broken=facts.nights.ledger not in {"none", "verified"},
        not_disposed=facts.nights.capsules,
        residues=facts.nights.residues,
        open_joins=facts.nights.open_joins,
        around=facts.around,
        policies=facts.policies,
        stricter=facts.stricter,
        units_gone=facts.units_gone,
        elsewhere=facts.elsewhere,
    )


def _contradictions(facts: AuditFacts) -> tuple[Contradiction, ...]:
    """The settings that work against any policy in force, each once, the site's own first."""
    found = {one.setting: one for each in reversed((facts, *facts.beside)) for one in each.contradictions}
    own = [one.setting for one in facts.contradictions]
    return tuple(found[name] for name in [*own, *(name for name in found if name not in own)])


def _process(facts: AuditFacts) -> list[str]:
    nights = facts.nights
    found = []
    if nights.altered_plans:
        found.append(
            f"{nights.altered_plans} recorded plans do not fit their digest: what was approved is not what is recorded"
        )
    if nights.ledger not in {"none", "verified"}:
        found.append(f"the ledger does not verify ({nights.ledger})")
    if wrong := nights.authority.wrong:
        entries = amount(wrong, "entry on who may act does", "entries on who may act do")
        found.append(f"{entries} not stand as the ledger was told: `carrel staff history` names them")
    if late := sum(one.until <= facts.as_of for one in nights.capsules):
        found.append(f"{late} undo capsules are over and not shredded: their loans can still be brought back")
    if nights.open_joins:
        led = amount(len(nights.open_joins), "join led a sweep back and is", "joins led a sweep back and are")
        found.append(f"{led} not shown closed: `carrel verify` names them")
    if facts.units_gone:
        found.append(facts.units_gone)
    if facts.live.unproved:
        found.append(facts.live.unproved)
    if facts.around is not None:
        found.extend(facts.around.overdue)
    found.extend(facts.outside.lines)
    if facts.returned:
        persons = amount(facts.returned, "person who was erased has", "persons who were erased have")
        found.append(f"{persons} a record again: was it restored?")
    return found
