"""What is gathered of a custody before anything is said of it: what was asked for, what came, and who attests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The newest request that the library made; ``units`` where it names some of a shared database."""

    digest: str
    policy_digest: str
    issued_at: datetime
    valid_until: datetime
    evidence_days: int
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """The bundles that were checked and kept, verified again a moment ago.

    Attributes:
        request: digest that the newest names.
        made_at: of the newest.
        carried_out: when the oldest of the systems' last runs ended, where each was asked for, whole, and verified
            there; None if one was not, or a system has none.
        records: kinds of record that its runs worked on in full.
        wrong: runs after which something was left, or that nobody asked for.
        waiting: the host's systems whose last run was not such a one, or that have none.
        broken: code of the fault that verifying them again gave; empty where they hold.
    """

    request: str
    made_at: datetime
    carried_out: datetime | None
    records: frozenset[str] = frozenset()
    wrong: int = 0
    waiting: tuple[str, ...] = ()
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Attested:
    """The newest attestation: figures of a report, under the name of a person. Nobody measured anything.

    Attributes:
        records: kinds of record that the report speaks of.
        silent: by kind of record, branches of the library of which the report says nothing while it speaks of others.
        relisted: the report goes by branches, and the library's are no longer those of which it had to speak.
        broken: code of the fault that looking at it again gave; empty where it holds.
    """

    person: str
    signed_at: datetime
    expires_at: datetime
    as_of: date
    overdue: int
    policy_digest: str
    records: frozenset[str] = frozenset()
    silent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relisted: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class CustodyFacts:
    """A library's side of a custody.

    Attributes:
        host: name of the custodian.
        policy_digest: of the library's policy now.
        clauses: that the custodian's work stands for, each with the kinds of record that it speaks of.
        asked, received, attested: the newest of each.
        ruled: the kinds of record for which the library's policy has a rule.
    """

    host: str
    policy_digest: str
    clauses: Mapping[str, frozenset[str]]
    asked: AskedFor | None = None
    received: Received | None = None
    attested: Attested | None = None
    ruled: frozenset[str] = frozenset()
