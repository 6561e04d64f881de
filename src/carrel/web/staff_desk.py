"""What the staff pages have done. `carrel serve` gives it, made of what its other commands do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from carrel.inventory.site import Person


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


class StaffDesk(Protocol):
    """Who the staff are, and everything that they change by a page.

    Each act takes the name of whoever does it, of the session, and asks once more whether that person may. What is
    refused is refused as the commands refuse it, with a CarrelError.
    """

    def people(self) -> tuple[Person, ...]:
        """The people of the site file, as it stands now."""

    def is_card(self, system: str, card: str) -> bool:
        """Whether a card is somebody's; nothing else of it is told."""

    def give(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody agreed, as `carrel consent give` does; whether it was new."""

    def withdraw(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody took it back, as `carrel consent withdraw` does; whether it was new."""
