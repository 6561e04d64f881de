"""What the ledger is told of a case, of one person or of a lot of lapsed cards: sums, and no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.cli.run_leaves import residue_until, what_planned
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.store.erasures import TEXTS

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.retention.erasure import ErasurePlan
    from carrel.retention.plan import Plan
    from carrel.store.erasures import Case
    from carrel.systems.sql.erasure_sweep import Found


def leaf_of_case(plan: Plan | ErasurePlan, case: Case, found: Found, places: tuple[Place, ...]) -> OpenLeaf:
    """Of a case that has come to an end; the kind of a row can tell a trait, so no table is named."""
    if case.finished_at is None or case.outcome is None:
        raise ValueError("the case has not come to an end")
    return OpenLeaf(
        "erasure",
        case.finished_at,
        {
            **what_planned(plan),
            "case": case.case,
            "outcome": slug(case.outcome.name),
            "applied": banded(sum(rows for name, rows in case.rows.items() if name != TEXTS)),
            **({"counts": "may-be-more"} if case.unknown else {}),
            "redacted": banded(case.rows.get(TEXTS, 0)),
            "hits": banded(found.hits),
            "kept": banded(sum(found.kept.values())),
            "human": banded(sum(map(len, found.human.values()))),
            "started": utc_seconds(case.started_at or case.finished_at),
            "finished": utc_seconds(case.finished_at),
            **residue_until(places),
        },
    )
