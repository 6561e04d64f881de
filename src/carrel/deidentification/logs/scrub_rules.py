"""What may stay of a log line: decided once, for every format."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from types import MappingProxyType

from carrel.deidentification.identifiers import identifiers
from carrel.deidentification.logs import faults
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.log_time import Precision
from carrel.errors import fault


class AddressRule(enum.StrEnum):
    """What becomes of a network address."""

    DROP = "drop"
    TRUNCATE = "truncate"
    DETERMINISTIC = "deterministic"
    PFX = "pfx"
    ND = "nd"
    NDX = "ndx"
    CRYPTO_PAN = "crypto-pan"


class NameRule(enum.StrEnum):
    """What becomes of a person's or a session's name."""

    DROP = "drop"
    TOKEN = "token"  # noqa: S105  (the word of the option)


class QueryRule(enum.StrEnum):
    """What becomes of the part of an address that says what was asked for."""

    STRIP = "strip"
    SHAPE = "shape"  # which known parameters, and about how many words each held


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The closed lists: nothing free passes but a word of them.

    Attributes:
        paths: parts of paths, in small letters.
        endings: of the last part, such as ``pdf``.
        parameters: names in the question part.
        hosts: the only hosts that pass, with those under them.
        words: further lists by name, such as kinds of events.
    """

    paths: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    words: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ScrubRules:
    """Everything that scrubbing goes by.

    Attributes:
        vocabulary: the closed lists.
        keys: of the days; drawn by whoever calls.
        today: whose key serves a format that writes no times.
        random: gives so many random bytes, for ciphers that need new ones each time.
        address, sessions, people, query: what becomes of each.
        short_bits, long_bits: of an address that is truncated, by its kind. A whole /48 is often one household's.
        precision: of times.
        is_past: whether a line of an aware time is past its time; None where nothing says so.
        drop_past: whether it does not pass then, or passes scrubbed and is only counted.
        zone: of a log that writes no offset, for ``is_past``; UTC where none is given.
    """

    vocabulary: Vocabulary
    keys: DayKeys
    today: date
    random: Callable[[int], bytes]
    address: AddressRule = AddressRule.TRUNCATE
    short_bits: int = 24
    long_bits: int = 32
    sessions: NameRule = NameRule.TOKEN
    people: NameRule = NameRule.DROP
    query: QueryRule = QueryRule.STRIP
    precision: Precision = Precision.HOUR
    is_past: Callable[[datetime], bool] | None = None
    drop_past: bool = True
    zone: tzinfo | None = None


def require_harmless(word: str, at: str) -> str:
    """A word that is to pass; one that can name a person may not.

    Args:
        word: as it is listed.
        at: where, for the error; the word is not repeated.

    Raises:
        CarrelError: LOG-005.
    """
    found = identifiers(word.encode("utf-8", errors="replace"))
    if found or not word.isascii() or not word.isprintable() or " " in word:
        raise fault(
            faults.LISTED_WORD,
            at=at,
            wanted="a word that stands in many people's lines alike",
            found=", ".join(sorted(found)) or "signs that no such word has",
            because="it would pass into every scrubbed log",
            fix="take it out of the list",
        )
    return word.lower()
