"""Which clauses have evidence: one provider per clause, each in the module of its chapter."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from carrel.accountability.evidence import Evidence, Kind, Reading

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

Provider = Callable[["AuditFacts"], Reading | None]

# The chapters with providers. A module that is not listed here gives no evidence.
_CHAPTERS = (
    "approval_dates",
    "ceilings",
    "children",
    "consent_record",
    "cookies",
    "collection",
    "deidentified_records",
    "exceptions",
    "forms_told",
    "high_water",
    "legal_holds",
    "legal_process",
    "lifecycle",
    "log_clauses",
    "log_services",
    "measured_risk",
    "notices",
    "outside_clauses",
    "own_account",
    "patron_requests",
    "public_computers",
    "purposes",
    "reading_history",
    "reasons_to_keep",
    "record_kinds",
    "recorded_releases",
    "request_doors",
    "risk_classes",
    "taxonomy",
)


class _Provided(NamedTuple):
    kind: Kind
    provider: Provider
    partly: str
    at_some_sites: bool


_providers: dict[str, _Provided] = {}


def provides(
    clause: str, kind: Kind = Kind.ENFORCED, *, partly: str = "", at_some_sites: bool = False
) -> Callable[[Provider], Provider]:
    """Register the provider of one clause.

    Args:
        clause: id of the clause.
        kind: how the clause is carried.
        partly: what of the clause is not measured. Such evidence can show a finding, and never that the clause holds.
        at_some_sites: a site may have nothing that this measures; the provider gives None there, and the clause is a
            promise.

    Raises:
        ValueError: the clause has a provider already.
    """

    def register(provider: Provider) -> Provider:
        if clause in _providers and _providers[clause].provider is not provider:
            raise ValueError(f"clause {clause} has a provider")
        _providers[clause] = _Provided(kind, provider, partly, at_some_sites)
        return provider

    return register


def evidenced_clauses() -> frozenset[str]:
    """The clauses for whose whole an audit measures evidence on every live system."""
    return frozenset(clause for clause, one in _loaded().items() if not (one.partly or one.at_some_sites))


def carried_clauses() -> frozenset[str]:
    """These, and the clauses for whose whole it does where a site has what they speak of."""
    return frozenset(clause for clause, one in _loaded().items() if not one.partly)


def measured_clauses() -> frozenset[str]:
    """These, and those of which an audit measures a part, or what some sites have: it can show a finding on each."""
    return frozenset(_loaded())


def not_measured() -> dict[str, str]:
    """What of a clause is not measured, in words; of those alone of which a part is not."""
    return {clause: one.partly for clause, one in _loaded().items() if one.partly}


def evidence_for(clause: str, facts: AuditFacts) -> Evidence | None:
    """The evidence for one clause; None where nothing measures it yet, or nothing at this site."""
    if (found := _loaded().get(clause)) is None or (reading := found.provider(facts)) is None:
        return None
    return Evidence(
        clause, reading.state, found.kind, reading.says, reading.measured, reading.because, reading.fix, found.partly
    )


def _loaded() -> dict[str, _Provided]:
    for chapter in _CHAPTERS:
        importlib.import_module(f"carrel.accountability.{chapter}")
    return _providers
