"""What every approved deletion outside the databases goes through: approval, lease, the stop flag, its beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from carrel.cli.at_site import now
from carrel.errors import CarrelError, Condition, fault
from carrel.ledger.leaf import OpenLeaf, utc_seconds
from carrel.ledger.word import slug
from carrel.retention import faults
from carrel.retention.erasure_approval import approver, refuse_unapproved
from carrel.retention.legal_hold import Scope
from carrel.retention.staleness import MAX_AGE, refuse_stale
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.sealed_cases import RUNNING

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.retention.approval import Kind
    from carrel.retention.backup_plan import BackupPlan
    from carrel.retention.clearing_plan import ClearingPlan
    from carrel.retention.legal_hold import Keeping
    from carrel.retention.plan import Basis
    from carrel.store.expiries import Expiries
    from carrel.store.store import Store

    OutsidePlan = BackupPlan | ClearingPlan

NARROW = "legal holds on some loans keep these in the live system, and keep nothing here"
OVER = "carried out before"  # and nothing was looked at now: what was read back then may have changed since
_BEGUN_STAYS_GOOD = timedelta(days=7)
_EVERY = timedelta(seconds=2)


@dataclass
class Course:
    """One plan on its way, under a lease of its own.

    Attributes:
        store, plan, cases: whose, which, and where its progress is noted.
        guard: refuses to go on while everything must be kept.
        owner: of the lease.
        renewed_at: when the lease was renewed last.
    """

    store: Store
    plan: OutsidePlan
    cases: Expiries[Any]
    guard: Callable[[], None]
    owner: str
    renewed_at: datetime

    def begin(self) -> bool:
        """Note that it begins; whether it had begun before.

        Raises:
            CarrelError: RUN-003, somebody asked every worker to stop; what the guard refuses.
        """
        self._refuse()
        again = self.cases.state(self.plan.digest) == RUNNING
        self.cases.begin(self.plan.digest, now())
        return again

    def beat(self) -> None:
        """Keep the lease, and heed who wants it stopped or everything kept; it may be told so as often as one likes.

        Raises:
            CarrelError: RUN-002, RUN-003; what the guard refuses.
        """
        if (at := now()) - self.renewed_at >= _EVERY:
            self._refuse()
            self.store.leases.renew(self.plan.system, self.owner, LEASE_TTL, at)
            self.renewed_at = at

    def _refuse(self) -> None:
        self.guard()
        if self.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=self.plan.system,
                found="the stop flag",
                fix="`carrel stop --clear --as NAME`, then apply it again",
            )


@contextmanager
def course(
    site: Site,
    store: Store,
    plan: OutsidePlan,
    kind: Kind,
    cases: Expiries[Any],
    basis: Basis,
    guard: Callable[[], None],
) -> Iterator[Course]:
    """A plan that is fresh and approved, under a lease.

    Args:
        site: of the plan.
        store: of the site.
        plan: as recorded.
        kind: as what it is approved.
        cases: where its progress is noted.
        basis: what it would be computed from now.
        guard: refuses to go on while everything must be kept.

    Raises:
        CarrelError: APR-007, APR-008, RUN-001.
    """
    at, owner = now(), new_owner()
    began = cases.started_at(plan.digest)
    refuse_stale(plan, basis, at, MAX_AGE if began is None else _BEGUN_STAYS_GOOD)
    notes = [given.note for given in store.approvals.of_system(plan.system)]
    refuse_unapproved(plan, approver(plan, notes, site.people, began or at, kind))
    store.leases.acquire(plan.system, owner, LEASE_TTL, at)
    try:
        yield Course(store, plan, cases, guard, owner, at)
    finally:
        with suppress(CarrelError):
            store.leases.release(plan.system, owner, now())


def refuse_kept(store: Store, systems: Iterable[str], at: datetime, condition: Condition, where: str) -> None:
    """Refuse to delete anything while everything of one of these systems must be kept.

    Raises:
        CarrelError: of the condition. Which legal hold it is, is not told: one can be under a gag order.
    """
    if any(one.scope == Scope() for one in _legal_holds(store, systems, at)):
        raise fault(
            condition,
            at=where,
            found="everything must be kept for now",
            because="whoever may place holds knows more",
            fix="wait until that ends, then plan anew",
        )


def has_narrow(store: Store, systems: Iterable[str], at: datetime) -> bool:
    """Whether a legal hold that may be told is in force, which is not on everything."""
    return any(not one.sealed for one in _legal_holds(store, systems, at))


def _legal_holds(store: Store, systems: Iterable[str], at: datetime) -> Iterator[Keeping]:
    for name in systems:
        yield from store.keepings.current(name, at, to_dispose=False).legal_holds


def leaf(plan: OutsidePlan, name: str, began: datetime, **counts: int | str) -> OpenLeaf:
    """What the ledger is told of a plan that read back."""
    at = now()
    told: dict[str, int | str | list[str]] = {
        "system": slug(name),
        "policy": slug(plan.policy, "._/"),
        "policy_digest": plan.basis.policy_digest,
        "plan_digest": plan.digest,
        "outcome": "verified",
        "started": utc_seconds(began),
        "finished": utc_seconds(at),
    }
    return OpenLeaf("expiry", at, {**told, **counts})
