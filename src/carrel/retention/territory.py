"""Several policies in one database: what each says, and which of them govern a unit (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from carrel.policy.schedule import LoanSchedule, RecordSchedule
from carrel.retention.compact import all_of, any_of
from carrel.retention.predicate import UNITS, AnyOf, AtOrBefore, ByUnit, Fact, Predicate, Zoning


@dataclass(frozen=True, slots=True)
class Regime:
    """What one policy says of records.

    Attributes:
        loans: of loans.
        records: of records of other kinds.
    """

    loans: LoanSchedule
    records: tuple[RecordSchedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Territory:
    """The policies in force in one database, and the units that each governs.

    Attributes:
        regimes: of the policies, the site's own first.
        zoning: units by zone; those of one zone are governed by the same policies.
        governing: numbers of the policies, by number of the zone.
    """

    regimes: tuple[Regime, ...]
    zoning: Zoning
    governing: tuple[tuple[int, ...], ...]

    def by_unit(self, said: Sequence[Predicate], facts: tuple[Fact, ...] = UNITS) -> Predicate:
        """What holds of a record by any policy of any unit that it touches.

        Args:
            said: by number of the policy.
            facts: that name the units which count.

        Returns:
            A condition on the units; on none where all policies say the same.

        Guarantees:
            A unit that is in no zone, and a record that tells no unit, stand under every policy of the database.
        """
        compacted = [any_of((one,)) for one in said]
        if len(set(compacted)) == 1:
            return compacted[0]
        arms = tuple(any_of(compacted[number] for number in numbers) for numbers in self.governing)
        by_unit = ByUnit(facts, self.zoning, arms, any_of(compacted))
        # What every policy says holds wherever a record was: for old ones no unit is looked up.
        everywhere = all_of(compacted)
        return AnyOf((everywhere, by_unit)) if isinstance(everywhere, AtOrBefore) else by_unit


def territory(regimes: Iterable[Regime], governed: Iterable[tuple[str, tuple[int, ...]]]) -> Territory:
    """Units in zones.

    Args:
        regimes: of the policies, the site's own first.
        governed: key of each unit, and the numbers of the policies that govern it.
    """
    units = sorted(governed)
    sets = tuple(sorted({numbers for _, numbers in units}))
    zone = {numbers: number for number, numbers in enumerate(sets)}
    zoning = Zoning(tuple((key, zone[numbers]) for key, numbers in units), len(sets))
    return Territory(tuple(regimes), zoning, sets)


def single(regime: Regime) -> Territory:
    """One policy for everything."""
    return Territory((regime,), Zoning((), 0), ())


def latest(moments: Iterable[datetime]) -> datetime:
    """The latest of these; of none, before everything."""
    return max(moments, default=datetime.min)  # noqa: DTZ901  (naive local time, as the system writes it)
