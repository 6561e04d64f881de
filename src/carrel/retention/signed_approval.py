"""Signed approvals: who may sign, and whether a signature under the text of an approval counts (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from carrel.errors import CarrelError, fault
from carrel.inventory.likeness import alike
from carrel.ledger.key import body_of
from carrel.ledger.note import Signer, Verifier, open_note, parse_note, sign_note
from carrel.retention import faults
from carrel.retention.approval import APPROVE, Approval, Person, no_approval, parse

PersonT = TypeVar("PersonT", bound=Person)


def sign(approval: Approval, signer: Signer) -> str:
    """The approval as a signed note, to be verified by anybody who has the person's public key."""
    return sign_note(approval.text(), signer)


def may_approve(person: PersonT | None, planner: str, people: Iterable[Person] = ()) -> PersonT:
    """The person, if this person may approve what the planner planned.

    Args:
        person: of the site; None when the site has no such person.
        planner: who made the plan; empty for a standing approval.
        people: of the site; one key under two names is one person.

    Raises:
        CarrelError: APR-003 when the person may not approve, APR-002 when it is the planner.
    """
    if person is None or APPROVE not in person.may or not person.public_key:
        raise fault(
            faults.NOT_AN_APPROVER,
            wanted="a person of the site with `may: approve` and a public key",
            found="no such person" if person is None else f"{person.role} without one of the two",
            fix="name another person, or add the right and the key to the site file",
        )
    keys = {body_of(str(one.public_key)) for one in people if one.public_key and alike(one.name, planner)}
    if alike(person.name, planner) or body_of(str(person.public_key)) in keys:
        raise fault(
            faults.SAME_PERSON,
            wanted="a second named person",
            found="the one who made the plan",
            because="nobody's mistake is to be found by the one who made it",
            fix="ask a colleague who may approve",
        )
    return person


def verify(note: str, people: Iterable[Person], now: datetime) -> Approval:
    """The approval in a signed note, if its signer may approve, the signature holds and it is in force.

    Args:
        note: the signed note, whole.
        people: of the site, as the site file has them now: a person who left it approves nothing any more.
        now: aware time.

    Raises:
        CarrelError: APR-010, APR-003, APR-002, APR-004 or APR-005, in that order.

    Guarantees:
        Any changed byte of text or signature is refused.
    """
    people = tuple(people)
    try:
        approval = parse(parse_note(note).text)
    except CarrelError:
        raise no_approval() from None
    named = next((one for one in people if one.name == approval.approver), None)
    person = may_approve(named, approval.planned_by, people)
    try:
        open_note(note, [Verifier.parse(str(person.public_key))])
    except CarrelError:
        raise fault(
            faults.BAD_SIGNATURE,
            at=f"approval of {approval.kind}",
            wanted="a signature of the person whom the text names, by the key in the site file",
            found="one that does not hold",
            fix="sign with the key that the site file has for this person",
        ) from None
    if not approval.signed_at <= now < approval.expires_at:
        raise fault(
            faults.EXPIRED,
            at=f"approval of {approval.kind}",
            wanted=f"a time before {approval.expires_at.isoformat(timespec='seconds')} and after its signing",
            found=now.isoformat(timespec="seconds"),
            fix="have it signed again",
        )
    return approval
