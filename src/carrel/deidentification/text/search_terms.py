"""Search terms that may leave: those that enough different people searched for, and that name nobody.

Source: MITL-4.7.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from carrel.deidentification.identifiers import Identifier, identifiers
from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.reader import Finding, TextReader

FEWEST: Final = 10
ROUNDED_TO: Final = 5
LONGEST: Final = 200  # letters; what is longer was pasted
_CONFLICT: Final = 41  # the rule by which a name of the roster goes that an author bears as well
_AT_ONCE: Final = 2_000
_NEVER: Final = frozenset(
    {Identifier.EMAIL, Identifier.CARD, Identifier.PHONE, Identifier.ADDRESS, Identifier.DIRECTORY_NAME}
)


@dataclass(frozen=True, slots=True)
class ReleasedTerm:
    """A term.

    Attributes:
        term: normalised.
        searchers: how many different people searched for it, rounded down.
    """

    term: str
    searchers: int


@dataclass(slots=True)
class TermTally:
    """What became of searches, in counts.

    Attributes:
        searches: that were read.
        empty: without a term, or without anybody who searched.
        terms: that differ.
        rare: terms that too few people searched for.
        naming: terms that enough people searched for, and that name somebody.
        released: terms.
    """

    searches: int = 0
    empty: int = 0
    terms: int = 0
    rare: int = 0
    naming: int = 0
    released: int = 0


@dataclass(slots=True)
class TermCount:
    """Who searched for what, as digests under a key of this run alone.

    Attributes:
        key: random; whoever does not have it can recompute nobody.
        fewest: people that a term needs.
    """

    key: bytes = field(repr=False)
    fewest: int = FEWEST
    tally: TermTally = field(default_factory=TermTally)
    _searchers: dict[str, set[bytes]] = field(default_factory=dict, repr=False)

    def add(self, term: str, searcher: str) -> None:
        """Count one search.

        Args:
            term: as it was typed.
            searcher: a person, or a session of one day; of one who is not known nothing is counted.
        """
        self.tally.searches += 1
        plain = normalised(term)
        who = person(searcher)
        if not plain or not who:
            self.tally.empty += 1
            return
        mark = hashlib.blake2b(who.encode("utf-8", "surrogatepass"), key=self.key, digest_size=8).digest()
        self._searchers.setdefault(plain, set()).add(mark)

    def released(self, reader: TextReader) -> Iterator[ReleasedTerm]:
        """The terms that may leave, in order of how many searched for them, then by letter.

        Args:
            reader: with the roster and the forms of numbers.
        """
        self.tally.terms = len(self._searchers)
        common = {term: len(who) for term, who in self._searchers.items() if len(who) >= self.fewest}
        self.tally.rare = self.tally.terms - len(common)
        kept = []
        terms = sorted(common)
        for at in range(0, len(terms), _AT_ONCE):
            some = terms[at : at + _AT_ONCE]
            for term, names in zip(some, naming(reader, some), strict=True):
                if names:
                    self.tally.naming += 1
                else:
                    kept.append(ReleasedTerm(term, rounded(common[term], self.fewest)))
        self.tally.released = len(kept)
        yield from sorted(kept, key=lambda one: (-one.searchers, one.term))


def normalised(term: str) -> str:
    """A term as it is counted: in small letters, without signs at its ends; empty where there is nothing to count."""
    plain = unicodedata.normalize("NFKC", term).casefold()
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split()).strip(" \"'.,;:!?()[]*+-/")
    return plain if len(plain) <= LONGEST else ""


def person(searcher: str) -> str:
    """Who searched, as people are told apart: without case, blanks and signs that do not show; empty for nobody."""
    plain = unicodedata.normalize("NFKC", searcher).casefold()
    return "".join(sign for sign in plain if sign.isprintable() and not sign.isspace())


def has_number(term: str) -> bool:
    """Whether a term holds a number or an address of a person's, by other code than the rules of texts."""
    return bool(identifiers(term.encode("utf-8", "replace")) & _NEVER)


def rounded(count: int, fewest: int) -> int:
    """A count rounded down, and never below what was asked for."""
    return max(count - count % ROUNDED_TO, fewest)


def naming(reader: TextReader, terms: list[str]) -> Iterable[bool]:
    """Whether each term names somebody: as it stands, as a name would be written, or by one rare name of the roster."""
    plain = reader.read([one.encode("utf-8", "replace") for one in terms])
    title = reader.read([one.title().encode("utf-8", "replace") for one in terms])
    for term, small, large in zip(terms, plain, title, strict=True):
        yield (
            has_number(term)
            or any(
                _names(one)
                for one in (*small, *(one for one in large if one.rule < _CONFLICT and one.kind == spans.NAME))
            )
            or reader.bears_rare_name(term.encode("utf-8", "replace"))
        )


def _names(found: Finding) -> bool:
    """A finding counts, unless an author bears the name: that many people search for."""
    return found.rule != _CONFLICT and found.sure != spans.HARDLY
