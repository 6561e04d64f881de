"""Rows of one reader whose words name another one, because both bear the same name."""

from __future__ import annotations

from collections.abc import Sequence

from carrel.retention.sweep import Person
from carrel.retention.trail import identifies
from carrel.systems.sql.sweep_pairs import Library


class Namesakes:
    """Tells whom a name means, by whose row it stands in.

    Args:
        library: where people are looked up, each once.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[int, Person] = {}

    def mean_another(self, texts: Sequence[str], readers: frozenset[int], person: Person) -> bool:
        """The row is a namesake's: it says so, and nothing in its words but the name speaks for the person.

        Args:
            texts: words of the row.
            readers: ids of the readers whose row it is.
            person: whose name stands in the words.
        """
        if person.key in readers or any(identifies(text, person) for text in texts):
            return False
        return any(self._names(reader) == person.names for reader in readers)

    def _names(self, reader: int) -> tuple[str, ...]:
        if reader not in self._known:
            self._known |= self._library.people({reader})
        return self._known[reader].names
