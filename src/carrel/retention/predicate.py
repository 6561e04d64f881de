"""Conditions over the facts of one loan, as data.

The same tree is interpreted here and compiled to SQL in ``systems/sql``; a law over random databases holds the two
together. Every node is two-valued: a missing fact makes a comparison false, never unknown.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class Fact(enum.StrEnum):
    """What can be asked of a loan. Times are naive local times of the system that recorded them."""

    LOAN = "loan"
    PERSON = "person"
    ITEM = "item"
    BRANCH = "branch"
    OPENED = "opened"
    CLOSED = "closed"
    DUE = "due"
    SETTLED = "settled"
    CHARGED = "charged"
    OWING = "owing"
    LOST = "lost"
    DISPUTED = "disputed"
    OPTED_IN = "opted in"


Known = Mapping[Fact, int | str | bool | datetime | None]


@dataclass(frozen=True, slots=True)
class Always:
    """True or false of every loan."""

    value: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """A yes-or-no fact is yes."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Missing:
    """The record does not tell this time (absent, or the zero date that some databases keep for it)."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact is among these values."""

    fact: Fact
    values: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class AtOrBefore:
    """The event happened no later than this moment."""

    fact: Fact
    moment: datetime


@dataclass(frozen=True, slots=True)
class From:
    """The event happened at this moment or later."""

    fact: Fact
    moment: datetime


@dataclass(frozen=True, slots=True)
class Exceeds:
    """One event came later than another."""

    fact: Fact
    other: Fact


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    of: Predicate


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these; of none, true."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these; of none, false."""

    of: tuple[Predicate, ...]


Predicate = Always | Holds | Missing | OneOf | AtOrBefore | From | Exceeds | Not | AllOf | AnyOf


def holds(predicate: Predicate, known: Known) -> bool:  # noqa: C901, PLR0911  (one line per node of the tree)
    """Whether a predicate is true of one loan: the reference that compiled SQL must agree with.

    Args:
        predicate: the condition.
        known: the facts of the loan; an absent fact is missing.

    Guarantees:
        Compiled and interpreted agree on every database (property test).
    """
    match predicate:
        case Always(value):
            return value
        case Holds(fact):
            return bool(known.get(fact))
        case Missing(fact):
            return known.get(fact) is None
        case OneOf(fact, values):
            return known.get(fact) in values if known.get(fact) is not None else False
        case AtOrBefore(fact, moment):
            return isinstance(at := known.get(fact), datetime) and at <= moment
        case From(fact, moment):
            return isinstance(at := known.get(fact), datetime) and at >= moment
        case Exceeds(fact, other):
            first, second = known.get(fact), known.get(other)
            return isinstance(first, datetime) and isinstance(second, datetime) and first > second
        case Not(of):
            return not holds(of, known)
        case AllOf(of):
            return all(holds(one, known) for one in of)
        case AnyOf(of):
            return any(holds(one, known) for one in of)
