"""One record type as a resolved policy holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from carrel.inventory.risk import RiskClass
from carrel.policy.document import PolicyDocument
from carrel.policy.record_grammar import DatasetRule
from carrel.policy.record_type import RecordType


@dataclass(frozen=True, slots=True)
class Dataset:
    """One record type as the resolved policy holds it.

    Attributes:
        record: which record type.
        rule: what the policy says of it.
        risk: its class, by the high-water mark of its fields.
        document: where the rule stands: in this policy, or in one that it adopts.
    """

    record: RecordType
    rule: DatasetRule
    risk: RiskClass
    document: PolicyDocument


Datasets = Mapping[RecordType, Dataset]
