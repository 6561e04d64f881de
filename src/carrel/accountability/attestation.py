"""An attestation: a named person signs for figures that nobody here has measured. It is never evidence of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from carrel.accountability import faults
from carrel.accountability.count_report import Counted, CountReport, RecordCount
from carrel.errors import CarrelError, fault
from carrel.ledger.note import Signer, Verifier, open_note, parse_note, sign_note

HEAD = "carrel attestation 1"
LONGEST_TERM = timedelta(days=100)
ATTEST = "audit"  # as the site file writes the right


class Attester(Protocol):
    """A person of the site file, as far as an attestation asks."""

    @property
    def name(self) -> str:
        """As the site file writes it."""

    @property
    def public_key(self) -> str | None:
        """As text."""

    @property
    def may(self) -> tuple[Any, ...]:
        """Rights."""


@dataclass(frozen=True, slots=True)
class Attestation(Counted):
    """What a person signs.

    Attributes:
        library, host: names of the parties.
        policy, policy_digest: that the figures are held against.
        person, role: who signs, and for whom.
        source_digest: SHA-256 of the report, hex; the report itself is not kept.
        rows: of the report.
        counts: by kind of record.
        signed_at, expires_at: aware times, half-open.
        declared: `branches_digest` of the branches of which the report had to speak; empty where there were none.
    """

    library: str
    host: str
    policy: str
    policy_digest: str
    person: str
    role: str
    source_digest: str
    rows: int
    counts: tuple[RecordCount, ...]
    signed_at: datetime
    expires_at: datetime
    declared: str = ""

    @property
    def by_branch(self) -> bool:
        """Whether the report goes by branches."""
        return any(one.branches for one in self.counts)

    def text(self) -> str:
        """The text that is signed.

        Guarantees:
            ``parse(a.text()) == a``.
        """
        body: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        body["counts"] = [_count_body(one) for one in self.counts]
        if not self.declared:
            del body["declared"]  # as texts have it that were signed before there was one
        body |= {name: body[name].isoformat() for name in ("signed_at", "expires_at")}
        return f"{HEAD}\n{json.dumps(body, sort_keys=True, indent=1)}\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hex."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def in_force(self, now: datetime) -> bool:
        """Whether it still speaks."""
        return self.signed_at <= now < self.expires_at


def branches_digest(branches: Collection[str]) -> str:
    """SHA-256 of some branches whatever their order, hex; empty where there are none."""
    return hashlib.sha256(json.dumps(sorted(branches)).encode()).hexdigest() if branches else ""


def _count_body(one: RecordCount) -> dict[str, Any]:
    body = asdict(one) | {"as_of": one.as_of.isoformat(), "without": list(one.without)}
    return body if one.without else {name: value for name, value in body.items() if name != "without"}


def _count_of(body: dict[str, Any]) -> RecordCount:
    day, without = date.fromisoformat(body["as_of"]), tuple(body.get("without", ()))
    return RecordCount(**{**body, "as_of": day, "without": without})


@dataclass(frozen=True, slots=True)
class Parts:
    """Between whom, and under which policy, something is attested; ``branches`` are all of the library's."""

    library: str
    host: str
    policy: str
    policy_digest: str
    branches: tuple[str, ...] = ()


def attest(
    report: CountReport, parts: Parts, person: Attester, role: str, signed_at: datetime, expires_at: datetime
) -> Attestation:
    """What a person would sign for a report.

    Args:
        report: of the custodian.
        parts: parties and policy.
        person: of the site file.
        role: office of the person.
        signed_at: aware time.
        expires_at: aware time, at most a hundred days after the figures were taken.

    Raises:
        CarrelError: CUS-015, the person may not, or the term is too long or none.
    """
    _may(person)
    taken = datetime.combine(report.as_of, datetime.min.time(), signed_at.tzinfo)
    if not signed_at < expires_at <= taken + LONGEST_TERM:
        raise fault(
            faults.ATTESTATION,
            wanted=f"an end after now, and at most {LONGEST_TERM.days} days after {report.as_of}, when it was counted",
            found=expires_at.isoformat(timespec="minutes"),
            because="an old count says nothing of today",
            fix="give another --until, or have the report made anew",
        )
    return Attestation(
        parts.library, parts.host, parts.policy, parts.policy_digest, person.name, role, report.digest, report.rows,
        report.counts, signed_at, expires_at, branches_digest(parts.branches),
    )  # fmt: skip


def sign_attestation(attestation: Attestation, signer: Signer) -> str:
    """The attestation as a signed note."""
    return sign_note(attestation.text(), signer)


def open_attestation(note: str, people: Iterable[Attester]) -> Attestation:
    """The attestation in a signed note, if the person whom it names signed it and may still do so.

    Args:
        note: whole.
        people: of the site file as it is now.

    Raises:
        CarrelError: CUS-015. Whether it is still in force is asked apart.

    Guarantees:
        Any changed byte is refused.
    """
    try:
        parsed = parse_note(note)
        attestation = parse(parsed.text)
    except CarrelError:
        raise _does_not_hold(f"a signed note whose first line is `{HEAD}`", "something else") from None
    person = next((one for one in people if one.name == attestation.person), None)
    if person is None:
        raise _does_not_hold("a person of the site file", "somebody who does not stand there")
    _may(person)
    try:
        open_note(note, [Verifier.parse(str(person.public_key))])
    except CarrelError:
        raise _does_not_hold("a signature of the person whom it names, over exactly this text", "none") from None
    return attestation


def parse(text: str) -> Attestation:
    """The attestation that a text states.

    Raises:
        CarrelError: CUS-015 when the text is not, to the byte, one that Carrel writes.
    """
    head, _, rest = text.partition("\n")
    found = _parsed(rest)
    if head != HEAD or found is None or found.text() != text:
        raise _does_not_hold(f"a text whose first line is `{HEAD}`", "another text")
    return found


def _parsed(text: str) -> Attestation | None:
    try:
        body = json.loads(text)
        counts = [_count_of(one) for one in body["counts"]]
        times = {name: datetime.fromisoformat(body[name]) for name in ("signed_at", "expires_at")}
        found = Attestation(**{**body, **times, "counts": tuple(counts)})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    sound = all(one.tzinfo for one in times.values()) and all(map(_sound, counts))
    return found if counts and sound else None


def _sound(one: RecordCount) -> bool:
    """Whether each figure is one: a text that nobody signed can state anything."""
    told = (one.overdue, one.branches, *(each for each in (one.removed, one.kept) if each is not None))
    return type(one.record) is str and all(type(each) is int and each >= 0 for each in told)


def _may(person: Attester) -> None:
    if ATTEST not in person.may or not person.public_key:
        raise _does_not_hold(f"a person of the site file with `may: {ATTEST}` and a public key", "one without")


def _does_not_hold(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.ATTESTATION,
        wanted=wanted,
        found=found,
        because="an attestation is worth as much as the name under it",
        fix="have it attested again: carrel custodian attest, or carrel log-service attest",
    )
