"""Which pairs a text could be about: one look at a text, however many pairs there are.

Both answers are for a closer look afterwards; what they leave out is no hit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from carrel.retention.sweep import Pair
from carrel.retention.trail import SHORTEST_TITLE

_TOKEN = re.compile(r"\w+")
_SHORT = 40  # characters; branches, kinds, codes and states come again and again, letters do not
_REMEMBERED = 50_000
_Tokens = tuple[frozenset[str], frozenset[str]]
_NOTHING: _Tokens = (frozenset(), frozenset())


class Words:
    """Pairs of which a word for the copy and a word for the person occur, by whole words in whatever letters."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        items: dict[str, set[int]] = defaultdict(set)
        persons: dict[str, set[int]] = defaultdict(set)
        for place, pair in enumerate(pairs):
            loan, person = pair.loan, pair.person
            title = loan.title if len(loan.title) >= SHORTEST_TITLE else ""
            for needle in (loan.barcode, title, str(loan.item or ""), str(loan.loan)):
                _add(items, needle, place)
            for needle in (*person.strong, *person.names[:1], str(person.key)):
                _add(persons, needle, place)
        self._items, self._item_words = items, frozenset(items)
        self._persons, self._person_words = persons, frozenset(persons)
        self._known: dict[str, _Tokens] = {}

    @property
    def shortest(self) -> int:
        """Bytes in UTF-8 that the longest text of a row has at least, where the row is about a pair.

        A word for its copy and one for its person stand in it then, in whatever letters.

        Small and large letters can differ in their number of signs, but no sign has more letters than bytes.
        """
        return max(min(map(_letters, words), default=0) for words in (self._item_words, self._person_words))

    def candidates(self, texts: Iterable[str]) -> set[int]:
        """Places of pairs that the texts of one row could be about."""
        copies, people = _NOTHING
        for text in texts:
            found = self._known.get(text) or self._look(text)
            if found is not _NOTHING:
                copies, people = copies | found[0], people | found[1]
        if not copies or not people:
            return set()
        return set().union(*(self._items[t] for t in copies)) & set().union(*(self._persons[t] for t in people))

    def _look(self, text: str) -> _Tokens:
        tokens = frozenset(_TOKEN.findall(text.casefold()))
        found = (tokens & self._item_words, tokens & self._person_words)
        if not found[0] and not found[1]:
            found = _NOTHING
        if len(text) <= _SHORT and len(self._known) < _REMEMBERED:
            self._known[text] = found
        return found


class Copies:
    """Pairs whose copy or loan a text can name: by a number that stands alone, or by barcode or title within words."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._numbers: dict[str, set[int]] = defaultdict(set)
        self._labels: dict[str, set[int]] = defaultdict(set)
        for place, pair in enumerate(pairs):
            loan = pair.loan
            for number in (loan.item, loan.loan):
                if number is not None:
                    self._numbers[str(number)].add(place)
            for label in (loan.barcode, loan.title):
                if label:
                    self._labels[label.casefold()].add(place)

    def candidates(self, texts: Iterable[str]) -> list[int]:
        """Places of pairs, in order: of all that `carrel.retention.trail.names_item` finds in one of the texts."""
        whole = "\n".join(texts).casefold()
        found: set[int] = set()
        for token in self._numbers.keys() & set(_TOKEN.findall(whole)):
            found |= self._numbers[token]
        for label, places in self._labels.items():
            if label in whole:
                found |= places
        return sorted(found)


def _letters(word: str) -> int:
    """Signs of a word without the accents that one letter can be taken apart into."""
    return sum(not unicodedata.combining(sign) for sign in word)


def _add(index: dict[str, set[int]], needle: str, place: int) -> None:
    if tokens := _TOKEN.findall(needle.casefold()):
        index[max(tokens, key=len)].add(place)
