"""Which clauses have evidence: one provider per clause, each in the module of its chapter."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Evidence, Kind, Reading

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

Provider = Callable[["AuditFacts"], Reading]

# The chapters with providers. A module that is not listed here gives no evidence.
_CHAPTERS = (
    "approval_dates",
    "ceilings",
    "collection",
    "deidentified_records",
    "exceptions",
    "high_water",
    "legal_holds",
    "lifecycle",
    "notices",
    "purposes",
    "reading_history",
    "reasons_to_keep",
    "record_kinds",
    "risk_classes",
    "taxonomy",
)

_providers: dict[str, tuple[Kind, Provider, str]] = {}


def provides(clause: str, kind: Kind = Kind.ENFORCED, *, partly: str = "") -> Callable[[Provider], Provider]:
    """Register the provider of one clause.

    Args:
        clause: id of the clause.
        kind: how the clause is carried.
        partly: what of the clause is not measured. Such evidence can show a finding, and never that the clause holds.

    Raises:
        ValueError: the clause has a provider already.
    """

    def register(provider: Provider) -> Provider:
        if clause in _providers and _providers[clause][1] is not provider:
            raise ValueError(f"clause {clause} has a provider")
        _providers[clause] = (kind, provider, partly)
        return provider

    return register


def evidenced_clauses() -> frozenset[str]:
    """The clauses for whose whole an audit measures evidence on live systems."""
    return frozenset(clause for clause, (_, _, partly) in _loaded().items() if not partly)


def evidence_for(clause: str, facts: AuditFacts) -> Evidence | None:
    """The evidence for one clause; None where nothing measures it yet."""
    if (found := _loaded().get(clause)) is None:
        return None
    kind, provider, partly = found
    reading = provider(facts)
    return Evidence(clause, reading.state, kind, reading.says, reading.measured, reading.because, reading.fix, partly)


def _loaded() -> dict[str, tuple[Kind, Provider, str]]:
    for chapter in _CHAPTERS:
        importlib.import_module(f"carrel.accountability.{chapter}")
    return _providers
