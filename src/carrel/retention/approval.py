"""Approvals: the exact text that a second named person signs, and whether a signature under it counts (DESIGN 5)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.inventory.likeness import alike
from carrel.ledger.note import Signer, Verifier, open_note, parse_note, sign_note
from carrel.retention import faults
from carrel.retention.interlock import Cleared, Standing, touched
from carrel.retention.plan import Plan

HEAD = "carrel approval 1"
APPROVE = "approve"
LONGEST_PLAN_TERM = timedelta(days=7)
LONGEST_STANDING_TERM = timedelta(days=366)


class Person(Protocol):
    """What an approval needs to know of a person of the site."""

    @property
    def name(self) -> str:
        """As the site names the person."""

    @property
    def role(self) -> str:
        """In the library."""

    @property
    def public_key(self) -> str | None:
        """The text form of the person's public key, if the person signs."""

    @property
    def may(self) -> Collection[str]:
        """What the person may do; ``approve`` among it."""


PersonT = TypeVar("PersonT", bound=Person)


class Kind(enum.StrEnum):
    """What is approved."""

    PLAN = "plan"
    STANDING = "standing"
    WAIVER = "rehearsal waiver"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    LIFTING = "lifting of a restriction"


@dataclass(frozen=True, slots=True)
class Approval:
    """What the signed text says, field by field; its text is one line per field, nothing else.

    Attributes:
        kind: plan, standing approval or waiver of the rehearsal.
        system, policy: names.
        policy_digest, map_digest: SHA-256, hex.
        plan: digest; empty for a standing approval.
        planned_by: who made the plan; empty for a standing approval.
        counts: one text per path, for the eyes of whoever signs; empty for a standing approval.
        reason: why the rehearsal is waived; else empty.
        approver, role: who signs.
        signed_at, expires_at: aware times, ISO 8601.
    """

    kind: Kind
    system: str
    policy: str
    policy_digest: str
    map_digest: str
    plan: str
    planned_by: str
    counts: tuple[str, ...]
    reason: str
    approver: str
    role: str
    signed_at: datetime
    expires_at: datetime

    def text(self) -> str:
        """The text that is signed.

        Guarantees:
            ``parse(a.text()) == a``; two approvals that differ in any field have different texts.
        """
        lines = [HEAD]
        for entry in fields(self):
            value = getattr(self, entry.name)
            values = value if isinstance(value, tuple) else (value,)
            label = entry.name.replace("_", " ")
            lines.extend(f"{label}: {one.isoformat() if isinstance(one, datetime) else one}" for one in values)
        return "\n".join(lines) + "\n"


def of_plan(
    plan: Plan,
    person: Person,
    signed_at: datetime,
    expires_at: datetime,
    *,
    waive_rehearsal: str | None = None,
) -> Approval:
    """What a person would sign for one plan.

    Args:
        plan: as recorded.
        person: who signs.
        signed_at: aware time.
        expires_at: aware time, at most seven days later.
        waive_rehearsal: the reason, when the rehearsal is what is waived.

    Raises:
        CarrelError: APR-011.
    """
    check_term(signed_at, expires_at, LONGEST_PLAN_TERM)
    return Approval(
        kind=Kind.PLAN if waive_rehearsal is None else Kind.WAIVER,
        system=one_line(plan.system),
        policy=one_line(plan.policy),
        policy_digest=plan.basis.policy_digest,
        map_digest=plan.basis.map_digest,
        plan=plan.digest,
        planned_by=one_line(plan.made_by),
        counts=tuple(one_line(f"{p.path}: {p.act} {amount(touched(p), 'row')}, bound {p.bound:,}") for p in plan.paths),
        reason=one_line(waive_rehearsal or ""),
        approver=one_line(person.name),
        role=one_line(person.role),
        signed_at=signed_at,
        expires_at=expires_at,
    )


def standing_for(
    plan: Plan,
    person: Person,
    signed_at: datetime,
    expires_at: datetime,
    longest: timedelta = LONGEST_STANDING_TERM,
) -> Approval:
    """What a person would sign for every ordinary night under this plan's policy and map.

    Args:
        plan: an example of such a night.
        person: who signs.
        signed_at: aware time.
        expires_at: aware time.
        longest: term that the site allows; never more than 366 days.

    Raises:
        CarrelError: APR-011.
    """
    check_term(signed_at, expires_at, min(longest, LONGEST_STANDING_TERM))
    return Approval(
        kind=Kind.STANDING,
        system=one_line(plan.system),
        policy=one_line(plan.policy),
        policy_digest=plan.basis.policy_digest,
        map_digest=plan.basis.map_digest,
        plan="",
        planned_by="",
        counts=(),
        reason="",
        approver=one_line(person.name),
        role=one_line(person.role),
        signed_at=signed_at,
        expires_at=expires_at,
    )


def parse(text: str) -> Approval:
    """The approval that a text states.

    Raises:
        CarrelError: APR-010 when the text is not, to the byte, one that Carrel writes.
    """
    head, *lines = text.removesuffix("\n").split("\n")
    found: dict[str, list[str]] = {}
    for line in lines:
        label, _, value = line.partition(": ")
        found.setdefault(label.replace(" ", "_"), []).append(value)
    counts = tuple(found.pop("counts", ()))
    try:
        single = {name: only for name, (only,) in found.items()}
        moments = {name: datetime.fromisoformat(single.pop(name)) for name in ("signed_at", "expires_at")}
        approval = Approval(**{**single, "kind": Kind(single["kind"]), "counts": counts, **moments})  # type: ignore[arg-type]  # a wrong field is the TypeError below
    except (ValueError, KeyError, TypeError):
        raise _no_approval() from None
    if head != HEAD or approval.text() != text or moments["signed_at"].tzinfo is None:
        raise _no_approval()
    return approval


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
    keys = {_key(one) for one in people if one.public_key and alike(one.name, planner)}
    if alike(person.name, planner) or _key(person) in keys:
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
        raise _no_approval() from None
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
            fix="have it signed again",
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
            case Kind.ERASURE | Kind.RECTIFICATION | Kind.RESTRICTION | Kind.LIFTING:
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
        fits = approval.expires_at - approval.signed_at <= LONGEST_PLAN_TERM and _but_role(approval) == _but_role(
            of_plan(plan, signer, *times, waive_rehearsal=waived),
        )
    if not fits:
        raise fault(
            faults.OTHER_SUBJECT,
            at=f"approval of {approval.kind}",
            wanted=f"one of plan {plan.digest[:16]} on {plan.system}, or of its policy and map",
            found=f"one of {approval.plan[:16] or 'another policy or map'} on {approval.system}",
            fix="have this plan approved",
        )


def _but_role(approval: Approval) -> tuple[object, ...]:
    # A person's role may be renamed in the site file after signing; that takes nothing from what was signed.
    return tuple(getattr(approval, entry.name) for entry in fields(approval) if entry.name != "role")


def _standing(approval: Approval) -> Standing:
    return Standing(
        approval.approver,
        approval.system,
        approval.policy_digest,
        approval.map_digest,
        approval.signed_at,
        approval.expires_at,
    )


def _key(person: Person) -> str:
    return str(person.public_key).rpartition("+")[2]  # the same key under another key name is the same key


def one_line(text: str) -> str:
    """A text as it may stand in one line of what is signed."""
    return " ".join(text.split())


def check_term(signed_at: datetime, expires_at: datetime, longest: timedelta) -> None:
    """Refuse a term that is too long, or none.

    Raises:
        CarrelError: APR-011.
    """
    if not timedelta(0) < expires_at - signed_at <= longest:
        raise fault(
            faults.TERM,
            wanted=f"an end within {amount(longest.days, 'day')} from now",
            found=expires_at.isoformat(timespec="minutes"),
            because="an approval is looked at again from time to time",
            fix="give another --until",
        )


def _no_approval() -> CarrelError:
    return fault(
        faults.APPROVAL_FORM,
        wanted=f"a signed note whose first line is `{HEAD}`",
        found="something else",
        fix="have it signed again with `carrel approve`",
    )
