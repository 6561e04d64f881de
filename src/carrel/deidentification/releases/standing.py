"""How releases on record stand now: the last record of each, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carrel.deidentification.releases.measured import Kind
from carrel.deidentification.releases.release import Release
from carrel.deidentification.risk.record import Recorded, asked_again, latest
from carrel.inventory.risk import RiskClass


@dataclass(frozen=True, slots=True)
class Standing:
    """A release, and how it stands.

    Attributes:
        release: its last record.
        risk: its class; of a later measurement by its name where there is one. None where nothing was measured.
        against: what speaks against it; empty where nothing does.
    """

    release: Release
    risk: RiskClass | None
    against: tuple[str, ...]


def standings(releases: Iterable[Release], measurements: Iterable[Recorded], now: datetime) -> tuple[Standing, ...]:
    """Each release once, the newest first.

    Records, and what Carrel did not make, can be measured afterwards: a measurement of the same name that is no older
    than the record takes the place of its class. They are asked again where later records share columns with them.

    Args:
        releases: every record.
        measurements: every measurement of risk.
        now: an aware time.

    Guarantees:
        Nothing speaks against a release only if it is of low class by its last figures, and is not asked again.
    """
    records = tuple(releases)
    last: dict[str, Release] = {}
    for one in sorted(records, key=lambda one: one.at):
        last[one.thing] = one
    known = tuple(measurements)
    newest = {one.name: one for one in latest(known)}
    again = asked_again((*known, *_as_measurements(records)), now)
    found = []
    for one in sorted(last.values(), key=lambda one: one.at, reverse=True):
        risk, reasons = one.measured.risk, list(one.measured.reasons)
        if one.measured.kind in {Kind.RECORDS, Kind.OTHER}:
            later = newest.get(one.name)
            if later is not None and later.at >= one.at:
                risk = later.risk
                reasons = [] if risk is RiskClass.LOW else [f"it was measured as {risk} since"]
            if one.name in again:
                reasons.append(again[one.name])
        found.append(Standing(one, risk, tuple(reasons)))
    return tuple(found)


def measured_again(measurements: Iterable[Recorded], releases: Iterable[Release], now: datetime) -> dict[str, str]:
    """The measurements that have to be made again, and why: released records are something to join with as well."""
    known = tuple(measurements)
    names = {one.name for one in known}
    again = asked_again((*known, *_as_measurements(releases)), now)
    return {name: why for name, why in again.items() if name in names}


def _as_measurements(releases: Iterable[Release]) -> tuple[Recorded, ...]:
    """Released records as measurements of them, so that each is asked again for the other."""
    return tuple(
        Recorded(one.name, one.at, one.by, one.measured.risk, one.measured.columns, (), one.identity)
        for one in releases
        if one.measured.columns and one.measured.risk is not None
    )
