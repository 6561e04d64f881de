"""What the staff pages have done, made of what the commands do."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.consent_person import person_of_card
from carrel.cli.consent_taking import agreed, taken_back
from carrel.cli.staff_people import PeopleOfFile
from carrel.errors import CarrelError
from carrel.retention.faults import NO_SUBJECT

if TYPE_CHECKING:
    from carrel.inventory.site import Person
    from carrel.web.staff_desk import PaperWord


class AtStaffDesk:
    """The desk of one site. Each act opens the site anew, as a command would.

    Args:
        site_path: the site file, or its folder.
    """

    def __init__(self, site_path: Path) -> None:
        self._site, self.people_of_file = site_path, PeopleOfFile(site_path)

    def people(self) -> tuple[Person, ...]:
        """The people of the site file, as it stands now.

        Raises:
            CarrelError: of the SIT codes.
        """
        return self.people_of_file()

    def is_card(self, system: str, card: str) -> bool:
        """Whether a card is somebody's.

        Raises:
            CarrelError: CNS-007, and whatever stands in the way of reading the system.
        """
        with premises.enter(self._site, system, read_only=True) as here:
            try:
                person_of_card(here, card)
            except CarrelError as wrong:
                if wrong.code != NO_SUBJECT.code:
                    raise
                return False
        return True

    def give(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody agreed.

        Raises:
            CarrelError: CNS-002 to CNS-009, HLD-006, ERA-001.
        """
        with premises.enter(self._site, word.system, read_only=True) as here:
            taken, _ = agreed(
                here, name, person_of_card(here, word.card), purpose=word.purpose, language=word.language,
                version=word.version, lift_silence=word.lift_silence, channel=word.channel, on=_at(word),
            )  # fmt: skip
        return taken.events > 0

    def withdraw(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody took it back.

        Raises:
            CarrelError: CNS-004, CNS-006, CNS-007, CNS-009, HLD-006, ERA-001.
        """
        with premises.enter(self._site, word.system, read_only=True) as here:
            taken = taken_back(
                here, name, person_of_card(here, word.card), purpose=word.purpose or None, channel=word.channel,
                on=_at(word),
            )  # fmt: skip
        return taken.events > 0


def _at(word: PaperWord) -> datetime | None:
    return None if word.on is None else datetime.combine(word.on, time())
