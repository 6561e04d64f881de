"""Numbers in bands of one width, and in wider ones of which each holds several whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")


@dataclass(frozen=True, slots=True)
class NumberBands:
    """Numbers, in bands that begin at multiples of their width.

    Attributes:
        widths: of the bands of each level; each is a multiple of the one before.
    """

    widths: tuple[int, ...]
    is_ordered: bool = True

    def __post_init__(self) -> None:
        pairs = zip(self.widths, self.widths[1:], strict=False)
        if not self.widths or self.widths[0] < 1 or any(wide % narrow or wide == narrow for narrow, wide in pairs):
            raise ValueError("write widths of which each is a multiple of the one before, such as [1, 5, 10]")

    @property
    def names(self) -> tuple[str, ...]:
        """The levels."""
        return tuple("number" if one == 1 else f"bands of {one}" for one in self.widths)

    def chain(self, value: str) -> tuple[str, ...] | None:
        """The band on each level; None where the text is no number. A part of a whole is cut off, downwards."""
        if not value.isascii() or not _NUMBER.fullmatch(value):
            return None
        whole = int(Decimal(value).to_integral_value("ROUND_FLOOR"))
        return tuple(_band(whole, one) for one in self.widths)

    def order(self, label: str) -> object:
        """By the first number of a band."""
        return int(label.split(" to ", maxsplit=1)[0])


def _band(number: int, width: int) -> str:
    first = number - number % width
    return str(first) if width == 1 else f"{first} to {first + width - 1}"
