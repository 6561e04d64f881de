"""What the pages have done for whoever is signed in. `carrel serve` gives it, made of what its other commands do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from carrel.accountability.message import Message
from carrel.consent.text import ConsentText
from carrel.ledger.leaf import OpenLeaf
from carrel.retention.person_request import Wanted


class PatronDesk(Protocol):
    """Everything that a page changes, in the product or in what the library has on record.

    Each takes the system's name and the number of the person there; both are of the session, and of nothing that a
    browser sent. What is refused is refused as the commands refuse it, with a CarrelError.
    """

    def agree(self, system: str, number: int, text: ConsentText, *, lift_silence: bool) -> None:
        """Write down that the person agreed to a text, and tell the mailing tools, as `carrel consent give` does."""

    def take_back(self, system: str, number: int, purpose: str | None, *, addresses: bool = True) -> bool | None:
        """Write down a withdrawal or an objection; without a purpose, of everything, with silence.

        Without ``addresses`` the list of silence gets the person's number alone: they could be anybody's.

        Returns:
            Whether the person was read back as off every mailing list; False where the next night takes somebody off,
            None where the library has no such list.
        """

    def write_to(self, address: str, letter: Message) -> None:
        """Send a letter to somebody by the site's mail server."""

    def end_silence(self, system: str, number: int) -> None:
        """Take off the list of silence what this person put there; every purpose stays as it is."""

    def object(self, system: str, number: int, purposes: tuple[str, ...]) -> tuple[str, ...]:
        """Write down an objection to several purposes, all of it or nothing; those that were read back."""

    def restricted(self, system: str) -> None:
        """Tell mailing tools of the requests for a restriction that are open."""

    def correct(self, system: str, number: int, wanted: tuple[Wanted, ...]) -> bool:
        """Write new values into the person's record; whether they were read back."""

    def set_password(self, system: str, number: int, new: str) -> None:
        """Write a new password into the product, and read it back."""

    def set_notices(self, system: str, number: int, wanted: Mapping[str, Collection[str]]) -> None:
        """Write by which way each notice shall come, and read it back."""

    def record(self, leaf: OpenLeaf) -> None:
        """Tell the ledger that something was done; it is told nothing of whom."""
