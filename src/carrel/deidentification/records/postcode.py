"""Postal codes, cut from behind."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGNS = re.compile(r"[0-9A-Z]{3,10}")
_ZIP_FOUR = re.compile(r"\d{9}")
_ZIP = 5


@dataclass(frozen=True, slots=True)
class Postcode:
    """The first signs of a postal code; blanks and hyphens do not count, and of a ZIP code no more than five digits.

    Attributes:
        kept: how many signs stay on each level.
    """

    kept: tuple[int, ...] = (5, 4, 3, 2, 1)
    is_ordered: bool = True

    def __post_init__(self) -> None:
        if not self.kept or list(self.kept) != sorted(set(self.kept), reverse=True) or self.kept[-1] < 1:
            raise ValueError("write how many signs stay on each level, fewer each time, such as [5, 3, 1]")

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return tuple(f"{one} sign" if one == 1 else f"{one} signs" for one in self.kept)

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The code on each level; None where it is none of 3 to 10 letters and digits."""
        signs = re.sub(r"[\s-]", "", value.upper())
        if not signs.isascii() or not _SIGNS.fullmatch(signs):
            return None
        whole = signs[:_ZIP] if _ZIP_FOUR.fullmatch(signs) else signs
        width = min(len(whole), self.kept[0])
        return tuple(whole[:one] + "*" * (width - one) for one in self.kept)

    def order(self, label: str) -> object:
        """By its signs."""
        return label
