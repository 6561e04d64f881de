"""Every table of the store, as SQLAlchemy Core sees them; `migrations` creates the same ones step by step."""

from __future__ import annotations

from carrel.store.case_tables import erasure, keeping, keeping_subject, person_case
from carrel.store.circulation_tables import circulation, circulation_told, loan_counted, loan_in_flight
from carrel.store.outcome_tables import custody, night, night_count, open_join, owed_leaf, residue, sweep
from carrel.store.run_tables import approval, chunk, clock, gate, lease, metadata, plan, run, signal

__all__ = [
    "approval",
    "chunk",
    "circulation",
    "circulation_told",
    "clock",
    "custody",
    "erasure",
    "gate",
    "keeping",
    "keeping_subject",
    "lease",
    "loan_counted",
    "loan_in_flight",
    "metadata",
    "night",
    "night_count",
    "open_join",
    "owed_leaf",
    "person_case",
    "plan",
    "residue",
    "run",
    "signal",
    "sweep",
]
