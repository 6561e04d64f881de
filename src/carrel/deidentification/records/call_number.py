"""Call numbers: Dewey by hundreds, tens and ones; Library of Congress by class, subclass and number.

Never finer than the number of a class: what follows it, a decimal or the letters of an author, names few books.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEWEY = re.compile(r"(?:^|.*?[\s/])(\d{3})(?:\.\d*)?(?:[\s/A-Za-z].*)?$")
_LOCAL = re.compile(r"([A-Z]{1,9})(?:[\s/.].*)?")
_CONGRESS = re.compile(r"([A-Z])([A-Z]{0,2})\s?(\d{1,4})(?![\d])(?:[\s./].*)?")
# What shelves are marked with in place of a number; any other word could be somebody's name.
LOCAL_MARKS = frozenset({
    "AUD", "AUDIO", "B", "BD", "BIO", "BIOG", "CD", "COMIC", "DVD", "E", "EASY", "EBOOK", "F", "FIC", "FICTION", "GAME",
    "GN", "GRAPHIC", "HOR", "J", "JE", "JF", "JFIC", "JUV", "KIT", "LP", "MAG", "MYS", "MYSTERY", "PB", "PER", "PIC",
    "REF", "ROM", "SCI", "SF", "SHORT", "STORY", "TEEN", "THR", "VHS", "WEST", "YA", "YAF", "YFIC",
})  # fmt: skip
NOT_NUMBERED = "not numbered"


@dataclass(frozen=True, slots=True)
class Dewey:
    """Dewey Decimal Classification, with a library's marks before it (``J 523.4 SIM``), or in its place (``FIC``)."""

    is_ordered: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return ("class", "ten", "hundred")

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The number, its ten and its hundred; a mark that stands for a number stays until the hundred."""
        if (match := _DEWEY.match(value)) is not None and match[1].isascii():
            one = match[1]
            return (one, f"{one[:2]}0-{one[:2]}9", f"{one[0]}00-{one[0]}99")
        if (match := _LOCAL.fullmatch(value.upper())) is not None and match[1] in LOCAL_MARKS:
            return (match[1], match[1], NOT_NUMBERED)
        return None

    def order(self, label: str) -> object:
        """Numbers first, marks behind them."""
        return (label[:1].isalpha(), label)


@dataclass(frozen=True, slots=True)
class Congress:
    """Library of Congress Classification."""

    is_ordered: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return ("number", "subclass", "class")

    def chain(self, value: str) -> tuple[str, ...] | None:
        """Letters with number, the letters, the first letter."""
        text = value.upper()
        if (match := _CONGRESS.fullmatch(text)) is not None and text.isascii():
            letters = match[1] + match[2]
            return (f"{letters}{match[3]}", letters, match[1])
        if (match := _LOCAL.fullmatch(text)) is not None and match[1] in LOCAL_MARKS:
            return (f"({match[1]})", f"({match[1]})", NOT_NUMBERED)
        return None

    def order(self, label: str) -> object:
        """Letters, then the number as a number."""
        letters = label.rstrip("0123456789")
        return (letters, int(label[len(letters) :] or 0))
