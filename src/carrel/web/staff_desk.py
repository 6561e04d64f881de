"""What the staff pages have done. `carrel serve` gives it, made of what its other commands do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from carrel.inventory.site import Person
from carrel.rights.clocks import Clocks
from carrel.rights.event import Act
from carrel.web.case_desk import CaseDesk


class Rules(Protocol):
    """By what requests are judged."""

    @property
    def clocks(self) -> Clocks:
        """Of all policies in force."""

    @property
    def zone(self) -> ZoneInfo:
        """Whose calendar counts."""


@dataclass(frozen=True, slots=True)
class PaperWord:
    """What somebody said on paper, at the desk or on the phone, as staff type it in.

    Attributes:
        system: in which the card is one.
        card: its number; it is shown on no page and in no error.
        purpose: as the policy names it; empty of a withdrawal: everything, with silence.
        channel: by which it came.
        on: the day that stands on it; None for now.
        language, version: of the text that was read; a withdrawal has none.
        lift_silence: the person asked for silence before, and asks to be written to again.
    """

    system: str
    card: str = field(repr=False)
    purpose: str
    channel: str
    on: date | None
    language: str = ""
    version: int = 0
    lift_silence: bool = False


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """What somebody asks for at the desk, by phone or in a letter.

    Attributes:
        right: of `carrel.rights.request.Right`.
        system: in which the card is one.
        card: its number; empty where nobody knows whose request it is. It is shown on no page and in no error.
        words: the person's own; empty for none.
        channel: by which it came.
        language: in which the person is answered.
        on: the day on which it came; None for now.
        how: how it was made sure that it is the person; empty where it was not.
    """

    right: str
    system: str
    card: str = field(repr=False)
    words: str = field(repr=False)
    channel: str
    language: str
    on: date | None
    how: str


class StaffDesk(Protocol):
    """Who the staff are, and everything that they change by a page.

    Each act takes the name of whoever does it, of the session, and asks once more whether that person may. What is
    refused is refused as the commands refuse it, with a CarrelError.
    """

    @property
    def cases(self) -> CaseDesk:
        """The same for cases of legal process."""

    def people(self) -> tuple[Person, ...]:
        """The people of the site file, as it stands now."""

    def give(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody agreed, as `carrel consent give` does; whether it was new."""

    def withdraw(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody took it back, as `carrel consent withdraw` does; whether it was new."""

    def rules(self) -> Rules:
        """The clocks by which requests are judged, as the policies are now."""

    def follow(self) -> None:
        """Write into requests what became of the plans that were made for them."""

    def open(self, name: str, asked: DeskRequest) -> str:
        """Write a request down, as `carrel request open` does; its id."""

    def identify(self, name: str, request: str, how: str, whose: tuple[str, str] | None) -> None:
        """Write down that it is the person, and whose record it is: system and card, where that was not known."""

    def settle(self, name: str, request: str, tasks: tuple[str, ...], words: str) -> None:
        """Write down that several tasks are done, all or none, as `carrel request tasks --done` does."""

    def act(self, name: str, request: str, act: Act, terms: Mapping[str, str], words: str) -> None:
        """Write one event of a request down, as the verbs of `carrel request` do."""
