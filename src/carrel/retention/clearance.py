"""What all approvals of a system together clear a plan of: each is verified anew, and must speak of this very plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import LONGEST_PLAN_TERM, LONGEST_STANDING_TERM, Approval, Kind, Person, of_plan
from carrel.retention.interlock import Cleared, Standing
from carrel.retention.plan import Plan
from carrel.retention.signed_approval import may_approve, verify


@dataclass(frozen=True, slots=True)
class Weighed:
    """What all signed notes of a system together say of one plan.

    Attributes:
        cleared: for `carrel.retention.interlock.unmet`.
        standing: for `carrel.retention.interlock.needs`.
        refused: why the others do not count.
    """

    cleared: Cleared
    standing: tuple[Standing, ...]
    refused: tuple[CarrelError, ...]


def weigh(plan: Plan, notes: Iterable[str], people: Iterable[Person], now: datetime) -> Weighed:
    """Verify every note anew and say what the plan has been cleared of.

    Args:
        plan: as recorded.
        notes: of the plan's system; also expired ones and those of other plans.
        people: of the site.
        now: aware time.

    Guarantees:
        No approval counts for a plan that its signer made.
    """
    people = tuple(people)
    by: str | None = None
    waived: str | None = None
    standing: list[Standing] = []
    refused: list[CarrelError] = []
    for note in notes:
        try:
            approval = verify(note, people, now)
            signer = next(one for one in people if one.name == approval.approver)
            may_approve(signer, plan.made_by, people)
            _speaks_of(approval, plan, signer)
        except CarrelError as wrong:
            refused.append(wrong)
            continue
        match approval.kind:
            case Kind.PLAN:
                by = approval.approver
            case Kind.WAIVER:
                waived = approval.approver
            case Kind.STANDING:
                standing.append(_standing(approval))
            case (
                Kind.ERASURE
                | Kind.RECTIFICATION
                | Kind.RESTRICTION
                | Kind.LIFTING
                | Kind.BACKUPS
                | Kind.REPLAY
                | Kind.MAIL
                | Kind.FILES
                | Kind.ROWS
                | Kind.LOGS
            ):
                continue  # of a plan of another kind; its digest fits no plan over loans
    return Weighed(Cleared(by, waived), tuple(standing), tuple(refused))


def _speaks_of(approval: Approval, plan: Plan, signer: Person) -> None:
    here = (plan.system, plan.basis.policy_digest, plan.basis.map_digest)
    there = (approval.system, approval.policy_digest, approval.map_digest)
    times = (approval.signed_at, approval.expires_at)
    if approval.kind is Kind.STANDING:
        fits = here == there and approval.expires_at - approval.signed_at <= LONGEST_STANDING_TERM
    else:
        waived = approval.reason if approval.kind is Kind.WAIVER else None
        in_time = approval.expires_at - approval.signed_at <= LONGEST_PLAN_TERM
        wanted = of_plan(plan, signer, *times, waive_rehearsal=waived) if in_time else None
        fits = wanted is not None and approval.but_role() == wanted.but_role()
    if not fits:
        raise fault(
            faults.OTHER_SUBJECT,
            at=f"approval of {approval.kind}",
            wanted=f"one of plan {plan.digest[:16]} on {plan.system}, or of its policy and map",
            found=f"one of {approval.plan[:16] or 'another policy or map'} on {approval.system}",
            fix="have this plan approved",
        )


def _standing(approval: Approval) -> Standing:
    return Standing(
        approval.approver,
        approval.system,
        approval.policy_digest,
        approval.map_digest,
        approval.signed_at,
        approval.expires_at,
    )
