"""Words that name other people, and how they are taken out of what one person is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHORTEST = 4  # letters of a word that is taken out of a text; a shorter one would take out half of it
_A_CODE, _CODES = 40, 2_000  # letters of a text that others may say too, and how many of these are remembered
_LONG = 2_000  # letters of a text in which each word is looked for by itself
_BEGINNING = 4  # letters by which it is known which words may stand in a text
_LIKE_ASCII = frozenset("\u017f\u0131\u0130\u212a")  # letters that are one of ASCII's to whoever minds no capitals
_BETWEEN = re.compile(r"[\s,]+")
_INSTEAD = "[another person]"  # as a value of which nothing is shown


@dataclass(frozen=True, slots=True)
class Own:
    """The person, as rows name that person.

    Attributes:
        numbers: by which rows name the person, as texts.
        words: identifiers and names of the person, in small letters.
    """

    numbers: frozenset[str]
    words: frozenset[str] = frozenset()

    def is_named(self, value: Any) -> bool:
        """Whether a value is a number, card or name of the person."""
        said = str(value).strip().casefold()
        return str(value) in self.numbers or said in self.words


class Others:
    """Words that name other people, ready to be taken out of texts; none of the person's own is among them.

    Args:
        words: cards, names, addresses of whoever is not this person.
        own: the person.

    Guarantees:
        Letters of either size, blanks and ends of lines of any kind and number, a comma more or less between names, one
        letter of a middle name, and accents written as signs of their own hide no word.
    """

    def __init__(self, words: Iterable[str], own: Own) -> None:
        kept = {
            word.strip() for word in words if len(word.strip()) >= SHORTEST and word.strip().casefold() not in own.words
        }
        self._words = sorted(kept, key=lambda one: (-len(one), one))
        self._small = [(_BETWEEN.split(one.lower()), one) for one in self._words if one.isascii()]
        self._begun: dict[str, list[int]] = {}  # places of words, by how the longest part of each begins
        for place, (parts, _) in enumerate(self._small):
            self._begun.setdefault(max(parts, key=len)[:_BEGINNING], []).append(place)
        self._beginnings = frozenset(one for one in self._begun if len(one) == _BEGINNING)
        self._short = [place for one, some in self._begun.items() if len(one) < _BEGINNING for place in some]
        self._all = any(_LIKE_ASCII & set(one) for one in kept)
        self._bytes = tuple(word.encode() for word in kept)
        self._any = bool(kept)
        self._spelled: dict[str, str] = {}  # patterns of words that some text made necessary
        self._clean: dict[str, str] = {}  # codes of branches and kinds stand in every row

    def out_of(self, text: str) -> str:
        """The text without them."""
        if not self._any or len(text) < SHORTEST:
            return text
        if len(text) > _A_CODE:
            return self._cut(text)
        if (clean := self._clean.get(text)) is None:
            clean = self._cut(text)
            if len(self._clean) < _CODES:
                self._clean[text] = clean
        return clean

    def _cut(self, text: str) -> str:
        words = self._words
        if text.isascii() and not self._all:  # a pattern of every word would take longer than most answers
            low = text.lower()
            words = [
                word
                for small, word in map(self._small.__getitem__, self._places(low))
                if all(one in low for one in small)
            ]
        if not words:
            return text
        found = re.compile("|".join(map(self._pattern, words)), re.IGNORECASE)
        clean = found.sub(_INSTEAD, text)
        joined = unicodedata.normalize("NFC", clean)
        again = clean if joined == clean else found.sub(_INSTEAD, joined)
        return clean if again == joined else again

    def _pattern(self, word: str) -> str:
        if (found := self._spelled.get(word)) is None:
            found = self._spelled[word] = _in_any_spelling(word)
        return found

    def _places(self, low: str) -> Iterable[int]:
        """Of the words that may stand in a text in small letters, in their order; none is missed."""
        if len(low) > _LONG:
            return range(len(self._small))
        if len(self._beginnings) < len(low):
            there = {one for one in self._beginnings if one in low}
        else:
            there = {low[at : at + _BEGINNING] for at in range(len(low) - _BEGINNING + 1)} & self._beginnings
        if not there:
            return self._short
        return sorted([*self._short, *(place for one in there for place in self._begun[one])])

    def in_bytes(self, value: bytes) -> bool:
        """Whether a file holds one of them in the clear."""
        return any(word in value for word in self._bytes)


def _in_any_spelling(word: str) -> str:
    parts = [re.escape(one) for one in _BETWEEN.split(unicodedata.normalize("NFC", word)) if one]
    is_name = not any(sign.isdigit() or sign == "@" for sign in word)
    return (r"[\s,]+(?:\w\.?[\s,]+)?" if is_name else r"[\s,]+").join(parts) or re.escape(word)


def words_of(identifiers: Iterable[str], names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The words by which a text can name somebody.

    Args:
        identifiers: cards, user names, addresses for mail, telephone numbers.
        names: given name and surname; only both together name somebody.
    """
    found = [one.strip() for one in identifiers if len(one.strip()) >= SHORTEST]
    for first, last in names:
        if first.strip() and last.strip():
            found += [f"{first.strip()} {last.strip()}", f"{last.strip()}, {first.strip()}"]
    return tuple(dict.fromkeys(found))
