"""Letters without case and diacritic, for any script: what two ways to write one name have in common."""

from __future__ import annotations

import unicodedata
from array import array
from functools import cache
from typing import Final

FOLDED: Final = 1 << 16  # the code points that the row tells of
LETTER: Final = (1 << 21) - 1  # bits of the letter itself
SECOND: Final = 21  # where the bits of a second letter begin, as in ß: ss
UPPER: Final = 1 << 28
SINGLE: Final = 1 << 29  # a sign of a script that parts no words: each is a word of its own
CASELESS: Final = 1 << 30
MARK: Final = -1  # part of the letter before it
# Letters that Unicode takes for letters of their own, and people write without the line or the tail.
_OWN: Final = {
    "\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u0111": "d", "\u00f0": "d", "\u00fe": "th",
    "\u0142": "l", "\u0131": "i", "\u0127": "h", "\u0167": "t", "\u014b": "n", "\u0138": "k", "\u0140": "l",
    "\u0192": "f", "\u017f": "s", "\u0259": "e", "\u03c2": "\u03c3",
}  # fmt: skip
_SINGLES: Final = (
    (0x0E00, 0x0E7F), (0x0E80, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
)  # fmt: skip
_ASCII: Final = 0x80


@cache
def folding() -> array[int]:
    """What each code point becomes: 0 what parts words, `MARK`, or a letter or digit with the bits above."""
    return array("i", (_fold(number) for number in range(FOLDED)))


def _fold(number: int) -> int:
    if number < _ASCII:
        sign = chr(number)
        if sign.isalnum():
            return ord(sign.lower()) | (UPPER if sign.isupper() else 0)
        return 0
    sign = chr(number)
    category = unicodedata.category(sign)
    if category[0] == "M" or category == "Cf":  # soft hyphens and signs without width hide in words
        return MARK
    if category == "Nd":
        return ord("0") + unicodedata.decimal(sign)
    if category[0] != "L":
        return 0
    lower = sign.lower()
    plain = _OWN.get(lower) or "".join(
        _OWN.get(one, one) for one in unicodedata.normalize("NFKD", lower) if unicodedata.category(one)[0] != "M"
    )
    first = ord(plain[0]) if plain else number
    second = ord(plain[1]) if len(plain) > 1 and ord(plain[1]) < _ASCII and plain[1].isalpha() else 0
    upper = UPPER if category in {"Lu", "Lt"} else 0
    caseless = CASELESS if category in {"Lo", "Lm"} else 0
    single = SINGLE if any(low <= number <= high for low, high in _SINGLES) else 0
    return first & LETTER | second << SECOND | upper | caseless | single
