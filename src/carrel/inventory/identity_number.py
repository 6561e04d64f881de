"""National identity numbers, told by the way people spell them and, where there is one, by their check sign.

A bare row of digits is never taken for one: card and student numbers look alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

_EDGE, _END = r"(?<![\w.-])", r"(?![\w-])"


def holds_identity_number(text: str) -> bool:
    """Whether a text holds a national identity number; which one, and whose, is not told."""
    return any(check(match) for pattern, check in _SHAPES for match in pattern.finditer(text))


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(_EDGE + pattern + _END, re.IGNORECASE)


def _always(match: re.Match[str]) -> bool:
    return bool(match)


def _day(day: str, month: str) -> bool:
    try:
        date(2000, int(month), int(day))  # a leap year: the century is not told
    except ValueError:
        return False
    return True


def _finnish(match: re.Match[str]) -> bool:
    signs = "0123456789ABCDEFHJKLMNPRSTUVWXY"
    number = int(match[1] + match[2] + match[3] + match[4])
    return _day(match[1], match[2]) and signs[number % 31] == match[5].upper()


def _swedish_or_danish(match: re.Match[str]) -> bool:
    """Year first with a check digit by Luhn, or day first, as Danes write it, whose check digit is no longer used."""
    first, second, third, rest = match[1], match[2], match[3], match[4]
    danish = _day(first, second)
    swedish = _day(third, second) and _luhn(first + second + third + rest)
    return danish or swedish


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004  (the sum of its two digits)
    return total % 10 == 0


def _norwegian(match: re.Match[str]) -> bool:
    digits = [int(digit) for digit in match[1] + match[2] + match[3] + match[4]]
    weights = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    sums = (sum(a * b for a, b in zip(row, digits, strict=False)) for row in weights)
    return _day(match[1], match[2]) and all(one % 11 == 0 for one in sums)


def _spanish(match: re.Match[str]) -> bool:
    first = {"": "", "X": "0", "Y": "1", "Z": "2"}[match[1].upper()]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(first + match[2]) % 23] == match[3].upper()


def _brazilian(match: re.Match[str]) -> bool:
    digits = [int(digit) for digit in re.sub(r"\D", "", match[0])]
    for length in (9, 10):
        total = sum(digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return len(set(digits)) > 1


_US = r"(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}"
_FINNISH = r"(\d{2})(\d{2})(\d{2})[-+A-FU-Y](\d{3})([0-9A-Y])"
_NORDIC = r"(?:19|20)?(\d{2})(\d{2})(\d{2})[-+](\d{4})"
_NORWEGIAN = r"(\d{2})(\d{2})(\d{2}) (\d{5})"
_SPANISH = r"([XYZ]?)-?(\d{7,8})-?([A-Z])"
_ITALIAN = r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"
_BRITISH = r"[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"
_BRAZILIAN = r"\d{3}\.\d{3}\.\d{3}-\d{2}"
_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_shape(_US), _always),
    (_shape(_FINNISH), _finnish),
    (_shape(_NORDIC), _swedish_or_danish),
    (_shape(_NORWEGIAN), _norwegian),
    (_shape(_SPANISH), _spanish),
    (_shape(_ITALIAN), _always),
    (_shape(_BRITISH), _always),
    (_shape(_BRAZILIAN), _brazilian),
)
