"""What the texts of mail are looked through by, put together from the document that a folder of the site file names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.progress import phase
from carrel.inventory.mailbox import MailFolder
from carrel.systems.mailboxes.deidentified import DeidentifiedFolder

if TYPE_CHECKING:
    from carrel.inventory.held_part import HeldPart
    from carrel.inventory.site import Site
    from carrel.systems.mailboxes.mail_text import MailRules

_COMPILED_FROM = 2_000_000  # bytes of lists; a mailbox alone is read sooner than rules are compiled


@dataclass
class Uncertain:
    """Places that only a person could decide, in counts.

    Attributes:
        places: of all texts that were written anew.
        left_in: of these, what stays in them.
    """

    places: int = 0
    left_in: int = 0

    def take(self, folders: Iterable[Any]) -> None:
        """Add what was met in folders of mail."""
        for one in folders:
            if isinstance(one, DeidentifiedFolder):
                self.places += one.uncertain
                self.left_in += one.left_in

    def as_dict(self) -> dict[str, int]:
        """For programs."""
        return {"places": self.places, "left_in": self.left_in}

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.places:
            told = amount(self.places, "place in the texts was uncertain", "places in the texts were uncertain")
            yield f"{told}; of these {self.left_in:,} stay as they were."


def rewriting_of(part: HeldPart) -> list[str]:
    """What a plan remembers of how a folder of mail is de-identified; nothing of any other part.

    Raises:
        CarrelError: SRC-007, the document is none.
    """
    if not isinstance(part, MailFolder) or part.text is None:
        return []
    from carrel.cli.text_setup import Given, settings_of

    settings_of(Given(part.text))  # its faults are told before anything is planned
    return [part.then, *sorted(part.kept_addresses), hashlib.sha256(part.text.read_bytes()).hexdigest()]


def mail_rules(site: Site) -> Callable[[MailFolder], MailRules]:
    """What the texts of a folder are looked through by.

    Args:
        site: whose systems the document can name.

    Returns:
        For a folder with a document: its rules, with rosters and catalogues learnt. It raises of the TXT, SRC, SIT and
        SQL codes.
    """
    return lambda part: _rules(part, site)


def _rules(part: MailFolder, site: Site) -> MailRules:
    from carrel.cli.text_setup import Given, recognizers_of, settings_of
    from carrel.deidentification.text import number_format
    from carrel.deidentification.text.kernels.spans import Kind
    from carrel.deidentification.text.knowledge import Knowledge
    from carrel.systems.mailboxes.mail_text import MailRules
    from carrel.systems.text.code_folder import running
    from carrel.systems.text.named_lists import learn_catalogue, learn_roster

    settings = settings_of(Given(part.text))
    formats = [
        *(number_format.parsed(one, "card") for one in settings.cards),
        *(number_format.parsed(one, "student id", student=True) for one in settings.student_ids),
    ]
    lists = (*settings.roster, *settings.catalogue)
    files = [one.records.file for one in lists if one.records is not None and one.records.file is not None]
    size = sum(one.stat().st_size for one in files if one.exists())
    large = any(one.system is not None for one in lists) or size > _COMPILED_FROM
    with phase("making the rules ready"):
        knowledge = Knowledge(formats, running(compiling=large))
    with phase("learning the roster and the catalogue"):
        for roster in settings.roster:
            learn_roster(knowledge, roster, site)
        for catalogue in settings.catalogue:
            learn_catalogue(knowledge, catalogue, site)
    leave = frozenset(int(one) for one in Kind if one.label.lower() in settings.leave)
    return MailRules(knowledge, leave, recognizers_of(settings))
