"""Whether a plan still describes the world it was made in (DESIGN 5)."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Protocol

from carrel.amount import amount
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.interlock import above_bound
from carrel.retention.plan import Basis, Plan

MAX_AGE = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=5)


class Made(Protocol):
    """What is asked of a plan of any kind."""

    @property
    def basis(self) -> Basis:
        """What it was computed from."""

    @property
    def made_at(self) -> datetime:
        """Aware time."""

    @property
    def digest(self) -> str:
        """SHA-256, hex."""

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""


class Stale(enum.StrEnum):
    """Why a plan may not be applied any more."""

    POLICY = "the policy has changed"
    MAP = "the map has changed"
    SCHEMA = "the schema has changed"
    PRODUCT = "the product version has changed"
    CARREL = "Carrel itself has changed"
    SITE = "the anonymous patron or the time zone has changed"
    UNITS = "other policies govern some units"
    TOO_OLD = "the plan is too old"
    FUTURE = "the plan was made in the future"


_OF_A_COPY = frozenset({Stale.SCHEMA, Stale.PRODUCT})


def stale(plan: Made, basis_now: Basis, now: datetime, max_age: timedelta = MAX_AGE) -> tuple[Stale, ...]:
    """Why the plan is stale; nothing when it is not.

    Args:
        plan: as recorded.
        basis_now: computed anew.
        now: aware time.
        max_age: of a plan; the site's, 24 hours by default.

    Guarantees:
        A stale plan stays stale: no later time makes it fresh again.
    """
    then = plan.basis
    changed = (
        (Stale.POLICY, then.policy_digest != basis_now.policy_digest),
        (Stale.MAP, then.map_digest != basis_now.map_digest),
        (Stale.SCHEMA, then.schema_digest != basis_now.schema_digest),
        (Stale.PRODUCT, then.product_version != basis_now.product_version),
        (Stale.CARREL, then.carrel_version != basis_now.carrel_version),
        (Stale.SITE, then.site_digest != basis_now.site_digest),
        (Stale.UNITS, then.units_digest != basis_now.units_digest),
        (Stale.TOO_OLD, now - plan.made_at > max_age),
        (Stale.FUTURE, plan.made_at - now > CLOCKS_DIFFER),
    )
    return tuple(reason for reason, is_so in changed if is_so)


def refuse_growth(plan: Plan, rows_now: dict[str, int], *, loans: str = "", cut: int = 0) -> None:
    """Refuse a plan that has been outgrown: what would be cut now is more than what was looked at.

    Args:
        plan: that was approved.
        rows_now: rows per path, due and stray, counted now.
        loans: the path of the loans themselves.
        cut: loans that earlier stages of this plan have cut. They are gone, so if as many are due as before, others
            came since the approval.

    Raises:
        CarrelError: APR-007.
    """
    grown = above_bound(plan, rows_now)
    if cut and rows_now.get(loans, 0) > plan.due - cut:
        grown = (*grown, loans)
    if grown:
        raise fault(
            faults.STALE,
            at=f"plan {plan.digest[:16]}",
            wanted="no more rows per path than were approved, or than its bound",
            found="more in " + ", ".join(dict.fromkeys(grown)),
            because="the set may shrink while a plan waits, never grow",
            fix="`carrel plan`, and have the new plan approved",
        )


def refuse_stale(plan: Made, basis_now: Basis, now: datetime, max_age: timedelta = MAX_AGE, *, copy: str = "") -> None:
    """As `stale`, as an error.

    Args:
        plan: as recorded.
        basis_now: computed anew.
        now: aware time.
        max_age: of a plan.
        copy: the system on which the plan of its original is rehearsed; empty where it is carried out.

    Raises:
        CarrelError: APR-007.
    """
    reasons = stale(plan, basis_now, now, max_age)
    if copy and reasons and set(reasons) <= _OF_A_COPY:
        raise fault(
            faults.STALE,
            at=f"plan {plan.digest[:16]}, on the copy {copy}",
            wanted="the tables and the product version of the original, as they were when the plan was made",
            found="others",
            because="a rehearsal shows what the plan does where everything stands as in the original",
            fix=f"copy the database anew into that of {copy}, on PostgreSQL with its search_path, which no dump takes "
            "along: `ALTER DATABASE ... SET search_path = ...`; if the original has changed since, `carrel plan` first",
        )
    if reasons:
        raise fault(
            faults.STALE,
            at=f"plan {plan.digest[:16]}",
            wanted=f"a plan of the world as it is now, at most {amount(max_age / timedelta(hours=1), 'hour')} old",
            found="; ".join(reasons),
            because="what was approved must be what is carried out",
            fix=f"`{plan.anew}`, and have the new plan approved",
        )
