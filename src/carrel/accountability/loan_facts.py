"""What a live database holds of loans and of other records, and under which holds and exceptions, as it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carrel.inventory.risk import RiskClass

Rows = Mapping[str, int]  # rows per path of the map


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
        described: loans that name nobody, and keep what the policy lets stay of their reader.
        unclear: closed loans that name a reader, with no usable time of return or one that is still to come.
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
    unclear: int = 0
    described: int = 0


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
        undated_rows: these to the row, for cards only; it decides, and is never shown.
    """

    record: str
    path: str
    table: str
    risk: RiskClass
    left: int
    past_ceiling: Mapping[RiskClass, int]
    kept: int | str
    undated: int | str
    undated_rows: int = 0


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
class KindFacts:
    """One kind of record that a product can hold, as it was found.

    Attributes:
        record: kind, as the policy names it.
        tables: where the map places it.
        rows: in all of them.
        linked: of these, the ones that name somebody who has a card now.
        unread: tables that the account may not read.
    """

    record: str
    tables: tuple[str, ...]
    rows: int
    unread: tuple[str, ...] = ()
    linked: int = 0
