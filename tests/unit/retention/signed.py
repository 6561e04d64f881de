"""People with keys, a plan, and a history, for the tests of approvals and interlocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from carrel.ledger.note import Signer
from carrel.retention.interlock import History, disposition
from carrel.retention.plan import Basis, PathCount, Plan
from carrel.retention.stage import Stage

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BASIS = Basis("a" * 64, "b" * 64, "c" * 64, "25.05.00", "0.1.0")


@dataclass(frozen=True)
class Colleague:
    name: str
    role: str
    public_key: str | None
    may: tuple[str, ...]
    signer: Signer = field(compare=False, repr=False)


def colleague(name: str, role: str, *may: str) -> Colleague:
    word = name.split(maxsplit=1)[0].lower()
    signer = Signer(f"library.example/{word}", word.encode().ljust(32, b"."))
    return Colleague(name, role, signer.vkey, may, signer)


ADA = colleague("Ada Example", "privacy officer", "approve")
BEN = colleague("Ben Example", "director", "approve", "plan")
CAL = colleague("Cal Example", "systems librarian", "plan")
PEOPLE = (ADA, BEN, CAL)


def path(name: str, rows: int = 10, bound: int = 100, **changes: Any) -> PathCount:
    values: dict[str, Any] = {
        "path": name,
        "table": name,
        "act": "update",
        "methods": {"borrowernumber": "clear"},
        "rows": rows,
        "strays": 0,
        "bound": bound,
        "why": "names the reader",
    }
    return PathCount(**{**values, **changes})


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "system": "koha",
        "policy": "mit-libraries",
        "as_of": NOW,
        "made_at": NOW,
        "made_by": "Cal Example",
        "basis": BASIS,
        "states": {"due": 10},
        "branches": {"CPL": 10},
        "paths": (path("statistics"), path("old_issues")),
    }
    return Plan(**{**values, **changes})


def under_way(of: Plan, **changes: Any) -> History:
    """The history of a system whose first run is over, under the plan's own policy and map."""
    values: dict[str, Any] = {
        "basis": of.basis,
        "dispositions": {one.path: disposition(one) for one in of.paths},
        "stages": frozenset(Stage),
        "rehearsed": 10,
    }
    return History(**{**values, **changes})
