"""Where the clauses of a policy stand: each with its evidence, or as a promise that nothing measures yet."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carrel.accountability.custody import evidence_of
from carrel.accountability.evidence import Evidence, State
from carrel.accountability.facts import AuditFacts, ClauseText
from carrel.accountability.registry import evidence_for
from carrel.amount import amount


class Standing(enum.StrEnum):
    """Where a clause of the policy stands."""

    HOLDS = "holds"
    FINDING = "finding"
    CANNOT_TELL = "cannot tell"
    BY_CUSTODIAN = "carried out by the custodian"
    ATTESTED = "attested"
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


def count(clauses: Sequence[ClauseStanding], standing: Standing) -> int:
    """How many clauses stand so."""
    return sum(one.standing is standing for one in clauses)


def hold(clauses: Sequence[ClauseStanding], measured: str = "measured") -> str:
    """How many of the clauses that were measured hold, in words."""
    holding, broken, unsure = (count(clauses, one) for one in (Standing.HOLDS, Standing.FINDING, Standing.CANNOT_TELL))
    if not holding + broken + unsure:
        return f"none of {amount(len(clauses), 'clause')} is {measured} yet"
    told = f"{holding} of {holding + broken + unsure} {measured} clauses hold"
    if broken:
        told += f", {broken} do not" if broken > 1 else ", 1 does not"
    return told + (f", {unsure} cannot be told" if unsure else "")


@dataclass(frozen=True, slots=True)
class PolicyStanding:
    """How the clauses of a further policy stand, which governs some units of the database.

    Attributes:
        policy, title, digest: which.
        units: how many it governs; None where the database could not be read.
        clauses: all of its own, in its order.
    """

    policy: str
    title: str
    digest: str
    units: int | None
    clauses: tuple[ClauseStanding, ...]

    @property
    def open_points(self) -> int:
        """Findings, and what cannot be told."""
        return count(self.clauses, Standing.FINDING) + count(self.clauses, Standing.CANNOT_TELL)

    @property
    def governs(self) -> str:
        """The policy and its units, for a heading."""
        return self.policy if self.units is None else f"{self.policy}, {amount(self.units, 'unit')}"

    def apart_from(self, others: Sequence[ClauseStanding]) -> tuple[ClauseStanding, ...]:
        """The clauses that are a finding, or cannot be told, in other words than under another policy."""
        told = {(one.clause.id, one.standing, one.evidence and one.evidence.says) for one in others}
        open_points = {Standing.FINDING, Standing.CANNOT_TELL}
        return tuple(
            one
            for one in self.clauses
            if one.standing in open_points
            and (one.clause.id, one.standing, one.evidence and one.evidence.says) not in told
        )

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "policy": self.policy,
            "policy_digest": self.digest,
            "units": self.units,
            "counts": {standing.value: count(self.clauses, standing) for standing in Standing},
            "clauses": [one.as_dict() for one in self.clauses],
        }


def policy_standing(facts: AuditFacts) -> PolicyStanding:
    """How the clauses of the policy that the facts are held against stand."""
    policy = facts.policy
    clauses = tuple(standing_of(clause, facts) for clause in policy.clauses)
    return PolicyStanding(policy.name, policy.title, policy.digest, facts.units, clauses)


_STANDINGS = {state: Standing(state.value) for state in State}


def standing_of(clause: ClauseText, facts: AuditFacts) -> ClauseStanding:
    """Where one clause stands by what was measured.

    Guarantees:
        A clause without a provider is NOT_YET, never HOLDS; one that could not be measured is CANNOT_TELL.
    """
    if facts.custody is not None and clause.id in facts.custody.clauses:
        told = evidence_of(clause.id, facts.custody, facts.as_of)
        return ClauseStanding(clause, _STANDINGS[told.state], told)
    evidence = evidence_for(clause.id, facts)
    if evidence is None:
        return ClauseStanding(clause, Standing.NOT_YET, None)
    if evidence.partly:  # a part can be broken, and never makes the whole hold
        broken = evidence.state is State.FINDING
        return ClauseStanding(clause, Standing.FINDING if broken else Standing.NOT_YET, evidence)
    if clause.promised:
        return ClauseStanding(clause, Standing.NOT_YET, None)
    return ClauseStanding(clause, _STANDINGS[evidence.state], evidence)
