"""What a test of consents does at the desk: patrons, cards, texts, and the gate."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carrel.systems.consent.text_folder import write_examples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.run.library import Answer, Library

DEE = ("--as", "Dee Example")
NEWS, CAMPAIGN = "library news", "library campaign"
FIELDS = {"postal address": "postal address"}


@dataclass
class Desk:
    """The desk of one library.

    Args:
        elm: the library.
        cards: by the name that a test gives a person.
    """

    elm: Library
    cards: dict[str, str] = field(default_factory=dict)
    _exports: int = 0

    def say(self, act: str, who: str, *more: object, purpose: str | None = NEWS, code: int = 0) -> dict[str, Any]:
        """`carrel consent give` or `withdraw` for a person."""
        words = ("consent", act, self.card(who), *(("--purpose", purpose) if purpose else ()), "--channel", "desk")
        told: dict[str, Any] = self.elm.ok(*words, *DEE, *more, code=code)["consent"]
        return told

    def card(self, who: str) -> Path:
        """A file with a person's card, outside the site."""
        place = self.elm.folder.parent / f"{who}.card"
        place.write_text(f"{self.cards[who]}\n")
        return place

    def export(self, purpose: str = NEWS, *more: object, recipient: str = "the library") -> tuple[dict[str, Any], Path]:
        """What an export told, and its file."""
        self._exports += 1
        out = self.elm.folder.parent / f"export-{self._exports}.csv"
        words = ("export", "contacts", "--purpose", purpose, "--recipient", recipient, "--out", out)
        return self.elm.ok(*words, *DEE, *more)["export"], out

    def mails(self, purpose: str = NEWS, *more: object) -> list[str]:
        """The email addresses that go."""
        return [row["email address"] for row in rows(self.export(purpose, *more)[1])]

    def refused(self, error: str, code: int, *words: object) -> Answer:
        return self.elm.refused(*words, *DEE, code=code, error=error)


def rows(place: Path) -> list[dict[str, str]]:
    with place.open(newline="") as stream:
        return list(csv.DictReader(stream))


def opened(elm: Library) -> Desk:
    """A library with somebody at the desk, texts, and a folder for mailing tools; both lie outside the site's folder."""
    texts, changes = elm.folder.parent / "texts", elm.folder.parent / "changes"
    write_examples(texts)
    changes.mkdir()
    elm.edit("people:\n", "people:\n  - {name: Dee Example, role: staff, may: [consent, export]}\n")
    elm.edit("library: Elm Library\n", f"library: Elm Library\nconsent: {{texts: {texts}, changes: {changes}}}\n")
    return Desk(elm)
