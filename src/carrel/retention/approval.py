"""Approvals: the exact text that a second named person signs, and whether a signature under it counts (DESIGN 5)."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Protocol

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.interlock import touched
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


class Kind(enum.StrEnum):
    """What is approved."""

    PLAN = "plan"
    STANDING = "standing"
    WAIVER = "rehearsal waiver"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"
    LIFTING = "lifting of a restriction"
    BACKUPS = "expiry of backups"
    REPLAY = "replay after a restore"
    MAIL = "clearing of a mailbox"
    FILES = "clearing of a folder"
    ROWS = "clearing of a table"
    LOGS = "clearing of a log service"


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

    def but_role(self) -> tuple[object, ...]:
        """Every field but the role, which the site file may rename later: that takes nothing from what was signed."""
        return tuple(getattr(self, entry.name) for entry in fields(self) if entry.name != "role")


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
        raise no_approval() from None
    if head != HEAD or approval.text() != text or moments["signed_at"].tzinfo is None:
        raise no_approval()
    return approval


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


def no_approval() -> CarrelError:
    """APR-010: a text that is not, to the byte, one that Carrel writes."""
    return fault(
        faults.APPROVAL_FORM,
        wanted=f"a signed note whose first line is `{HEAD}`",
        found="something else",
        fix="have it signed again with `carrel approve`",
    )
