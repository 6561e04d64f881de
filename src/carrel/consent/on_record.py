"""Exports of addresses and consents as they stand on record, held against the policy again: what cannot have been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from carrel.consent.event import Act, ConsentEvent, in_order
from carrel.consent.gate import gate, needs_consent
from carrel.consent.text import ConsentText
from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.policy.resolve import Policy


@dataclass(frozen=True, slots=True)
class ExportOnRecord:
    """One export as it was written down.

    Attributes:
        purpose, recipient, fields: as asked.
        at: aware time at which the first address was read.
        policy_digest: of the policies that were in force.
        written: how many addresses went.
    """

    purpose: str
    recipient: str
    fields: tuple[str, ...]
    at: datetime
    policy_digest: str
    written: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An export, and what goes against it now.

    Attributes:
        purpose: of the policy.
        clauses: that the purpose carries.
        optional: whether somebody must have agreed.
        against: why it should not have gone; nothing where all is well.
        earlier: it went under another policy, so its recipient and fields are not judged by this one.
    """

    purpose: str
    clauses: tuple[str, ...]
    optional: bool
    against: tuple[str, ...]
    earlier: bool


def judged(
    one: ExportOnRecord, policies: Sequence[Policy], digest: str, people: Iterable[Sequence[ConsentEvent]]
) -> Judged:
    """Hold an export against what stands now.

    Args:
        one: as written down.
        policies: in force.
        digest: of them.
        people: the events of each person for the purpose of the export.

    Guarantees:
        Whoever had agreed by then is counted, also where they withdrew or were erased since; so an export within the
        rules has nothing against it, whatever happened later.
    """
    against: list[str] = []
    earlier = one.policy_digest != digest
    if not earlier:
        try:
            gate(policies, one.purpose, one.recipient, tuple(map(Category, one.fields)))
        except CarrelError as wrong:
            against.append(f"{wrong.code}: {wrong.faults[0].condition.title}")
        except ValueError:
            against.append("a field that is no category")
    optional = any(needs_consent(policy, one.purpose) for policy in policies)
    if optional and not earlier and one.written > (agreed := agreed_by(people, one.at)):
        against.append("more addresses went than people had agreed" if agreed else "nobody had agreed")
    clauses = (
        clause
        for policy in policies
        if (known := policy.body.purposes.get(one.purpose)) is not None
        for clause in (*known.clauses, *(known.contacts.clauses if known.contacts else ()))
    )
    return Judged(one.purpose, tuple(dict.fromkeys(clauses)), optional, tuple(against), earlier)


def agreed_by(people: Iterable[Sequence[ConsentEvent]], at: datetime) -> int:
    """How many people had agreed, by what was written down until a time; whatever later texts ask."""
    found = 0
    for events in people:
        then = in_order(one for one in events if one.recorded_at <= at)
        found += bool(then) and then[-1].act is Act.GIVEN
    return found


def without_words(events: Iterable[ConsentEvent], used: Iterable[ConsentText]) -> int:
    """How many consents cannot show what was agreed to, how it came, or who took it.

    Args:
        events: of any person.
        used: the texts as they are kept, with their words.
    """
    words = {(one.text, one.version, one.language, one.purpose): one.digest for one in used}
    return sum(
        one.act is Act.GIVEN
        and (
            not one.taker.strip()
            or not one.digest
            or words.get((one.text, one.version, one.language, one.purpose)) != one.digest
        )
        for one in events
    )
