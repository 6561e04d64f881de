"""When a case is forgotten: over for as long as the policies say, nothing owed, not silent, and approved since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from carrel.disclosure.case import Case
from carrel.disclosure.ending import over
from carrel.disclosure.event import Act
from carrel.disclosure.process import Instrument
from carrel.disclosure.standing import Standing, State

# What is written about a case that is over without anything being done in it.
_ASIDE = frozenset({Act.LET_GO, Act.FORGET, Act.NAMED})


@dataclass(frozen=True, slots=True)
class Past:
    """What is left of a case that was forgotten.

    Attributes:
        year: in which it came, on the library's calendar.
        instrument, state: for the report of that year.
        leaves: what the ledger was told of it; so that nothing is missing there, though nobody can open them any more.
    """

    year: int
    instrument: Instrument
    state: State
    leaves: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: Case, here: Standing, zone: ZoneInfo, leaves: tuple[str, ...] = ()) -> Past:
        """What is left of this one."""
        return cls(here.received_at.astimezone(zone).year, case.instrument, here.state, leaves)

    def text(self) -> str:
        """As it is sealed."""
        return json.dumps([self.year, self.instrument, self.state, self.leaves])

    @classmethod
    def read(cls, text: str) -> Past:
        """As it was."""
        year, instrument, state, leaves = json.loads(text)
        return cls(year, Instrument(instrument), State(state), tuple(leaves))


@dataclass(frozen=True, slots=True)
class Due:
    """A case that is due to be forgotten.

    Attributes:
        case, here: it, and where it stands.
        closed: aware time since which it is over.
        by: who approved that it goes; empty for nobody.
    """

    case: Case
    here: Standing
    closed: datetime
    by: str


def due_among(cases: Iterable[tuple[Case, Standing]], kept: timedelta | None, at: datetime) -> tuple[Due, ...]:
    """Those that may be forgotten.

    Args:
        cases: of which somebody may know.
        kept: how long, by the policies in force; None for good.
        at: aware time.
    """
    found = []
    for case, here in cases:
        closed = closed_at(case, here)
        if closed is not None and is_due(case, here, kept, at):
            found.append(Due(case, here, closed, approved_by(case)))
    return tuple(found)


def closed_at(case: Case, here: Standing) -> datetime | None:
    """When the last thing was done in a case that is over; None while something is open, owed or silenced."""
    if not over(here) or here.silent:
        return None
    times = [one.at for one in case.events if one.act not in _ASIDE]
    lapsed = here.silence.over if here.silence is not None else None
    return max((*times, lapsed) if lapsed is not None else times)


def is_due(case: Case, here: Standing, kept: timedelta | None, at: datetime) -> bool:
    """Whether a case may be forgotten.

    Args:
        case: as it is.
        here: where it stands.
        kept: how long, by the policies in force; None for good.
        at: aware time.
    """
    closed = closed_at(case, here)
    return kept is not None and closed is not None and closed + kept <= at


def approved_by(case: Case) -> str:
    """Who approved that it is forgotten; nobody where something was done in it since."""
    by = ""
    for one in case.events:
        if one.act is Act.FORGET:
            by = one.by
        elif one.act not in _ASIDE:
            by = ""
    return by


def plan_digest(cases: Iterable[Case]) -> str:
    """What an approval names, so that nothing is approved but what was seen: SHA-256 over the cases as they are."""
    told = sorted((one.id, sum(event.act not in _ASIDE for event in one.events)) for one in cases)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
