"""The forms of numbers that a library gives out: their length, their beginning, whether they have a check digit."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from carrel.deidentification.text import faults
from carrel.deidentification.text.kernels import number_rules, spans
from carrel.errors import fault

LONGEST: Final = number_rules.LONGEST
_SHORTEST: Final = 5
_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One form.

    Attributes:
        signs: ``#`` for a digit, ``@`` for a letter, all else as it stands; letters in either case.
        student: whether it is a student's number and no card.
        check: whether its last digit is a check digit mod 10.
    """

    signs: str
    student: bool = False
    check: bool = False


def parsed(text: str, at: str, *, student: bool = False) -> NumberFormat:
    """A form as it is written in settings, such as ``21868######### mod10``.

    Raises:
        CarrelError: TXT-001.
    """
    signs, _, check = text.strip().partition(" ")
    plain = signs.replace("#", "").replace("@", "")
    fits = (
        _SHORTEST <= len(signs) <= LONGEST and (plain == "" or (plain.isascii() and plain.isalnum())) and "#" in signs
    )
    if not fits or check.strip() not in {"", "mod10"}:
        raise fault(
            faults.FORMAT,
            at=at,
            wanted=f"{_SHORTEST} to {LONGEST} signs: # for a digit, @ for a letter, digits and letters as they stand; "
            "then `mod10` where the last digit is a check digit",
            found="something else",
            fix="write it such as 21868######### mod10",
        )
    return NumberFormat(signs.lower(), student, check.strip() == "mod10")


def masks_of(formats: Iterable[NumberFormat]) -> tuple[array[int], int]:
    """The forms as rows of numbers, and how many there are."""
    rows: list[int] = []
    count = 0
    for one in list(formats)[:_MOST]:
        fixed = len(one.signs) - len(one.signs.lstrip("".join(set(one.signs) - {"#", "@"})))
        codes = [
            number_rules.ANY_DIGIT if sign == "#" else number_rules.ANY_LETTER if sign == "@" else ord(sign)
            for sign in one.signs
        ]
        head = [spans.STUDENT if one.student else spans.CARD, number_rules.LUHN if one.check else 0, len(codes), fixed]
        rows += [*head, *codes, *[0] * (number_rules.MASK_ROW - len(head) - len(codes))]
        count += 1
    return array("q", rows or [0] * number_rules.MASK_ROW), count
