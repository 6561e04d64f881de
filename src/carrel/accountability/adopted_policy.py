"""The adopted policy as an audit holds it: clauses, datasets, classes, and what was excepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """One record type in the policy; ``carried`` tells whether a schedule carries it out (loans) or only a promise."""

    record: str
    risk: RiskClass
    fields: tuple[FieldFacts, ...]
    carried: bool
    says: str = ""
    source: str = ""


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

    def dataset(self, record: str) -> DatasetFacts | None:
        """The dataset of a record type, if the policy has it."""
        return next((dataset for dataset in self.datasets if dataset.record == record), None)
