"""What the pages of legal process have done. `carrel serve` gives it, made of what `carrel disclose` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Protocol

from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.event import Act
from carrel.disclosure.forgetting import Due
from carrel.disclosure.precedence import Processes
from carrel.disclosure.process import Instrument, Office
from carrel.disclosure.report import Line
from carrel.disclosure.viewer import Viewer
from carrel.store.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """Whose records are kept from deletion for a case, and of which things.

    Attributes:
        system: in which the cards and numbers are some.
        cards: numbers of people's cards; they are shown on no page and in no error.
        items, titles: numbers of their records; of a title every item is meant.
    """

    system: str
    cards: tuple[str, ...] = field(default=(), repr=False)
    items: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cards or self.items or self.titles)


@dataclass(frozen=True, slots=True)
class StudentFinding:
    """What was found about students in a case.

    Attributes:
        exemption: its name in the policy.
        records: one kind of record; empty for every kind.
        system, cards: about whom; no card, for everybody of the case.
        words: how that is known.
    """

    exemption: str
    records: str
    system: str
    cards: tuple[str, ...] = field(repr=False)
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What is due to be forgotten, of the cases of which somebody may know.

    Attributes:
        plan: its sign; an approval names it.
        kept_days: how long cases are kept once they are over; None for good.
        due: cases.
    """

    plan: str
    kept_days: int | None
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class CameIn:
    """What came to the desk.

    Attributes:
        terms: of `carrel.disclosure.event.Act.RECEIVED`: instrument, served on, from, and days.
        words: what is asked for, as the paper says it; empty for none.
        keep: whose records are kept first; None where nobody knows yet.
    """

    terms: Mapping[str, str]
    words: str = field(repr=False)
    keep: Kept | None


@dataclass(frozen=True, slots=True)
class Report:
    """The transparency report of one year.

    Attributes:
        year: on the library's calendar.
        band: how wide its bands are.
        lines: one for each kind of paper.
        since: the day from which on cases were written down, where that is in this year.
    """

    year: int
    band: int
    lines: tuple[Line, ...]
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Disclosed:
    """That records of somebody were given out, and that the person was told.

    Attributes:
        on: the day, on the library's calendar.
        instrument: on what.
    """

    on: date
    instrument: Instrument


class CaseDesk(Protocol):
    """The cases of legal process, as the staff pages lead them.

    Each act takes the name of whoever does it, of the session, and asks once more whether that person may. What is
    refused is refused as the commands refuse it, with a CarrelError.
    """

    def processes(self) -> Processes:
        """How every kind of paper is handled, by the policies as they are now."""

    def holders(self) -> Mapping[Office, tuple[str, ...]]:
        """Who holds which office, by the site file as it stands now."""

    def viewer(self, name: str) -> Viewer:
        """Who somebody is in the cases now."""

    def open(self, name: str, came: CameIn) -> str:
        """Write a case down, as `carrel disclose open` does; its id."""

    def preserve(self, name: str, case: str, kept: Kept) -> None:
        """Keep records from deletion for a case, as `carrel disclose preserve` does."""

    def act(self, name: str, case: str, act: Act, terms: Mapping[str, str], words: str) -> None:
        """Write one event of a case down, as the verbs of `carrel disclose` do."""

    def exempt(self, name: str, case: str, found: StudentFinding) -> None:
        """Write down a finding about students, as `carrel disclose exempt` does."""

    def forgetting(self, name: str) -> Forgetting:
        """What is due to be forgotten, as `carrel disclose forget` shows it."""

    def approve(self, name: str, plan: str) -> None:
        """Agree that it is, as `carrel disclose forget --approve` does."""

    def forget(self, name: str) -> int:
        """Forget what somebody else approved, as `carrel disclose forget --apply` does; how many are gone."""

    def file(self, name: str, case: str, source: BinaryIO, paper: str) -> None:
        """Put a document into a case while it arrives, as `carrel disclose document add` does."""

    def turns(self) -> tuple[OfficeEvent, ...]:
        """Delegations and absences that were written down."""

    def turn(self, name: str, turn: Turn, office: Office, holder: str, alternate: str, until: date | None) -> None:
        """Write a delegation or an absence down, as `carrel disclose delegate` and `absence` do."""

    def since(self) -> date | None:
        """The first day that a report counts, as the site file says it; None where it says none."""

    def report(self, year: int) -> Report:
        """The transparency report of a year."""

    def disclosed(self, store: Store, system: str, number: int) -> tuple[Disclosed, ...]:
        """What was given out of one person's records, of which the person was told and may be."""
