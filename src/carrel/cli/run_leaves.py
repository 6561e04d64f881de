"""What the ledger is told of a run: the plan, what was done, what the sweep found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention.reasons import told_rows
from carrel.retention.row_cells import row_cells

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.night import Report
    from carrel.retention.erasure import ErasurePlan
    from carrel.retention.person_plan import PersonPlan
    from carrel.retention.plan import Plan
    from carrel.store.run import Run

_Said = dict[str, int | str | list[str]]

_VERSION_PARTS = 2
_VERSION_DIGITS = 2


def leaves_of(report: Report) -> list[OpenLeaf]:
    """The plan, the run and its sweep, as open leaves; a rehearsal under the name of the copy, as what it is."""
    plan, at = report.plan, report.finished
    where: _Said = {} if report.copy is None else {"system": slug(report.copy), "reason": "rehearsal"}
    loans = report.tally.loans
    verified = not (report.tally.left or report.remaining or report.schema_changes)
    ran: _Said = {
        "stage": slug(report.stage.name),
        "outcome": slug(report.outcome.name),
        "applied": banded(loans),
        "verified": banded(loans if verified else 0),
        "unverified": banded(0 if verified else loans),
        "still_due": banded(sum(report.remaining.values())),
        "cells": row_cells(plan, report.tally.rows),
        "started": utc_seconds(report.started),
        "finished": utc_seconds(at),
        **residue_until(report.places),
        **where,
    }
    sweep: _Said = {
        "system": slug(plan.system),
        "plan_digest": plan.digest,
        "sweep": "loan",
        "pairs": banded(report.sweep.pairs),
        "joins": len(report.sweep.joins),
        "hits": banded(report.hits),
        "not_swept": banded(report.sweep.pairs - report.sweep.swept),
        "finished": utc_seconds(at),
        **where,
    }
    return [_plan_leaf(plan), OpenLeaf("run", at, {**_what_ran(plan), **ran}), OpenLeaf("sweep", at, sweep)]


def leaves_of_abandoned(plan: Plan, run: Run) -> list[OpenLeaf]:
    """The plan and a run that was interrupted and will never be gone on with: what it cut stays cut, unverified."""
    at = run.finished_at or run.started_at
    ran: _Said = {
        "stage": slug(run.stage.name),
        "outcome": "unverified",
        "reason": "abandoned" if run.copy_of is None else "rehearsal-abandoned",
        "applied": banded(run.loans),
        "verified": 0,
        "unverified": banded(run.loans),
        "cells": row_cells(plan, run.rows),
        "started": utc_seconds(run.started_at),
        "finished": utc_seconds(at),
        "system": slug(run.system),
    }
    return [_plan_leaf(plan), OpenLeaf("run", at, {**_what_ran(plan), **ran})]


def _plan_leaf(plan: Plan) -> OpenLeaf:
    kept = told_rows({state: count for state, count in plan.states.items() if state not in {"due", "open"}})
    told: _Said = {"due": banded(plan.due), "kept": banded(kept), "blockers": len(plan.blockers)}
    return OpenLeaf("plan", plan.made_at, {**_what_ran(plan), **told})


def residue_until(places: Iterable[Place]) -> _Said:
    """By when the last place will have expired, where each has a date."""
    dates = [place.until for place in places if place.lasting]
    told = [one for one in dates if one is not None]
    return {"residue_until": utc_seconds(max(told))} if told and len(told) == len(dates) else {}


def _what_ran(plan: Plan) -> _Said:
    return {**what_planned(plan), "as_of": utc_seconds(plan.as_of)}


def what_planned(plan: Plan | ErasurePlan | PersonPlan) -> _Said:
    """Which plan it was, over what, and what it was computed from."""
    told: _Said = {
        "system": slug(plan.system),
        "product_version": _version(plan.basis.product_version),
        "policy": slug(plan.policy, "._/"),
        "policy_digest": plan.basis.policy_digest,
        "map_digest": plan.basis.map_digest,
        "schema_digest": plan.basis.schema_digest,
        "plan_digest": plan.digest,
        **_several(plan),
    }
    if request := getattr(plan, "request", ""):
        told["request_digest"] = request
    return told


def _several(plan: Plan | ErasurePlan | PersonPlan) -> _Said:
    """Where several policies are in force: how many, and the digest of whose unit each governs."""
    if not plan.basis.units_digest:
        return {}
    lines = getattr(plan, "policies", ())  # a plan for one person counts nothing under them
    return {**({"policies": len(lines)} if lines else {}), "units_digest": plan.basis.units_digest}


def _version(told: str) -> str:
    """A product's version as a leaf may say it."""
    # A product's own version can be longer than anything the ledger takes in; its release is enough.
    parts = re.findall(r"[0-9]+", told)[:_VERSION_PARTS] or ["0"]
    return ".".join(part[:_VERSION_DIGITS] for part in parts)
