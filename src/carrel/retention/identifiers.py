"""What names one person in a text: identifiers that may be redacted, words that a human must judge, and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

MARK = "***"
_SHORTEST = 5
_SHORTEST_TOLD = 3
# A line's end, as texts in JSON and in dumps write it, parts words as well.
_LEFT = r"(?:(?<!\w)|(?<=\\[nrt]))"
_LEFT_OF_MAIL = r"(?:(?<![\w.+-])|(?<=\\[nrt]))"
_RIGHT_OF_MAIL = r"(?![\w-]|\.\w)"
_BETWEEN = r"[\"']?\s*(?:=>|[:=])\s*[\"']?"


@dataclass(frozen=True, slots=True)
class Subject:
    """The person, for as long as the case is open; nothing of it is ever shown.

    Attributes:
        number: the product's internal number.
        card, user: as the person's record has them; empty where it has none.
        exact: identifiers that name nobody else and can be no word of a language: they are redacted.
        told: names, and identifiers that others share or that could be a word: rows with them are listed for a human.
    """

    number: int = field(repr=False)
    card: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    exact: tuple[str, ...] = field(default=(), repr=False)
    told: tuple[str, ...] = field(default=(), repr=False)

    def to_json(self) -> str:
        """The text that is sealed."""
        return json.dumps([self.number, self.card, self.user, self.exact, self.told])

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The subject of a sealed text."""
        number, card, user, exact, told = json.loads(text)
        return cls(number, card, user, tuple(exact), tuple(told))

    def joined(self, other: Subject) -> Subject:
        """The same person with the identifiers of both; what one of them only tells is not redacted."""
        told = tuple(dict.fromkeys((*self.told, *other.told)))
        exact = tuple(word for word in dict.fromkeys((*self.exact, *other.exact)) if word not in told)
        return Subject(self.number, self.card or other.card, self.user or other.user, exact, told)


def sorted_out(
    identifiers: Iterable[str], names: Iterable[tuple[str, str]], shared: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which words are redacted, and which are only told.

    Args:
        identifiers: values of the person's record.
        names: given name and family name.
        shared: identifiers that another record has as well.

    Returns:
        Exact ones and told ones. A user name without a digit, a short card number and an address that a family shares
        are told: each could stand for something or somebody else.
    """
    known = {one.casefold() for one in shared}
    exact: dict[str, None] = {}
    told: dict[str, None] = {}
    for word in filter(None, (one.strip() for one in identifiers)):
        alone = word.casefold() not in known and len(word) >= _SHORTEST
        if alone and (any(sign.isdigit() for sign in word) or "@" in word):
            exact[word] = None
        elif len(word) >= _SHORTEST_TOLD:
            told[word] = None
    for given, family in names:
        if given.strip() and family.strip():
            first, last = given.strip(), family.strip()
            told.update(dict.fromkeys((f"{first} {last}", f"{last}, {first}", f"{last} {first}")))
    return tuple(exact), tuple(word for word in told if word not in exact)


class Finder:
    """Finds a person in texts, by whole words."""

    def __init__(self, subject: Subject, keys: Iterable[str]) -> None:
        self.needles = tuple(dict.fromkeys(form for word in subject.exact for form in _forms(word)))
        self.told_needles = tuple(dict.fromkeys(form for word in subject.told for form in _forms(word)))
        self.keys, self.number = tuple(keys), subject.number
        self._exact = _any(self.needles)
        self._told = _any(self.told_needles)
        # Only with a key before it is a number a patron's: alone it could be anything.
        said = "|".join(map(re.escape, self.keys))
        keyed = rf"(?<![A-Za-z0-9])(?:{said})(?P<between>{_BETWEEN}){subject.number}(?![0-9])"
        self._keyed = re.compile(keyed, re.IGNORECASE) if self.keys else None

    def names(self, text: str) -> bool:
        """Whether an identifier of the person, or the person's number behind a key, stands in a text."""
        return bool((self._exact and self._exact.search(text)) or (self._keyed and self._keyed.search(text)))

    def tells(self, text: str) -> bool:
        """Whether a name of the person, or a word that may be one, stands in a text."""
        return bool(self._told and self._told.search(text))

    def redacted(self, text: str) -> str:
        """The text without identifiers and numbers of the person; names stay for a human to judge."""
        if self._keyed:
            text = self._keyed.sub(lambda found: found[0].removesuffix(str(self.number)) + "0", text)
        return self._exact.sub(MARK, text) if self._exact else text


def _forms(word: str) -> tuple[str, ...]:
    """A word as it is, and as texts in JSON write it."""
    return tuple(dict.fromkeys((word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])))


def _any(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    return re.compile("|".join(_whole(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)


def _whole(word: str) -> str:
    left, right = (_LEFT_OF_MAIL, _RIGHT_OF_MAIL) if "@" in word else (_LEFT, r"(?!\w)")
    return f"{left}{re.escape(word)}{right}"
