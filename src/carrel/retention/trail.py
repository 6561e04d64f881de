"""What a row or a text tells of a loan and a person, and when another loan of the person accounts for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carrel.retention.sweep import Loan, Person

SHORTEST_TITLE = 6
_LONG_NUMBER = 5  # digits; shorter numbers stand in texts for all sorts of things and count only under a name


def names_item(text: str, loan: Loan, *, alone: bool = False) -> bool:
    """The text tells which copy or loan it is about: by barcode, title, or a number that stands under its name.

    Args:
        text: any.
        loan: whose copy is looked for.
        alone: a text that is nothing but the number counts as well.
    """
    if loan.barcode and loan.barcode in text:
        return True
    if len(loan.title) >= SHORTEST_TITLE and loan.title in text:
        return True
    if loan.item is not None and (_number(text, loan.item, "item") or (alone and text.strip() == str(loan.item))):
        return True
    return _number(text, loan.loan, "issue|loan|checkout")


def names_person(text: str, person: Person) -> bool:
    """The text tells who it is about: by an identifier, the full name, or the id under its name."""
    if any(needle in text for needle in person.strong):
        return True
    if len(person.names) > 1 and all(_word(text, name) for name in person.names):
        return True
    return _number(text, person.key, "borrower|patron|reader|renewer|user")


def _word(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _number(text: str, number: int, names: str) -> bool:
    digits = str(number)
    if digits not in text:
        return False
    if len(digits) >= _LONG_NUMBER and re.search(rf"(?<![\w.-]){digits}(?![\w.-])", text):
        return True
    # itemnumber = 12, "itemnumber":"12", 'itemnumber' => 12, item: 12
    return re.search(rf"(?i)(?:{names})\w*[\"']?\s*(?:=>?|:)\s*[\"']?{digits}(?!\w)", text) is not None


@dataclass(frozen=True, slots=True)
class Trail:
    """What one row says: of which copy, which loan, at which times, in which words."""

    loans: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    times: tuple[datetime, ...] = ()
    texts: tuple[str, ...] = ()


def explained(trail: Trail, about: Loan, others: Sequence[Loan]) -> bool:
    """Another loan of the same person, one that is open or kept, accounts for the row.

    Args:
        trail: the row.
        about: the loan that the row is suspected to tell of.
        others: the loans that still name the person.

    Guarantees:
        More loans never make a row less explained.
    """
    return any(_accounts(trail, about, loan) for loan in others if loan.loan != about.loan)


def _accounts(trail: Trail, about: Loan, loan: Loan) -> bool:
    if trail.loans:
        return loan.loan in trail.loans
    in_time = not trail.times or any(loan.covers(at) for at in trail.times)
    if trail.items:
        return loan.item in trail.items and in_time
    if any(names_item(text, about) for text in trail.texts):
        # A text about several loans is explained only by one of the same copy, or of the same title if it names no copy.
        copy = loan.item is not None and loan.item == about.item
        label = bool(about.barcode) and any(about.barcode in text for text in trail.texts)
        return in_time and (copy or (not label and loan.title == about.title))
    return any(loan.at_event(at) for at in trail.times)
