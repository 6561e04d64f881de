"""A plan as the tests of the store and of approvals need it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from carrel.retention.plan import Basis, PathCount, Plan

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BASIS = Basis("a" * 64, "b" * 64, "c" * 64, "25.05.00", "0.1.0")
FIELDS = PathCount("statistics", "statistics", "update", {"borrowernumber": "clear"}, 700, 5, 1_000, "names the reader")
LOANS = PathCount("loan", "old_issues", "update", {"borrowernumber": "clear"}, 800, 0, 1_000, "names the reader")


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "system": "koha",
        "policy": "mit-libraries",
        "as_of": NOW,
        "made_at": NOW,
        "made_by": "Nina Night",
        "basis": BASIS,
        "states": {"due": 800, "period still running": 50},
        "branches": {"CPL": 800},
        "paths": (FIELDS, LOANS),
    }
    return Plan(**{**values, **changes})
