"""What an audit knows: everything that was measured again for it, as values.

`systems.audit_facts` gathers it from the live database, the policy and the store. Nothing in it names a patron.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from carrel.accountability.health import Residue
from carrel.accountability.surroundings import Surroundings
from carrel.inventory.category import Category
from carrel.inventory.collection import Superfluous
from carrel.inventory.risk import Floor, RiskClass
from carrel.policy.duration import Duration
from carrel.policy.schedule import LoanSchedule
from carrel.retention.open_join import OpenJoin

Rows = Mapping[str, int]  # rows per path of the map


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


@dataclass(frozen=True, slots=True)
class KeepingFacts:
    """One legal hold or recorded exception of the store, without its scope; ``scoped`` tells whether it has one.

    A ``sealed`` one is under a gag order: it is measured, and no figure of its own is told.
    """

    id: str
    legal_hold: bool
    reason: str
    authority: str
    since: datetime
    until: datetime | None
    in_force: bool
    scoped: bool = True
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class LoanFacts:
    """What the live database holds of loans, re-measured for this audit.

    Attributes:
        states: closed loans that name a reader, per state of the lifecycle, at `AuditFacts.judged_at`.
        oldest_days: per state the age in days since return of its oldest loan that names a reader.
        remaining: rows per path that are due and unheld and still lead to a reader (the complement).
        strays: rows per path that name a reader although their loan no longer does, or is gone.
        by_rule: the complement per retention rule.
        past_ceiling: the complement per risk class, had each loan been kept for that class's ceiling; by `as_of`.
        before_policy: the complement among loans that closed before the first version of their rule.
        last_borrowers: rows that name an item's last borrower, and of these, those past the policy's limit.
        left_on_parted: loans that name nobody, yet keep a value in a field that de-identifying removes.
        own_path: the path of the loans' own table.
        tables: the table of each path.
        table_sizes: rows per table.
    """

    states: Mapping[str, int]
    oldest_days: Mapping[str, int]
    remaining: Rows
    strays: Rows
    by_rule: Mapping[str, Rows]
    past_ceiling: Mapping[RiskClass, Rows]
    before_policy: Rows
    last_borrowers: int
    last_borrowers_past: int
    left_on_parted: int
    own_path: str
    tables: Mapping[str, str]
    table_sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """What the live database collects beyond what lending needs, held against the policy.

    Attributes:
        superfluous: collected while no purpose of the policy needs it.
        looked_at: how many things the map says can be collected.
        unread: of these, what could not be looked at.
    """

    superfluous: tuple[Superfluous, ...] = ()
    looked_at: int = 0
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What the live database holds of one path of records of another kind than loans.

    Attributes:
        record: kind of record, as the policy names it.
        path, table: of the map.
        risk: class of the kind.
        left: due under the kind's own rule at `AuditFacts.judged_at`, and still there.
        past_ceiling: due by `AuditFacts.as_of`, had each been kept for the ceiling of a class, by class; of those that
            bind it.
        kept, undated: the others, and those that tell no usable time, as they may be shown.
    """

    record: str
    path: str
    table: str
    risk: RiskClass
    left: int
    past_ceiling: Mapping[RiskClass, int]
    kept: int | str
    undated: int | str


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """How the live schema differs from the system map.

    Attributes:
        unknown_columns: ``table.column`` of live columns in covered tables that the map does not know.
        missing: tables or columns of the map that the database lacks.
        not_yet_covered: tables with patron data that the map names but no rule reaches, with the reason.
        unproved: why the product's version is not proved; empty if it is.
    """

    product_version: str
    unknown_columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_yet_covered: Mapping[str, str] = field(default_factory=dict)
    unproved: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A setting of the product that works against the policy."""

    setting: str
    says: str
    clauses: tuple[str, ...] = ()
    severity: str = "finding"
    fix: str = ""


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
        last_verified: aware end of the last night that was read back and found without rest.
        ledger: ``verified``, ``none``, or the code of the fault that checking it gave.
        capsules: undo capsules that are not shredded.
        residues: places outside the tables that still keep old values, each once.
        open_joins: that led a sweep back to readers and were not shown closed since.
    """

    runs: int = 0
    altered_plans: int = 0
    early_runs: int = 0
    last_verified: datetime | None = None
    ledger: str = "none"
    capsules: tuple[CapsuleFacts, ...] = ()
    residues: tuple[Residue, ...] = ()
    open_joins: tuple[OpenJoin, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """Everything that one audit of one system is judged from.

    Attributes:
        as_of: aware time of the audit; ceilings are judged at this moment.
        judged_at: aware time, at most one night earlier: what became due after it waits for tonight's run.
        loans: None if the database could not be read; ``unread`` says why then.
        collection: None if the database could not be read.
        held_now: closed loans in the scope of a legal hold in force that name a reader.
        held_before: the same when it was last counted under these holds; None if that was never done.
        records: of other kinds for which the policy has a rule.
        around: what lies around the tables; None if the database could not be read.
    """

    system: str
    as_of: datetime
    judged_at: datetime
    policy: PolicyFacts
    schedule: LoanSchedule
    loans: LoanFacts | None
    live: SchemaFacts
    unread: str = ""
    collection: CollectionFacts | None = None
    keepings: tuple[KeepingFacts, ...] = ()
    held_now: int = 0
    held_before: int | None = None
    contradictions: tuple[Contradiction, ...] = ()
    nights: NightFacts = field(default_factory=NightFacts)
    records: tuple[RecordFacts, ...] = ()
    around: Surroundings | None = None

    @property
    def left(self) -> dict[str, int]:
        """Everything that is due, unheld and still there, per path: of loans and of other records."""
        loans = {} if self.loans is None else dict(self.loans.remaining)
        return loans | {one.path: one.left for one in self.records}
