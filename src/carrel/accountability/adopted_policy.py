"""The adopted policy as an audit holds it: clauses, datasets, classes, and what was excepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from carrel.accountability.forms_told import FormFacts
from carrel.inventory.category import Category
from carrel.inventory.risk import Floor, RiskClass
from carrel.policy.duration import Duration


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause as the adopted policy has it.

    Attributes:
        id: of the clause.
        says: the clause, or the promise, in the library's words.
        promised: no rule carries it yet; it is published as a promise.
    """

    id: str
    says: str
    promised: bool


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field of a dataset in the policy; ``risk`` is the field's own class where one is given."""

    name: str
    category: Category
    purpose: str
    risk: RiskClass | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """One record type in the policy; ``carried`` tells whether a schedule carries it out (loans) or only a promise."""

    record: str
    risk: RiskClass
    fields: tuple[FieldFacts, ...]
    carried: bool
    says: str = ""
    source: str = ""
    given: tuple[str, ...] = ()
    why_not_shorter: str = ""


@dataclass(frozen=True, slots=True)
class StillNeeded:
    """Why what a rule left is kept, who answers for it, and the day by which that is reviewed (MITL-6.9)."""

    need: str
    owner: str
    review_by: date


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One retention rule of the policy, as far as an audit judges its words.

    Attributes:
        record: kind of record.
        id: of the rule.
        keep: the period of its newest version, in words.
        event: what ends active use, in words.
        de_identifies: whether what is due stays without its reader; else it is deleted.
        why_not_shorter: in the library's words; may be empty.
        afterwards: why what it left is kept; None where nothing is said.
    """

    record: str
    id: str
    keep: str
    event: str
    de_identifies: bool
    why_not_shorter: str = ""
    afterwards: StillNeeded | None = None

    @property
    def said(self) -> str:
        """The rule, for people."""
        return f"{self.record}: {self.id}"

    @property
    def promise(self) -> str:
        """The rule in one sentence, as a page tells it."""
        done = "de-identified" if self.de_identifies else "deleted"
        named = f"{self.id[:1].upper()}{self.id[1:]}"
        if self.record == "loans":
            return f"{named}: kept with the reader's name for {self.keep} after active use, then {done}."
        return f"{named} ({self.record}): {done} {self.keep} after each is {self.event}."


@dataclass(frozen=True, slots=True)
class LawFacts:
    """One law that the policy cites; ``parameters`` is what it sets, by name."""

    name: str
    cite: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyException:
    """A recorded exception from a ceiling, as the policy has it (MITL-6.7)."""

    id: str
    rule: str
    reason: str
    approver: str
    expires: date


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The adopted policy, after adoption, as far as an audit judges it.

    Attributes:
        ceilings: per class the longest that identified data may be kept after active use; None for no limit.
        floors: of the policy and of all that it adopts.
        purposes: the closed list.
        rules: every retention rule in force, of loans first.
        laws: of the policy and of all that it adopts.
        adopts: names of the policies that it tightens.
        forms: by which patrons give something.
    """

    name: str
    title: str
    digest: str
    approved: date
    clauses: tuple[ClauseText, ...]
    purposes: frozenset[str]
    ceilings: Mapping[RiskClass, Duration | None]
    floors: tuple[Floor, ...]
    datasets: tuple[DatasetFacts, ...]
    exceptions: tuple[PolicyException, ...] = ()
    rules: tuple[RuleFacts, ...] = ()
    laws: tuple[LawFacts, ...] = ()
    adopts: tuple[str, ...] = ()
    forms: FormFacts = field(default_factory=FormFacts)

    def dataset(self, record: str) -> DatasetFacts | None:
        """The dataset of a record type, if the policy has it."""
        return next((dataset for dataset in self.datasets if dataset.record == record), None)
