"""Approvals of an erasure: as of any plan, by a second named person; no standing approval covers one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import LONGEST_PLAN_TERM, Approval, Kind, Person, check_term, one_line
from carrel.retention.person_plan import OnePerson
from carrel.retention.signed_approval import may_approve, verify


def of_erasure(
    plan: OnePerson, person: Person, signed_at: datetime, expires_at: datetime, kind: Kind = Kind.ERASURE
) -> Approval:
    """What a person would sign for one erasure, or for another plan over one person.

    Raises:
        CarrelError: APR-011.
    """
    check_term(signed_at, expires_at, LONGEST_PLAN_TERM)
    return Approval(
        kind=kind,
        system=one_line(plan.system),
        policy=one_line(plan.policy),
        policy_digest=plan.basis.policy_digest,
        map_digest=plan.basis.map_digest,
        plan=plan.digest,
        planned_by=one_line(plan.made_by),
        counts=tuple(one_line(one) for one in plan.lines),
        reason="",
        approver=one_line(person.name),
        role=one_line(person.role),
        signed_at=signed_at,
        expires_at=expires_at,
    )


def approver(
    plan: OnePerson, notes: Iterable[str], people: Iterable[Person], now: datetime, kind: Kind = Kind.ERASURE
) -> str | None:
    """Who has approved exactly this plan, each note verified anew; None when nobody has.

    Guarantees:
        No approval counts for a plan that its signer made.
    """
    people = tuple(people)
    for note in notes:
        try:
            approval = verify(note, people, now)
            signer = next(one for one in people if one.name == approval.approver)
            may_approve(signer, plan.made_by, people)
            wanted = of_erasure(plan, signer, approval.signed_at, approval.expires_at, kind)
        except CarrelError:
            continue
        if approval.but_role() == wanted.but_role():
            return approval.approver
    return None


def refuse_unapproved(plan: OnePerson, by: str | None) -> None:
    """Refuse a plan that nobody has approved.

    Raises:
        CarrelError: APR-008.
    """
    if by is None:
        raise fault(
            faults.PENDING,
            at=f"plan {plan.digest[:16]} on {plan.system}",
            wanted="approval of this plan by a second named person",
            found="none",
            because="no plan for persons, backups, mail, files, tables or log services goes by a standing approval",
            fix="a second person approves it: `carrel approve PLAN --as NAME --key FILE`",
        )
