"""The plan request: what a library that has no access to the database asks of the custodian who has (DESIGN 5)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from carrel.accountability import faults
from carrel.errors import CarrelError, fault, unseen
from carrel.ledger.note import Signer, Verifier, open_note, parse_note, sign_note

HEAD = "carrel plan request 1"
LONGEST_TERM = timedelta(days=400)
MOST_EVIDENCE_DAYS = 100
CLOCKS_DIFFER = timedelta(minutes=5)
_NONCE = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIMES = ("issued_at", "valid_until")
_LISTS = ("records", "branches")
_TEXTS = ("library", "library_key", "host", "host_key", "policy", "policy_digest", "policy_text", "nonce")
_NUMBERS = ("evidence_days", "as_of_hours")


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """One request, as its text states it.

    Attributes:
        library, host: the parties' names.
        library_key, host_key: their public keys as text; the host's is that of its ledger for the library.
        policy: name of the policy.
        policy_digest: SHA-256 of the policy after adoption, hex.
        policy_text: the policy's own file, whole.
        records: kinds of record that may be worked on: those for which the policy has a rule.
        branches: that may be worked on; none for everything that the host's system holds.
        as_of_hours: how long before it is carried out a plan may judge its periods.
        evidence_days: at most so many days pass between two bundles of evidence.
        nonce: 16 random bytes, hex.
        issued_at, valid_until: aware times, half-open.
    """

    library: str
    library_key: str
    host: str
    host_key: str
    policy: str
    policy_digest: str
    policy_text: str
    records: tuple[str, ...]
    branches: tuple[str, ...]
    as_of_hours: int
    evidence_days: int
    nonce: str
    issued_at: datetime
    valid_until: datetime

    def text(self) -> str:
        """The text that is signed.

        Guarantees:
            ``parse(r.text()) == r``; two requests that differ in any field have different texts.
        """
        body: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        body |= {name: body[name].isoformat() for name in _TIMES}
        return f"{HEAD}\n{json.dumps(body, sort_keys=True, indent=1)}\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hex: by it plans, leaves and bundles name the request."""
        return hashlib.sha256(self.text().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom both sides have registered: names, and public keys as text."""

    library: str
    library_key: str
    host: str
    host_key: str


def sign_request(request: PlanRequest, signer: Signer) -> str:
    """The request as a signed note.

    Raises:
        CarrelError: CUS-004, its term is too long or none; CUS-003, the key is not the library's.
    """
    if signer.vkey != request.library_key:
        raise fault(
            faults.OTHER_PARTY,
            at="--key",
            wanted="the key that the site file has under library_key",
            found="another key",
            fix="give the private half of that key",
        )
    if not timedelta(0) < request.valid_until - request.issued_at <= LONGEST_TERM:
        raise fault(
            faults.REQUEST_TIME,
            wanted=f"an end within {LONGEST_TERM.days} days from now",
            found=request.valid_until.isoformat(timespec="minutes"),
            because="a custodian's order is looked at again from time to time",
            fix="give another --until",
        )
    return sign_note(request.text(), signer)


def parse(text: str) -> PlanRequest:
    """The request that a text states.

    Raises:
        CarrelError: CUS-001 when the text is not, to the byte, one that Carrel writes.
    """
    head, _, rest = text.partition("\n")
    request = _parsed(rest)
    if head != HEAD or request is None or request.text() != text:
        raise no_request()
    return request


def open_request(note: str, parties: Parties) -> PlanRequest:
    """The request in a signed note, if the registered library signed it, for the registered host.

    Args:
        note: whole, as it was received.
        parties: as the site file has registered them beforehand.

    Raises:
        CarrelError: CUS-001 no request; CUS-002 another signature, or a changed text; CUS-003 other parties.

    Guarantees:
        Any changed byte of text or signature is refused.
    """
    try:
        parsed = parse_note(note)
    except CarrelError:
        raise no_request() from None
    try:
        open_note(note, [Verifier.parse(parties.library_key)])
    except CarrelError:
        raise fault(
            faults.REQUEST_SIGNATURE,
            wanted=f"a signature of {parties.library} by the key in the site file, over exactly this text",
            found="none that holds",
            because="whoever could change a request could have other records cut than the library asked for",
            fix="get the request again from the library; if the library has a new key, register it in the site file",
        ) from None
    if len(parsed.signatures) != 1:
        raise no_request()
    request = parse(parsed.text)
    asked = (request.library, request.library_key, request.host, request.host_key)
    known = (parties.library, parties.library_key, parties.host, parties.host_key)
    for what, here, there in zip(("library", "library's key", "host", "host's key"), known, asked, strict=True):
        if here != there:
            raise _other_party(f"{what} of the request", f"the {what} of the site file", "another")
    return request


def refuse_out_of_force(request: PlanRequest, now: datetime) -> None:
    """Refuse a request before its time or after it.

    Raises:
        CarrelError: CUS-004.
    """
    if not request.issued_at - CLOCKS_DIFFER <= now < request.valid_until:
        over = now >= request.valid_until
        raise fault(
            faults.REQUEST_TIME,
            at=f"request {request.digest[:16]}",
            wanted=f"a time from {request.issued_at:%Y-%m-%d %H:%M} to {request.valid_until:%Y-%m-%d %H:%M} UTC",
            found=f"{now:%Y-%m-%d %H:%M} UTC",
            because="the library has not asked for anything beyond that" if over else "it was issued in the future",
            fix="ask the library for a new request" if over else "set the clocks of both machines right",
        )


def refuse_superseded(request: PlanRequest, in_force: PlanRequest | None, accepted: Sequence[str]) -> None:
    """Refuse a request that was in force before, or that is older than the one that is.

    Args:
        request: whose signature holds.
        in_force: the request that this would follow.
        accepted: digests of every request that was ever accepted here.

    Raises:
        CarrelError: CUS-005.
    """
    if in_force is None or in_force.digest == request.digest:
        return
    used = request.digest in accepted
    if used or request.issued_at <= in_force.issued_at:
        raise fault(
            faults.REPLAYED,
            at=f"request {request.digest[:16]}",
            wanted=f"one that was issued after {in_force.issued_at:%Y-%m-%d %H:%M} UTC",
            found="one that was in force before" if used else f"one of {request.issued_at:%Y-%m-%d %H:%M} UTC",
            because="an old order would undo what the library has asked for since",
            fix="ask the library for a new request",
        )


def no_request() -> CarrelError:
    """CUS-001."""
    return fault(
        faults.REQUEST_FORM,
        wanted=f"a signed note whose first line is `{HEAD}`, with one signature",
        found="something else",
        fix="get the file again that `carrel custodian request` wrote",
    )


def _other_party(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.OTHER_PARTY,
        at=at,
        wanted=wanted,
        found=found,
        because="a request is for one custodian and of one library",
        fix="both site files must have the same 'library', 'library_key', 'host' and 'host_key' under 'custodian:'",
    )


def _parsed(text: str) -> PlanRequest | None:
    try:
        body = json.loads(text)
        lists = {name: tuple(body[name]) for name in _LISTS}
        times = {name: datetime.fromisoformat(body[name]) for name in _TIMES}
        request = PlanRequest(**{**body, **lists, **times})
        return request if _plausible(request) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plausible(request: PlanRequest) -> bool:
    shown = (request.library, request.host, request.policy, *request.records, *request.branches)
    return (
        all(isinstance(getattr(request, name), str) and getattr(request, name) for name in _TEXTS)
        and all(type(getattr(request, name)) is int for name in _NUMBERS)
        and all(shown)
        and not any(map(unseen, shown))
        and _NONCE.fullmatch(request.nonce) is not None
        and _DIGEST.fullmatch(request.policy_digest) is not None
        and request.issued_at.tzinfo is not None
        and request.valid_until.tzinfo is not None
        and timedelta(0) < request.valid_until - request.issued_at <= LONGEST_TERM
        and 1 <= request.evidence_days <= MOST_EVIDENCE_DAYS
        and request.as_of_hours >= 1
        and bool(request.records)
    )
