"""What a row or a text tells of a loan and a person, and when another loan of the person accounts for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import permutations

from carrel.retention.sweep import BEFORE, Loan, Person, latest

# Shorter titles ("It", "Emma") stand in texts that have nothing to do with the book.
SHORTEST_TITLE = 6
REMINDED = timedelta(days=45)  # a reminder of a loan that came back early can still follow
SHARED = "the same text tells of a loan that is kept"
_COPY_NUMBER = re.compile(r"\d{8,}")
_MOST_NAMES = 3  # that are looked for side by side, in any order
_LONG_NUMBER = 5  # digits; shorter numbers stand in texts for all sorts of things and count only under a name


@lru_cache(maxsize=4)
def _small(text: str) -> str:
    """A text in small letters; one is compared with the words of many loans in a row."""
    return text.casefold()


def tells(text: str, words: str) -> bool:
    """The words stand in the text, in large or small letters: a desk types a title as it likes."""
    return words in text or words.casefold() in _small(text)


def without(text: str, words: str, mark: str) -> str:
    """The text with a mark in the place of the words, wherever they stand and in whatever letters.

    Guarantees:
        The words do not stand in it any more; a mark that would tell of them is left out.
    """
    if not words:
        return text
    sign = "" if tells(mark, words) else mark
    wanted = words.casefold()
    while tells(text, words):
        letters = [(place, small) for place, letter in enumerate(text) for small in letter.casefold()]
        found = "".join(small for _, small in letters).index(wanted)
        first, last = letters[found][0], letters[found + len(wanted) - 1][0]
        text = text[:first] + sign + text[last + 1 :]
    return text


def names_item(text: str, loan: Loan, *, alone: bool = False) -> bool:
    """The text tells which copy or loan it is about: by barcode, title, or a number that stands under its name.

    Args:
        text: any.
        loan: whose copy is looked for.
        alone: a text that is nothing but the number counts as well.
    """
    return _names_copy(text, loan, alone=alone) or _names_title(text, loan)


def speaks(trail: Trail, loan: Loan, *, alone: bool = False) -> bool:
    """A row's words can be about this very loan: they name its copy, or its title in the weeks in which it was out."""
    low, high = loan.window
    late = high if high == datetime.max else high + REMINDED  # noqa: DTZ901
    if trail.times and all(latest(at) < low for at in trail.times):
        return False
    if any(_names_copy(text, loan, alone=alone) for text in trail.texts):
        return True
    in_time = not trail.times or any(low <= latest(at) and at <= late for at in trail.times)
    # Later, a title beside some other copy's number tells of that copy's loan; a title alone may tell of this one.
    return any(_names_title(text, loan) and (in_time or not _COPY_NUMBER.search(text)) for text in trail.texts)


def _names_copy(text: str, loan: Loan, *, alone: bool = False) -> bool:
    if loan.barcode and tells(text, loan.barcode):
        return True
    if loan.item is not None and (_number(text, loan.item, "item") or (alone and text.strip() == str(loan.item))):
        return True
    return _number(text, loan.loan, "issue|loan|checkout")


def _names_title(text: str, loan: Loan) -> bool:
    return len(loan.title) >= SHORTEST_TITLE and tells(text, loan.title)


def names_person(text: str, person: Person) -> bool:
    """The text tells who it is about: by an identifier, the full name, or the id under its name."""
    if identifies(text, person) or _numbers(text, person):
        return True
    return len(person.names) > 1 and all(_word(text, name) for name in person.names)


def by_scattered_names(text: str, person: Person) -> bool:
    """All that speaks for the person are names that do not stand side by side: "Dear Dev, … The Winter Stars"."""
    if identifies(text, person) or _numbers(text, person):
        return False
    ways = (r"\W{1,3}".join(map(re.escape, names)) for names in permutations(person.names[:_MOST_NAMES]))
    return not any(re.search(rf"(?<!\w){way}(?!\w)", text) for way in ways)


def _numbers(text: str, person: Person) -> bool:
    return _number(text, person.key, "borrower|patron|reader|renewer|user")


def identifies(text: str, person: Person) -> bool:
    """The text holds an identifier of the person, not just a name that others may bear."""
    return any(_identifier(text, needle) for needle in person.strong)


def _identifier(text: str, needle: str) -> bool:
    """It stands there whole: `reader8` is not in `reader85`; a dump can write a line's end as two letters before it."""
    if needle not in text:
        return False
    before = r"(?<!\d)" if needle[0].isdigit() else r"(?:(?<!\w)|(?<=\\[nrt]))"
    after = r"(?!\d)" if needle[-1].isdigit() else r"(?!\w)"
    return re.search(before + re.escape(needle) + after, text) is not None


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
    """What one row says: of which copy, which loan, at which times, in which words; and why it waits, if it does."""

    loans: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    times: tuple[datetime, ...] = ()
    texts: tuple[str, ...] = ()
    waits: str = ""


def shared(trail: Trail, about: Loan, others: Sequence[Loan], *, parted: bool = False) -> bool:
    """One text tells of a kept loan of the person as well, so that it stays until that one goes.

    Args:
        trail: the text.
        about: the loan in question.
        others: the loans that still name the person.
        parted: the product had parted the loan before. No cut then came to its texts; they wait for their own end.
            Otherwise a text from the weeks of the loan goes with the loan, whatever else it tells.
    """
    low, high = about.window
    late = high if high == datetime.max else high + REMINDED  # noqa: DTZ901
    if not parted and any(low <= at <= late for at in trail.times):
        return False
    return any(speaks(trail, loan) or (parted and _slip(trail, loan)) for loan in others if loan.loan != about.loan)


def _slip(trail: Trail, loan: Loan) -> bool:
    """It was written as the loan was handed out: nothing but its time tells that it is the loan's own slip."""
    low, _ = loan.window
    return any(low <= at <= low + 3 * BEFORE for at in trail.times)


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
        # A text about several loans is explained only by one of the same copy, or of the title if it names no copy.
        in_time = not trail.times or any(loan.window[0] <= latest(at) for at in trail.times)
        copy = loan.item is not None and loan.item == about.item
        label = bool(about.barcode) and any(tells(text, about.barcode) for text in trail.texts)
        return in_time and (copy or (not label and loan.title == about.title))
    return any(loan.at_event(at) for at in trail.times)
