"""Finds persons in texts by whole words: one of them or thousands, and each text is read once."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from carrel.retention.identifiers import Subject

MARK = "***"
# A line's end, as texts in JSON and in dumps write it, parts words as well.
_LEFT = r"(?:(?<!\w)|(?<=\\[nrt]))"
_LEFT_OF_MAIL = r"(?:(?<![\w.+-])|(?<=\\[nrt]))"
_RIGHT_OF_MAIL = r"(?![\w-]|\.\w)"
BETWEEN = r"[\"']?\s*(?:=>|[:=])\s*[\"']?"
_RUN = re.compile(r"\w+")
_ENDS = frozenset("nrt")
_FEW = 60


class Finder:
    """Finds persons in texts, by whole words.

    Args:
        subjects: whom.
        keys: words before a number that make it a patron's number.

    Attributes:
        needles: what is redacted, in every form in which a text can write it.
        told_needles: likewise, what is only told.
        keys: as given.
        numbers: of the persons, as texts.

    Guarantees:
        What is found of several persons at once is what is found of each of them by itself.
    """

    def __init__(self, subjects: Iterable[Subject], keys: Iterable[str]) -> None:
        subjects = tuple(subjects)
        self.needles = tuple(dict.fromkeys(form for one in subjects for word in one.exact for form in _forms(word)))
        self.told_needles = tuple(dict.fromkeys(form for one in subjects for word in one.told for form in _forms(word)))
        self.keys, self.numbers = tuple(keys), frozenset(str(number) for one in subjects for number in one.numbers)
        self._exact, self._told = _Words(self.needles), _Words(self.told_needles)
        self._subjects = subjects
        self._owners: dict[str, set[int]] = {}  # made when it is first asked whose a word is
        # Only with a key before it is a number a patron's: alone it could be anything.
        said = "|".join(map(re.escape, self.keys))
        keyed = rf"(?<![A-Za-z0-9])(?:{said}){BETWEEN}(?P<number>[0-9]+)"
        self._keyed = re.compile(keyed, re.IGNORECASE) if self.keys else None

    @property
    def few(self) -> bool:
        """Whether a server can pick out the rows that may hold one of the words faster than it can send all of them."""
        return len(self.needles) + len(self.told_needles) + len(self.numbers) <= _FEW

    def names(self, text: str) -> bool:
        """Whether an identifier of a person, or a person's number behind a key, stands in a text."""
        return next(self._exact.spans(text), None) is not None or next(self._numbers(text), None) is not None

    def whose(self, text: str) -> frozenset[int]:
        """The numbers of the persons of whom an identifier, or a number behind a key, stands in a text.

        Guarantees:
            Nobody is left out of whom something would be redacted.
        """
        if not self._owners:
            for one in self._subjects:
                forms = (form for exact in one.exact for form in _forms(exact))
                for word in (*forms, *map(str, one.numbers)):
                    self._owners.setdefault(word, set()).add(one.number)
        numbers = (text[start:end] for start, end in self._numbers(text))
        return frozenset(one for word in (*self._exact.words(text), *numbers) for one in self._owners[word])

    def reaches(self, text: str) -> bool:
        """Whether all that stands in a text of a person only tells how to reach them: a telephone or an address.

        Returns:
            False also where nothing of a person stands there. A card, a user name and a number are nobody else's; a
            telephone or an address can be that of whatever the row is about.
        """
        own = {form.casefold() for one in self._subjects for word in _by_name(one) for form in _forms(word)}
        found = {word.casefold() for word in self._exact.words(text)}
        return bool(found) and not found & own and next(self._numbers(text), None) is None

    def tells(self, text: str) -> bool:
        """Whether a name of a person, or a word that may be one, stands in a text."""
        return next(self._told.spans(text), None) is not None

    def redacted(self, text: str) -> str:
        """The text without identifiers and numbers of the persons; names stay for a human to judge."""
        for start, end in reversed(list(self._numbers(text))):
            text = f"{text[:start]}0{text[end:]}"
        parts, done = [], 0
        for start, end in sorted(self._exact.spans(text), key=lambda span: (span[0], -span[1])):
            if start >= done:
                parts += [text[done:start], MARK]
                done = end
        return "".join((*parts, text[done:]))

    def _numbers(self, text: str) -> Iterator[tuple[int, int]]:
        if self._keyed:
            for found in self._keyed.finditer(text):
                if found["number"] in self.numbers:
                    yield found.span("number")


class _Words:
    """Words by the run of letters and digits with which they begin: a text's own runs lead to them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._begins: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for word in words:
            if first := _RUN.search(word):
                self._begins[first[0].casefold()].append((first.start(), word))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of them stands; spans may overlap."""
        return (span for span, _ in self._found(text))

    def words(self, text: str) -> Iterator[str]:
        """Which of them stand there, as they were given."""
        return (word for _, word in self._found(text))

    def _found(self, text: str) -> Iterator[tuple[tuple[int, int], str]]:
        if not self._begins:
            return
        for run in _RUN.finditer(text):
            place, letters = run.start(), run[0]
            yield from self._from(text, place, letters)
            if letters[0] in _ENDS and text[place - 1 : place] == "\\":
                yield from self._from(text, place + 1, letters[1:])

    def _from(self, text: str, place: int, letters: str) -> Iterator[tuple[tuple[int, int], str]]:
        for before, word in self._begins.get(letters.casefold(), ()):
            if place >= before and (found := _whole(word).match(text, place - before)):
                yield found.span(), word


def _by_name(one: Subject) -> Iterator[str]:
    yield from (word for said in (one.card, one.user, *one.cards) if (word := said.strip()))


def _forms(word: str) -> tuple[str, ...]:
    """A word as it is, and as texts in JSON write it."""
    return tuple(dict.fromkeys((word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])))


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    left, right = (_LEFT_OF_MAIL, _RIGHT_OF_MAIL) if "@" in word else (_LEFT, r"(?!\w)")
    return re.compile(f"{left}{re.escape(word)}{right}", re.IGNORECASE)
