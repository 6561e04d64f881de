"""The runs that a bundle of evidence tells of: each held against its leaves, and judged by them."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.accountability import faults
from carrel.accountability.bundle_units import UnitsTold, units_told
from carrel.accountability.plan_request import PlanRequest
from carrel.accountability.request_scope import asked_for
from carrel.errors import CarrelError, fault
from carrel.ledger.leaf import OpenLeaf, banded
from carrel.ledger.word import slug
from carrel.retention.outcome import Outcome
from carrel.retention.plan import Plan
from carrel.retention.row_cells import row_cells
from carrel.retention.stage import Stage

_ENDED_WELL = {slug(one.name) for one in (Outcome.VERIFIED, Outcome.RESIDUE, Outcome.KEPT)}
REHEARSALS = ("rehearsal", "rehearsal-abandoned")


class RunState(enum.StrEnum):
    """What the evidence shows of one run of the custodian's."""

    VERIFIED = "verified there"
    STAGE = "one stage, verified there"
    UNVERIFIED = "applied, not verified"
    NOT_ASKED = "not asked for"
    REHEARSED = "rehearsed on a copy"


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What the custodian's store says of one run; counts only.

    Attributes:
        id, system, plan_digest: as recorded.
        stage, outcome: by name.
        loans: cut.
        rows: cut, per path of the plan.
        drawn, swept, hits: of its sweep; None where there was none.
        started_at, finished_at: as the leaf tells them.
    """

    id: str
    system: str
    plan_digest: str
    stage: str
    outcome: str
    loans: int
    rows: Mapping[str, int]
    drawn: int | None
    swept: int | None
    hits: int | None
    started_at: str
    finished_at: str

    def as_dict(self) -> dict[str, Any]:
        """The figures as a bundle holds them."""
        return {name: getattr(self, name) for name in RunFigures.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class EvidencedRun:
    """One run as its leaves prove it.

    Attributes:
        system: as the leaf names it.
        stage: by name.
        state: what the evidence shows.
        finished: aware time.
        applied, still_due, hits: counts as the leaves tell them.
        request: digest; empty where none was named.
        plan: digest.
        leaf: index in the custodian's ledger.
        residue_until: aware time until which old values stand elsewhere, as far as anybody can tell.
        units: what is told of the units of the request, where the other figures are of a whole consortium.
    """

    system: str
    stage: str
    state: RunState
    finished: datetime
    applied: int | str
    still_due: int | str
    hits: int | str
    request: str
    plan: str
    leaf: int
    residue_until: datetime | None
    units: UnitsTold | None = None

    def as_dict(self) -> dict[str, Any]:
        """The run for programs."""
        return {
            "system": self.system,
            "stage": self.stage,
            "state": self.state.value,
            "finished": self.finished.isoformat(),
            "applied": self.applied,
            "still_due": self.still_due,
            "led_back": self.hits,
            "request": self.request,
            "plan": self.plan,
            "leaf": self.leaf,
            "residue_until": None if self.residue_until is None else self.residue_until.isoformat(),
            "units": None if self.units is None else self.units.as_dict(),
        }


def evidenced_runs(
    leaves: Mapping[int, OpenLeaf],
    figures: Sequence[RunFigures],
    plans: Mapping[str, Plan],
    requests: Mapping[str, PlanRequest],
) -> tuple[EvidencedRun, ...]:
    """Every run that the leaves tell of, in their order.

    Args:
        leaves: proved, by index.
        figures: of the custodian's store.
        plans: by digest, each with the digest that it claims.
        requests: by digest, each signed by the library.

    Raises:
        CarrelError: CUS-011 where a run has no figures or plan, figures have no run, or the two do not agree.

    Guarantees:
        VERIFIED only where the run's own leaf and its sweep's say so of all that it cut.
    """
    waiting = {(one.plan_digest, one.finished_at): one for one in figures}
    if len(waiting) != len(figures):
        raise false_bundle("runs.json", "each run once", "a run that stands twice")
    sweeps = {
        (one.fields.get("plan_digest"), one.fields.get("finished")): one
        for one in leaves.values()
        if one.kind == "sweep" and one.fields.get("sweep") == "loan"
    }
    planned = {one.fields.get("plan_digest"): one for one in leaves.values() if one.kind == "plan"}
    found = []
    for index, leaf in sorted(leaves.items()):
        if leaf.kind != "run":
            continue
        key = (str(leaf.fields.get("plan_digest")), str(leaf.fields.get("finished")))
        told, plan = waiting.pop(key, None), plans.get(key[0])
        if told is None or plan is None:
            raise false_bundle(f"leaf {index}", "figures and a plan for each run", "a run without")
        sweep = sweeps.get(key)
        _agree(index, leaf, _expected(plan, told))
        if sweep is not None:
            _agree(index, sweep, _expected_sweep(told))
        elif told.drawn is not None:
            raise false_bundle(f"leaf {index}", "the leaf of its sweep", "none")
        if (before := planned.get(key[0])) is None or before.fields.get("due") != banded(plan.due):
            raise false_bundle(f"leaf {index}", "the leaf of its plan, with the plan's figures", "none, or others")
        found.append(_judged(index, leaf, sweep, plan, requests))
    if waiting:
        raise false_bundle("runs.json", "runs that the ledger tells of", "a run that it does not know")
    return tuple(found)


def _judged(
    index: int, leaf: OpenLeaf, sweep: OpenLeaf | None, plan: Plan, requests: Mapping[str, PlanRequest]
) -> EvidencedRun:
    said = leaf.fields
    hits = _count(sweep.fields.get("hits", "unknown")) if sweep is not None else "not swept"
    residue = said.get("residue_until")
    return EvidencedRun(
        system=str(said.get("system")),
        stage=str(said.get("stage")),
        state=_state(leaf, sweep, plan, requests),
        finished=_moment(str(said.get("finished"))),
        applied=_count(said.get("applied", "unknown")),
        still_due=_count(said.get("still_due", "not counted")),
        hits=hits,
        request=str(said.get("request_digest", "")),
        plan=plan.digest,
        leaf=index,
        residue_until=None if residue is None else _moment(str(residue)),
        units=units_told(plan, _count(said.get("still_due", "not counted"))),
    )


def _state(leaf: OpenLeaf, sweep: OpenLeaf | None, plan: Plan, requests: Mapping[str, PlanRequest]) -> RunState:
    said = leaf.fields
    if said.get("reason") in REHEARSALS:
        return RunState.REHEARSED
    request = requests.get(str(said.get("request_digest", "")))
    if request is None or not asked_for(request, plan):
        return RunState.NOT_ASKED
    whole = said.get("unverified") == 0 and said.get("still_due") == 0 and said.get("verified") == said.get("applied")
    swept = sweep is not None and sweep.fields.get("hits") == 0
    if said.get("outcome") not in _ENDED_WELL or not whole or not swept:
        return RunState.UNVERIFIED
    return RunState.VERIFIED if said.get("stage") == slug(Stage.REST.name) else RunState.STAGE


def _expected(plan: Plan, told: RunFigures) -> Iterator[tuple[str, object]]:
    yield from (
        ("plan_digest", plan.digest),
        ("policy_digest", plan.basis.policy_digest),
        ("map_digest", plan.basis.map_digest),
        ("schema_digest", plan.basis.schema_digest),
        ("system", slug(told.system)),
        ("stage", slug(told.stage)),
        ("outcome", slug(told.outcome)),
        ("applied", banded(told.loans)),
        ("cells", row_cells(plan, told.rows)),
        ("started", told.started_at),
        ("finished", told.finished_at),
    )
    if plan.request:
        yield "request_digest", plan.request


def _expected_sweep(told: RunFigures) -> Iterator[tuple[str, object]]:
    if told.drawn is None or told.swept is None or told.hits is None:
        yield "sweep", "none"
        return
    yield "pairs", banded(told.drawn)
    yield "not_swept", banded(told.drawn - told.swept)
    yield "hits", banded(told.hits)


def _agree(index: int, leaf: OpenLeaf, expected: Iterator[tuple[str, object]]) -> None:
    for name, value in expected:
        if leaf.fields.get(name) != value:
            raise false_bundle(f"leaf {index}, {name}", "what the figures and the plan say", "another value")


def false_bundle(at: str, wanted: str, found: str, because: str = "") -> CarrelError:
    """CUS-011."""
    return fault(
        faults.BUNDLE_FALSE,
        at=at,
        wanted=wanted,
        found=found,
        because=because or "what the custodian tells and what its ledger proves are not the same",
        fix="keep this file, ask the custodian for the bundle again, and ask how the two came to differ",
    )


def _count(value: object) -> int | str:
    return value if isinstance(value, int) else str(value)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
