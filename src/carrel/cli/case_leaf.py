"""What the ledger is told of a case, of one person or of a lot of lapsed cards: sums, and no table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.cli.run_leaves import residue_until, what_planned
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention.outcome import Outcome
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


def leaf_of_rehearsal(
    plan: ErasurePlan, on: str, rows: Mapping[str, int], found: Found | None, times: tuple[datetime, datetime]
) -> OpenLeaf:
    """Of an erasure that was carried out on a copy: under the copy's name, as what it is.

    Args:
        plan: that was rehearsed.
        on: the copy.
        rows: per step.
        found: by the search afterwards; None where it did not come to that, so that nobody knows what is left there.
        times: when it began, and when it ended.
    """
    clean = found is not None and not found.hits
    looked: dict[str, int | str] = {} if found is None else {
        "hits": banded(found.hits),
        "kept": banded(sum(found.kept.values())),
        "human": banded(sum(map(len, found.human.values()))),
    }  # fmt: skip
    return OpenLeaf(
        "erasure",
        times[1],
        {
            **what_planned(plan),
            "system": slug(on),
            "reason": "rehearsal" if found is not None else "rehearsal-abandoned",
            "case": plan.case,
            "outcome": slug((Outcome.VERIFIED if clean else Outcome.UNVERIFIED).name),
            "applied": banded(sum(count for name, count in rows.items() if name != TEXTS)),
            "redacted": banded(rows.get(TEXTS, 0)),
            **looked,
            "started": utc_seconds(times[0]),
            "finished": utc_seconds(times[1]),
        },
    )
