"""Somebody who looks at cases: who it is, in which offices, by which rules, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.event import ACCOUNT, Act, Event
from carrel.disclosure.precedence import Processes
from carrel.disclosure.process import Office, Process
from carrel.disclosure.silence import silence_of
from carrel.disclosure.standing import Standing


@dataclass(frozen=True)
class Viewer:
    """Whoever asks.

    Attributes:
        person: by the name of the site file.
        offices: in which she may act now; see `carrel.disclosure.absence.held`.
        processes: of the policies in force.
        zone: of the library.
        at: aware time.
        free_days: on which nobody works.
        counsel: who holds that office, by the site file.
        account: of the host at which the command runs; empty for the pages, which have their own sign-in.
    """

    person: str
    offices: frozenset[Office]
    processes: Processes
    zone: ZoneInfo
    at: datetime
    free_days: Collection[date] = ()
    counsel: frozenset[str] = frozenset()
    account: str = ""

    def event(self, act: Act, terms: Mapping[str, str]) -> Event:
        """What this person does now. It tells the account as well: a name that is given by `--as` is only said.

        Raises:
            CarrelError: DSC-006, as `Event`.
        """
        return Event(act, self.at, self.person, {**terms, ACCOUNT: self.account} if self.account else terms)

    def process(self, case: Case) -> Process:
        """By which a case is led."""
        return self.processes.of(case.instrument)

    def look(self, case: Case) -> Standing | None:
        """Where a case stands; None where this person may not know that it is there."""
        here = standing(self.process(case), case.events, self.zone, self.at, free_days=self.free_days)
        return here if here.sees(self.person, self.offices) else None

    def is_named_in(self, events: Iterable[Event]) -> bool:
        """Whether this person did something in some events of a case, or was named by one of them: in whatever order,
        and also where others of the case are lost.
        """
        return any(self.person in self._people_of(one) for one in events)

    def _people_of(self, event: Event) -> frozenset[str]:
        match event.act:
            case Act.LET_GO:  # a night does that for nobody
                return frozenset()
            case Act.NAMED:
                return frozenset({event.by, event.term("person")})
            case Act.SILENCED:
                return silence_of(event, self.zone).may_tell | {event.by}
            case _:
                return frozenset({event.by})
