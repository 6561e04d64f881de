"""Measurements as they are kept, and which of them have to be made again since there is more to join with now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from carrel.inventory.risk import RiskClass

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One measurement, without its figures.

    Attributes:
        name: of what was measured.
        at: when; an aware time.
        by: who measured.
        risk: the class that followed.
        columns: of what leaves the house.
        joined: names of the lists that it was joined with.
        digest: SHA-256 of all its figures, hex.
    """

    name: str
    at: datetime
    by: str
    risk: RiskClass
    columns: tuple[str, ...]
    joined: tuple[str, ...]
    digest: str


def latest(recorded: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """The last measurement of each name, by name."""
    found: dict[str, Recorded] = {}
    for one in sorted(recorded, key=lambda one: one.at):
        found[one.name] = one
    return tuple(found[name] for name in sorted(found))


def asked_again(recorded: Iterable[Recorded], now: datetime) -> dict[str, str]:
    """The names that have to be measured again, and why.

    A class holds against what there was to join with. Records that share a column with these, and were measured
    later without a join of the two, could name people now. A class of high is no promise, so it stands.

    Args:
        recorded: all measurements, in any order.
        now: an aware time.

    Guarantees:
        Another measurement, and time that passes, never take a name off, except a new one of that name.

    Source:
        MITL-6.5; WP216 (a risk is to be looked at again); ISO/IEC 27559 clause 8.
    """
    last = latest(recorded)
    told: dict[str, str] = {}
    for one in last:
        richer = [
            other.name
            for other in last
            if other.name != one.name
            and other.at > one.at
            and other.name not in one.joined
            and one.name not in other.joined
            and set(other.columns) & set(one.columns)
        ]
        if one.risk is RiskClass.HIGH:
            continue
        if richer:
            told[one.name] = f"{', '.join(richer)} came later, and shares columns with it: join them"
        elif now - one.at > LONGEST:
            told[one.name] = "the measurement is more than a year old"
    return told
