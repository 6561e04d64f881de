"""One attempt at an approved plan for one person: everything that refuses it, and the hold on its system meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.copies_owed import require_handed_out
from carrel.cli.erasure_plan import basis_of
from carrel.cli.request_follow import require_wanted
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.erasure_approval import approver, refuse_unapproved
from carrel.retention.staleness import refuse_stale
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.sealed_cases import PLANNED, RUNNING

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.erasure import ErasurePlan
    from carrel.retention.person_plan import PersonPlan
    from carrel.retention.replay_plan import ReplayPlan
    from carrel.store.erasures import Case
    from carrel.store.person_cases import PersonCase

_BEGUN_STAYS_GOOD = timedelta(days=7)


@contextmanager
def attempt(here: Premises, plan: ErasurePlan | PersonPlan, case: Case | PersonCase, kind: Kind) -> Iterator[str]:
    """Hold the system for one attempt, or refuse.

    Args:
        here: open.
        plan: of the case.
        case: as the store tells it.
        kind: of approval that the plan needs.

    Yields:
        The owner of the system's lease.

    Raises:
        CarrelError: APR-007 stale, APR-008 not approved, RGT-012 not wanted any more, RUN-001 another run, RUN-010
            another system.
    """
    admit(here, plan, case, kind)
    with holding(here) as owner:
        yield owner


@contextmanager
def holding(here: Premises) -> Iterator[str]:
    """Hold the system.

    Yields:
        The owner of its lease.

    Raises:
        CarrelError: RUN-001, another run holds it.
    """
    name, owner = here.system.name, new_owner()
    here.store.leases.acquire(name, owner, LEASE_TTL, now())
    try:
        yield owner
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())


def admit(here: Premises, plan: ErasurePlan | PersonPlan, case: Case | PersonCase, kind: Kind) -> None:
    """Refuse a plan of another system, one that is stale, one that nobody approved, or whose request was taken back.

    Args and errors as of `attempt`, but for RUN-001: the system is not held. RGT-012, the request that it answers was
    taken back or refused before anything was done; half a change is ended. RGT-028, whoever would be erased waits for a
    copy.
    """
    if case.state != RUNNING:
        require_wanted(here.store, plan.case)
    require(here, plan, case.started_at if case.state == RUNNING else None, kind)
    if case.state == PLANNED and kind is Kind.ERASURE:  # asked again: the request can be younger than the plan
        require_handed_out(here, here.store.erasures.subject(plan.case).number, now())


def require(here: Premises, plan: ErasurePlan | PersonPlan | ReplayPlan, started: datetime | None, kind: Kind) -> None:
    """As `admit`, of a plan that was begun at a time, or not yet."""
    name, began = here.system.name, now()
    if name != plan.system or here.system.copy_of is not None:
        raise fault(
            faults.OTHER_SYSTEM, at=f"system {name}", wanted=plan.system, found=name, fix=f"--system {plan.system}"
        )
    # What was begun in time may be ended later: half a change is no state to leave a person in.
    refuse_stale(plan, basis_of(here), began, here.system.max_plan_age if started is None else _BEGUN_STAYS_GOOD)
    notes = [given.note for given in here.store.approvals.of_system(name)]
    refuse_unapproved(plan, approver(plan, notes, here.site.people, started or began, kind))
