"""Conditions over the facts of one loan, as data.

The same tree is interpreted here and compiled to SQL in ``systems/sql``; a law over random databases holds the two
together. Every node is two-valued: a missing fact makes a comparison false, never unknown.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


class Fact(enum.StrEnum):
    """What can be asked of a loan. Times are naive local times of the system that recorded them.

    Four name a unit: where the loan was made, where it came back, whose item it is, and whom its reader belongs to.
    """

    LOAN = "loan"
    PERSON = "person"
    ITEM = "item"
    BRANCH = "branch"
    RETURNED = "returned at"
    OWNER = "owner"
    HOME = "home"
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


@dataclass(frozen=True, slots=True)
class Zoning:
    """Which zone each unit lies in: units of one zone are governed by the same policies.

    Attributes:
        units: key of a unit, as text, and the number of its zone; in order of key.
        zones: how many there are.
    """

    units: tuple[tuple[str, int], ...]
    zones: int


@dataclass(frozen=True, slots=True)
class ByUnit:
    """Of any unit that the record touches, what is said of the unit's zone holds.

    Attributes:
        facts: that name a unit; one that the record does not tell is passed over.
        zoning: of the units.
        arms: by number of the zone.
        elsewhere: what is said of a unit that is in no zone, and of a record that tells no unit at all.
    """

    facts: tuple[Fact, ...]
    zoning: Zoning
    arms: tuple[Predicate, ...]
    elsewhere: Predicate


UNITS = (Fact.BRANCH, Fact.RETURNED, Fact.OWNER, Fact.HOME)

Predicate = Always | Holds | Missing | OneOf | AtOrBefore | From | Exceeds | Not | AllOf | AnyOf | ByUnit


@lru_cache(maxsize=8)
def _zones(zoning: Zoning) -> dict[str, int]:
    return dict(zoning.units)


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
        case ByUnit(facts, zoning, arms, elsewhere):
            zones = _zones(zoning)
            touched = [zones.get(str(unit)) for fact in facts if (unit := known.get(fact)) is not None]
            said = [elsewhere if zone is None else arms[zone] for zone in touched] or [elsewhere]
            return any(holds(one, known) for one in said)
