"""What names one person in a text: identifiers that may be redacted, and words that a human must judge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

_SHORTEST = 5
_SHORTEST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """The person, for as long as the case is open; nothing of it is ever shown.

    Attributes:
        number: the product's internal number.
        card, user: as the person's record has them; empty where it has none.
        exact: identifiers that name nobody else and can be no word of a language: they are redacted.
        told: names, and identifiers that others share or that could be a word: rows with them are listed for a human.
        also: older numbers of the same person, as the library has confirmed; no record stands under them any more.
        cards: further card numbers, where the product keeps several of one person.
    """

    number: int = field(repr=False)
    card: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    exact: tuple[str, ...] = field(default=(), repr=False)
    told: tuple[str, ...] = field(default=(), repr=False)
    also: tuple[int, ...] = field(default=(), repr=False)
    cards: tuple[str, ...] = field(default=(), repr=False)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every number of the person."""
        return (self.number, *self.also)

    def to_json(self) -> str:
        """The text that is sealed."""
        return json.dumps([self.number, self.card, self.user, self.exact, self.told, self.also, self.cards])

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The subject of a sealed text."""
        number, card, user, exact, told, *more = json.loads(text)
        return cls(number, card, user, tuple(exact), tuple(told), *map(tuple, more))

    def joined(self, other: Subject) -> Subject:
        """The same person with the identifiers of both; what one of them only tells is not redacted."""
        told = tuple(dict.fromkeys((*self.told, *other.told)))
        exact = tuple(word for word in dict.fromkeys((*self.exact, *other.exact)) if word not in told)
        also = tuple(dict.fromkeys((*self.also, *other.also)))
        card = self.card or other.card
        further = (one for one in (*self.cards, other.card, *other.cards) if one and one != card)
        cards = tuple(dict.fromkeys(further))
        return Subject(self.number, card, self.user or other.user, exact, told, also, cards)


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
