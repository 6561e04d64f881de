"""What the store says of plans, runs and nights, as an audit takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carrel.accountability.authority import AuthorityFacts
from carrel.accountability.health import Residue
from carrel.retention.open_join import OpenJoin


@dataclass(frozen=True, slots=True)
class CapsuleFacts:
    """An undo capsule that is not shredded: what its run cut is not disposed of yet.

    Attributes:
        loans: that the run cut; None where the store does not know the run.
        until: aware time at which it is to be shredded.
    """

    loans: int | None
    until: datetime


@dataclass(frozen=True, slots=True)
class NightFacts:
    """What the store says about plans, runs and nights.

    Attributes:
        runs: on record.
        altered_plans: plans of runs that do not fit their digest any more.
        early_runs: runs from before the policy was approved.
        early_under: the same for each further policy, by digest: runs under it from before its approval.
        last_verified: aware end of the last night that was read back and found without rest.
        ledger: ``verified``, ``none``, or the code of the fault that checking it gave.
        capsules: undo capsules that are not shredded.
        residues: places outside the tables that still keep old values, each once.
        open_joins: that led a sweep back to readers and were not shown closed since.
        authority: who may act, as it is on record.
    """

    runs: int = 0
    altered_plans: int = 0
    early_runs: int = 0
    early_under: Mapping[str, int] = field(default_factory=dict)
    last_verified: datetime | None = None
    ledger: str = "none"
    capsules: tuple[CapsuleFacts, ...] = ()
    residues: tuple[Residue, ...] = ()
    open_joins: tuple[OpenJoin, ...] = ()
    authority: AuthorityFacts = field(default_factory=AuthorityFacts)
