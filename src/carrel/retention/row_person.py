"""Whose a row is that no map describes: by the columns of which the site file says that they name a person."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from carrel.inventory.dated_table import Named
from carrel.retention.identifiers import Subject
from carrel.retention.replay import card_tag


class Whose(enum.StrEnum):
    """Whether a row is about the person who is looked for."""

    NOT = "another person's, or nobody's"
    PERHAPS = "perhaps the person's"
    THEIRS = "the person's"


class RowPerson(Protocol):
    """Tells whose a row is by what stands in its columns of persons, in the order of the entry."""

    def whose(self, values: Sequence[Any]) -> Whose:
        """Whether it is the person's."""

    def names(self, value: Any) -> bool:
        """Whether one value, wherever it stands, is the person's card, number, user name or own address."""


class SubjectRows:
    """The rows of one person, as far as the person is known.

    Args:
        subject: the person; a card, a user name and an address count as a whole value only, never inside a text.
        kinds: what each column of persons holds, in the order of the entry.

    Guarantees:
        A row is the person's only where a value is the person's alone, and none of its cards, numbers and user names
        is anybody else's. An address that a family shares, or a row that names two, is for a human.
    """

    def __init__(self, subject: Subject, kinds: Mapping[str, Named]) -> None:
        self._kinds = tuple(kinds.values())
        cards = {_plain(one) for one in (subject.card, *subject.cards) if one}
        exact, told = ({_plain(one) for one in some} for some in (subject.exact, subject.told))
        self._sure: dict[Named, set[str]] = {
            Named.CARD: cards,
            Named.USER: {_plain(subject.user)} if subject.user else set(),
            Named.EMAIL: {one for one in exact if "@" in one},
            Named.NUMBER: {str(one) for one in subject.numbers if one},
        }
        self._perhaps: dict[Named, set[str]] = {
            # Of a card in a column of numbers the zeros at its start are lost, and another card may look like it then.
            Named.CARD: {bare for one in cards if one.isdigit() and (bare := one.lstrip("0")) and bare != one},
            Named.EMAIL: {one for one in told if "@" in one},
        }

    def whose(self, values: Sequence[Any]) -> Whose:
        """Whether a row is the person's."""
        theirs = perhaps = others = False
        for kind, value in zip(self._kinds, values, strict=True):
            said = _plain(value)
            if not said:
                continue
            if said in self._sure[kind]:
                theirs = True
            elif said in self._perhaps.get(kind, ()):
                perhaps = True
            elif kind is not Named.EMAIL:
                others = True
        if theirs and not others:
            return Whose.THEIRS
        return Whose.PERHAPS if theirs or perhaps else Whose.NOT

    def names(self, value: Any) -> bool:
        """Whether a value is the person's, wherever it stands; a bare number of the product's could be anything."""
        said = _plain(value)
        return bool(said) and any(said in some for kind, some in self._sure.items() if kind is not Named.NUMBER)


class ErasedRows:
    """The rows of whoever was erased before, by keyed tags of cards alone: nobody's number is known any more.

    Args:
        key: under which the tags were made.
        system: of the tags.
        tags: of cards.
        kinds: as of `SubjectRows`.
        living: whether a card is somebody's who is registered now: it was given again since.
    """

    def __init__(
        self,
        key: bytes,
        system: str,
        tags: Collection[str],
        kinds: Mapping[str, Named],
        living: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._key, self._system, self._tags, self._kinds = key, system, frozenset(tags) - {""}, tuple(kinds.values())
        self._living, self._known = living, dict[str, bool]()

    def whose(self, values: Sequence[Any]) -> Whose:
        """Whether a row bears the card of somebody who was erased, and no other."""
        pairs = zip(self._kinds, values, strict=True)
        cards = [self.names(value) for kind, value in pairs if kind is Named.CARD and _plain(value)]
        return (Whose.THEIRS if all(cards) else Whose.PERHAPS) if any(cards) else Whose.NOT

    def names(self, value: Any) -> bool:
        """Whether a value is such a card."""
        said = _plain(value)
        if said not in self._known:
            tag = card_tag(self._key, self._system, said)
            self._known[said] = tag in self._tags and not self._living(str(value).strip())
        return self._known[said]


def _plain(value: Any) -> str:
    """A value as it is compared: without blanks around it, in small letters; a whole number without its fraction."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, float | Decimal) and value == value // 1:
        value = int(value)
    return str(value).strip().casefold()
