"""What the values of a column look like, in counts: which kinds of identifier, how many differ. No value is kept."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from carrel.deidentification.column_words import counts, person_words, tells_row
from carrel.deidentification.identifiers import Identifier, identifiers

_TELLING = (Identifier.EMAIL, Identifier.CARD, Identifier.PHONE, Identifier.DIRECTORY_NAME, Identifier.ADDRESS,
            Identifier.CREDENTIAL)  # fmt: skip
_PERSON_NAME = re.compile(r"[^\W\d_][\w'\u2019.\-]*,?(?: [^\W\d_][\w'\u2019.\-]*){1,3}")
_CAPITAL = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]")
_CODE = re.compile(r"[A-Za-z]{0,4}-?\d{5,16}|[0-9a-f]{16,64}|[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_WHOLE = re.compile(r"-?\d{1,18}")
_CARD = re.compile(r"[2-9]\d{13}")
_TELLTALE = re.compile(r"[\d@=:%]")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_WORDS = 4  # from so many on a text is no code
_ENOUGH = 20  # values from which a share tells something


@dataclass
class ColumnShape:
    """Counts over one column.

    Attributes:
        name: of the column.
        numeric: whether the database keeps numbers in it.
        unique: whether the database lets no value stand twice.
        seen: rows that were looked at.
        filled: values among them.
        kinds: kind of identifier → values that hold one.
        names: values that look like a person's name.
        texts: values of four words and more.
        codes: values that look like the number of a card or an account.
        numbers: values that are numbers.
        low, high: of whole numbers.
    """

    name: str
    numeric: bool = False
    unique: bool = False
    seen: int = 0
    filled: int = 0
    kinds: Counter[Identifier] = field(default_factory=Counter)
    names: int = 0
    texts: int = 0
    codes: int = 0
    numbers: int = 0
    low: int | None = field(default=None, repr=False)
    high: int | None = field(default=None, repr=False)
    _marks: set[bytes] = field(default_factory=set, repr=False)
    _known: dict[bytes, frozenset[Identifier]] = field(default_factory=dict, repr=False)

    def add(self, value: Any, *, closely: bool = True) -> None:
        """Count one value.

        Args:
            value: of a database or a file.
            closely: whether it is looked at for what can name a person; a time is not.
        """
        self.seen += 1
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
        text = text.strip()
        if not text:
            return
        self.filled += 1
        raw = text.encode("utf-8", "surrogatepass")
        mark = hashlib.blake2b(raw, digest_size=8).digest()
        self._marks.add(mark)
        if not closely:
            return
        self.numbers += bool(_NUMBER.fullmatch(text))
        if _WHOLE.fullmatch(text):
            whole = int(text)
            self.low, self.high = min(whole, self.low or whole), max(whole, self.high or whole)
        self.codes += bool(_CODE.fullmatch(text))
        if mark not in self._known:
            self._known[mark] = _kinds(text, raw)
        self.kinds.update(self._known[mark])
        words = len(text.split())
        self.texts += words >= _WORDS
        if words < _WORDS and _PERSON_NAME.fullmatch(text) and len(_CAPITAL.findall(text)) > 1:
            self.names += 1

    @property
    def distinct(self) -> int:
        """How many values differ."""
        return len(self._marks)

    @property
    def once_each(self) -> bool:
        """Whether every row has a value, and none stands twice."""
        return bool(self.filled) and self.filled == self.seen == self.distinct

    @property
    def runs_on(self) -> bool:
        """Whether its numbers follow each other as those of rows do."""
        if self.low is None or self.high is None or self.numbers < self.filled:
            return False
        return self.high - self.low + 1 <= 2 * max(1, self.distinct)

    @property
    def is_identifier_like(self) -> bool:
        """Whether most values look like numbers of cards or accounts, and nearly every row has another one."""
        if self.filled < _ENOUGH or counts(self.name):
            return False
        return 2 * self.codes > self.filled and 2 * self.distinct >= self.filled

    @property
    def names_people(self) -> str:
        """How it shows, in counts, that the values themselves name people; empty where they do not."""
        found = [f"{_of(count, self.filled)} hold {_article(kind)}" for kind, count in self.kinds.most_common(2)]
        if self._are_names:
            found.append(f"{_of(self.names, self.filled)} look like names")
        return "; ".join(found)

    @property
    def _are_names(self) -> bool:
        return bool(self.names) and 4 * self.names >= self.filled and self.distinct > min(_ENOUGH, self.filled // 4)

    @property
    def suspicion(self) -> str:
        """Why its values may name a person, in counts and kinds; empty where nothing says so.

        Guarantees:
            No value stands in it.
        """
        told = [self.names_people] if self.names_people else []
        if 5 * self.texts >= self.filled and self.texts:
            told.append(f"{_of(self.texts, self.filled)} are free text")
        if words := person_words(self.name):
            told.append(f"it is called {' '.join(words)}")
        if (
            self.is_identifier_like
            and not (self.unique and self.runs_on)
            and not (self.once_each and tells_row(self.name))
        ):
            told.append(f"{_of(self.codes, self.filled)} look like numbers of cards, {self.distinct:,} differ")
        return "; ".join(told)


def shapes(columns: Iterable[str]) -> dict[str, ColumnShape]:
    """Empty shapes, by the names of the columns."""
    return {name: ColumnShape(name) for name in columns}


def _kinds(text: str, raw: bytes) -> frozenset[Identifier]:
    if _WHOLE.fullmatch(text):
        return frozenset([Identifier.CARD]) if _CARD.fullmatch(text) else frozenset()
    if not _TELLTALE.search(text):
        return frozenset()  # none of the kinds can do without one of these signs
    return identifiers(raw).intersection(_TELLING)


def _of(count: int, total: int) -> str:
    return f"{count:,} of {total:,} values"


def _article(kind: Identifier) -> str:
    return f"an {kind}" if kind.value[0] in "aei" else f"a {kind}"
