"""Rows of one reader whose words name another one: both bear the same name, or the words only happen to hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from carrel.retention.sweep import Person
from carrel.retention.trail import by_scattered_names, identifies, names_person
from carrel.systems.sql.sweep_library import Library


class Namesakes:
    """Tells whom a name means, by whose row it stands in.

    Args:
        library: where people are looked up, each once.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[int, Person] = {}

    def mean_another(self, texts: Sequence[str], readers: frozenset[int], person: Person) -> bool:
        """The row is another reader's: it says so, and nothing in its words speaks for the person alone.

        That reader bears the same name, or has as a card number what the person has as a user name, or the address of
        the same house; or the name's parts stand apart, one in the greeting and one in a title.

        Args:
            texts: words of the row.
            readers: ids of the readers whose row it is.
            person: whose name stands in the words.
        """
        if person.key in readers or not readers:
            return False
        theirs = {word.casefold() for reader in readers for word in self._of(reader).strong}
        own = replace(person, strong=tuple(word for word in person.strong if word.casefold() not in theirs))
        if any(identifies(text, own) for text in texts):
            return False
        if any(self._of(reader).names == person.names for reader in readers):
            return True
        told = [text for text in texts if names_person(text, own)]
        shared = any(identifies(text, person) for text in texts)
        return (shared or bool(told)) and all(by_scattered_names(text, own) for text in told)

    def _of(self, reader: int) -> Person:
        if reader not in self._known:
            self._known |= self._library.people({reader})
        return self._known[reader]
