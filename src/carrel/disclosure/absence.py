"""Who may act in an office: whoever holds it, and an alternate while the holder is recorded absent (MPL-2)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from carrel.disclosure import faults
from carrel.disclosure.process import Office
from carrel.errors import fault


class Turn(enum.StrEnum):
    """What was written down about an office."""

    DELEGATED = "delegated"
    REVOKED = "revoked"
    ABSENT = "absent"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class OfficeEvent:
    """One entry; it is added and never changed.

    Attributes:
        turn: what it says.
        office: of which.
        holder: who holds it.
        by: who wrote it down.
        at: aware time at which that was.
        starts: aware time from which it holds; never earlier than `at`.
        ends: aware time at which it is over; None where nobody knows yet, of an absence only.
        alternate: who stands in, of a delegation.
        account: of the host at which the command ran; empty for the pages.
    """

    turn: Turn
    office: Office
    holder: str
    by: str
    at: datetime
    starts: datetime
    ends: datetime | None = None
    alternate: str = ""
    account: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it covers a moment (half-open), and was written down by then."""
        return max(self.starts, self.at) <= at and (self.ends is None or at < self.ends)


def held(
    person: str,
    own: frozenset[Office],
    events: Iterable[OfficeEvent],
    alternates: frozenset[Office],
    at: datetime,
) -> frozenset[Office]:
    """The offices in which somebody may act at a moment.

    Args:
        person: by the name of the site file.
        own: offices that the site file gives.
        events: of delegations and absences, in the order in which they were written down.
        alternates: offices whose holder may name alternates, by every policy in force.
        at: aware time.

    Guarantees:
        An alternate acts only while the holder is recorded absent, and not by a record of her own.

    Source:
        MPL-2.
    """
    events = [one for one in events if one.at <= at]
    found = set(own)
    for office in alternates - own:
        for one in delegations(events, office, at):
            if one.alternate == person and _away(events, office, one.holder, person, at):
                found.add(office)
    return frozenset(found)


def delegations(events: Iterable[OfficeEvent], office: Office, at: datetime) -> tuple[OfficeEvent, ...]:
    """The delegations of an office that are in force at a moment."""
    found: dict[tuple[str, str], OfficeEvent] = {}
    for one in events:
        if one.office is office and one.turn in {Turn.DELEGATED, Turn.REVOKED} and one.at <= at:
            if one.turn is Turn.DELEGATED:
                found[one.holder, one.alternate] = one
            else:
                found.pop((one.holder, one.alternate), None)
    return tuple(one for one in found.values() if one.holds(at))


def _away(events: Iterable[OfficeEvent], office: Office, holder: str, person: str, at: datetime) -> bool:
    away: list[OfficeEvent] = []
    for one in events:
        if (one.office, one.holder) == (office, holder):
            if one.turn is Turn.ABSENT:
                away.append(one)
            elif one.turn is Turn.RETURNED:
                away.clear()
    return any(one.holds(at) and one.by != person for one in away)


def admit_turn(
    event: OfficeEvent,
    events: Iterable[OfficeEvent],
    people: Mapping[str, frozenset[Office]],
    alternates: frozenset[Office],
) -> None:
    """Whether an entry may be written down.

    Args:
        event: that is new.
        events: that were written down before.
        people: of the site file, with their offices.
        alternates: offices whose holder may name alternates.

    Raises:
        CarrelError: DSC-010, a delegation to oneself, of another's office, of one that has no alternates, or without
            an end; DSC-011, an absence that an alternate writes down, or of somebody who does not hold the office.
    """
    if event.turn in {Turn.DELEGATED, Turn.REVOKED}:
        _delegation(event, people, alternates)
        return
    names = {
        one.alternate for one in events
        if one.turn is Turn.DELEGATED and one.office is event.office and (one.ends is None or event.at < one.ends)
    }  # fmt: skip
    wrong = (
        "somebody who does not hold it" if event.office not in people.get(event.holder, frozenset())
        else "somebody whom the site file does not name" if event.by not in people
        else "an alternate" if event.turn is Turn.ABSENT and event.by in names and event.by != event.holder
        else "an end before the beginning" if event.ends is not None and event.ends <= event.starts
        else ""
    )  # fmt: skip
    if wrong:
        raise fault(
            faults.ABSENCE,
            at=event.office,
            wanted="the absence of whoever holds the office, recorded by her or by somebody who gains nothing by it",
            found=wrong,
            because="MPL-2: who stands in does not say herself that she may",
            fix="have somebody else record it",
        )


def _delegation(event: OfficeEvent, people: Mapping[str, frozenset[Office]], alternates: frozenset[Office]) -> None:
    wrong = (
        "an office without alternates, by a policy in force" if event.office not in alternates
        else "somebody else's office" if event.by != event.holder
        or event.office not in people.get(event.holder, frozenset())
        else "a delegation to oneself" if event.alternate == event.holder
        else "somebody whom the site file does not name" if event.alternate not in people
        else "a delegation without an end" if event.turn is Turn.DELEGATED and event.ends is None
        else "an end before the beginning" if event.ends is not None and event.ends <= event.starts
        else ""
    )  # fmt: skip
    if wrong:
        raise fault(
            faults.DELEGATION,
            at=event.office,
            wanted="an office that its holder hands to somebody else of the site file, until a day",
            found=wrong,
            because="MPL-2, MITL-4.5: the policy says which office has alternates, and its holder names them",
            fix="let the holder name somebody else, or see to it herself",
        )
