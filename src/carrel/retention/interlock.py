"""When a night may run by itself, and when a second named person must look first (DESIGN 5, interlocks)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from carrel.amount import amount
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.plan import Basis, PathCount, Plan
from carrel.retention.rehearsal import least_loans
from carrel.retention.stage import Stage


class Reason(enum.StrEnum):
    """Why a plan cannot go by itself."""

    FIRST_RUN = "first run on this system"
    NOT_REHEARSED = "no rehearsal on a copy, and no recorded waiver"
    SMALL_REHEARSAL = "a rehearsal that cut too little, and no recorded waiver"
    NEW_POLICY = "new policy"
    NEW_MAP = "new map"
    NEW_SCHEMA = "new schema"
    NEW_PRODUCT = "new product version"
    NEW_STAND_IN = "new anonymous patron or time zone"
    NEW_UNITS = "other policies govern some units"
    NEW_TABLE = "new table"
    NEW_DISPOSITION = "new disposition"
    ABOVE_BOUND = "more rows than the bound"
    NO_STANDING = "no standing approval covers tonight"


class Cure(enum.StrEnum):
    """What meets a need."""

    PERSON = "approval of this plan by a second named person"
    REHEARSAL = "rehearsal on a copy, or a waiver by a second named person"


@dataclass(frozen=True, slots=True)
class Need:
    """One reason, where it shows, and what meets it."""

    reason: Reason
    cure: Cure = Cure.PERSON
    at: str = ""
    wanted: str = ""
    found: str = ""

    def line(self) -> str:
        """The need as a person reads it."""
        where = f" ({self.at})" if self.at else ""
        measured = f": {self.found}, {self.wanted}" if self.found and self.wanted else ""
        return f"{self.reason}{where}{measured}"


@dataclass(frozen=True, slots=True)
class History:
    """What the store remembers of finished runs on one system.

    Attributes:
        basis: of the newest finished run; None before the first.
        dispositions: path to (table, act, methods) of every path that a finished run has carried out.
        stages: stages of the first run that were cut, verified and swept clean.
        rehearsed: the most loans that one run on a copy of this system cut, under the same policy and map as the plan
            in hand, verified and swept; None where there was none.
    """

    basis: Basis | None = None
    dispositions: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] | None = None
    stages: frozenset[Stage] = frozenset()
    rehearsed: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing approval whose signature and signer have been verified.

    Attributes:
        person: who signed.
        system: that it covers.
        policy_digest, map_digest: that it covers, and no others.
        signed_at, expires_at: aware times, half-open.
    """

    person: str
    system: str
    policy_digest: str
    map_digest: str
    signed_at: datetime
    expires_at: datetime

    def covers(self, plan: Plan, now: datetime) -> bool:
        """Whether it speaks of this plan's system, policy and map, and is in force."""
        return (self.system, self.policy_digest, self.map_digest) == (
            plan.system,
            plan.basis.policy_digest,
            plan.basis.map_digest,
        ) and self.signed_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class Cleared:
    """What verified signatures say of one plan; made by `carrel.retention.clearance`.

    Attributes:
        by: the person whose approval of exactly this plan holds, or None.
        rehearsal_waived_by: the person who waived the rehearsal, or None.
    """

    by: str | None = None
    rehearsal_waived_by: str | None = None


def disposition(path: PathCount) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What is done to a path, in the form that two plans are compared by."""
    return path.table, path.act, tuple(sorted(path.methods.items()))


def touched(path: PathCount) -> int:
    """Rows of a path that one apply would touch."""
    return path.rows + path.strays


def needs(plan: Plan, history: History, standing: Iterable[Standing], now: datetime) -> tuple[Need, ...]:
    """Why this plan cannot go by itself tonight; nothing when a standing approval covers it.

    Args:
        plan: with its bounds set.
        history: of the plan's system.
        standing: verified standing approvals.
        now: aware time.

    Guarantees:
        A path above its bound always needs a person, whatever stands. No need goes away by adding rows.
    """
    found = [*_first(plan, history), *_changed(plan, history), *_above(plan)]
    if not found and not any(one.covers(plan, now) for one in standing):
        found.append(Need(Reason.NO_STANDING))
    return tuple(found)


def unmet(needed: Iterable[Need], cleared: Cleared) -> tuple[Need, ...]:
    """The needs that verified approvals leave open; nothing when the plan may be applied."""
    met = {
        Cure.PERSON: cleared.by is not None,
        Cure.REHEARSAL: cleared.rehearsal_waived_by is not None,
    }
    return tuple(need for need in needed if not met[need.cure])


def next_step(open_needs: Iterable[Need], place: str = "PLAN") -> str:
    """What a person does next with a plan.

    Args:
        open_needs: that nobody has met yet.
        place: the plan's file.

    Guarantees:
        A rehearsal comes before the approval, and needs none; whoever is asked to waive it is told so.
    """
    cures = {need.cure for need in open_needs}
    rehearse = f"rehearse it on a copy, which needs no approval (`carrel apply {place} --rehearse-on COPY`)"
    approve = f"carrel approve {place} --as NAME --key FILE"
    if not cures:
        return f"`carrel apply {place}`"
    if Cure.REHEARSAL not in cures:
        return f"a second person approves it: `{approve}`"
    if Cure.PERSON not in cures:
        return f"{rehearse}, or a second person waives that: `{approve} --waive-rehearsal REASON`"
    return f"{rehearse}, then a second person approves it: `{approve}`; without a copy, with --waive-rehearsal REASON"


def refuse_pending(plan: Plan, open_needs: Iterable[Need]) -> None:
    """Refuse a plan that still waits for somebody.

    Raises:
        CarrelError: APR-008, with every reason that is open and everything that would meet them.
    """
    needed = tuple(open_needs)
    if needed:
        raise fault(
            faults.PENDING,
            at=f"plan {plan.digest[:16]} on {plan.system}",
            wanted="; ".join(dict.fromkeys(need.cure.value for need in needed)),
            found="; ".join(_by_reason(needed)),
            fix=next_step(needed),
        )


def _by_reason(needed: tuple[Need, ...]) -> Iterator[str]:
    """Each reason once: in full where one place shows it, else with the number of places."""
    found: dict[Reason, list[Need]] = {}
    for need in needed:
        found.setdefault(need.reason, []).append(need)
    for reason, places in found.items():
        yield places[0].line() if len(places) == 1 else f"{reason} ({len(places)} places)"


def above_bound(plan: Plan, rows_now: dict[str, int]) -> tuple[str, ...]:
    """The paths that have grown beyond their bound since the plan was made and approved.

    Args:
        plan: that was approved; a path that it shows above its bound was approved as shown.
        rows_now: rows per path, due and stray, counted now.
    """
    return tuple(p.path for p in plan.paths if rows_now.get(p.path, 0) > max(p.bound, touched(p)))


def _first(plan: Plan, history: History) -> list[Need]:
    if Stage.REST in history.stages:
        return []
    return [Need(Reason.FIRST_RUN), *([] if history.stages else _unrehearsed(plan, history.rehearsed))]


def _unrehearsed(plan: Plan, cut: int | None) -> list[Need]:
    if cut is None:
        return [Need(Reason.NOT_REHEARSED, Cure.REHEARSAL)]
    least = least_loans(plan.due)
    if cut >= least:
        return []
    wanted = f"at least {least:,} wanted, half of the {plan.due:,} that are due"
    return [Need(Reason.SMALL_REHEARSAL, Cure.REHEARSAL, wanted=wanted, found=f"{amount(cut, 'loan')} cut on the copy")]


def _changed(plan: Plan, history: History) -> list[Need]:
    before, after = history.basis, plan.basis
    if before is None:
        return []
    changed = [
        (Reason.NEW_POLICY, before.policy_digest, after.policy_digest),
        (Reason.NEW_MAP, before.map_digest, after.map_digest),
        (Reason.NEW_SCHEMA, before.schema_digest, after.schema_digest),
        (Reason.NEW_PRODUCT, before.product_version, after.product_version),
        (Reason.NEW_STAND_IN, before.site_digest, after.site_digest),
        (Reason.NEW_UNITS, before.units_digest, after.units_digest),
    ]
    found = [
        Need(reason, wanted=f"was {old[:16]}", found=f"now {new[:16]}") for reason, old, new in changed if old != new
    ]
    known = history.dispositions or {}
    tables = {table for table, _, _ in known.values()}
    for path in plan.paths:
        if path.table not in tables:
            found.append(Need(Reason.NEW_TABLE, at=path.table))
        elif known.get(path.path) != disposition(path):
            found.append(Need(Reason.NEW_DISPOSITION, at=path.path))
    return found


def _above(plan: Plan) -> list[Need]:
    return [
        Need(Reason.ABOVE_BOUND, at=path.path, wanted=f"bound {path.bound:,}", found=amount(touched(path), "row"))
        for path in plan.paths
        if touched(path) > path.bound
    ]
