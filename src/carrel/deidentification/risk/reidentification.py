"""Three attackers, and what each can hope for: prosecutor, journalist and marketer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carrel.deidentification.risk.equivalence import ClassSizes

THRESHOLD = 0.09  # a class of 12 people and more is below it


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one attacker can hope for.

    Attributes:
        highest: chance to find the right person for the record that is worst off, 0 to 1.
        average: the same over all records.
        at_risk: records whose chance is above the threshold.
        records: all of them.
    """

    highest: float
    average: float
    at_risk: int
    records: int

    @property
    def share(self) -> float:
        """Part of the records that is at risk."""
        return self.at_risk / self.records if self.records else 0.0


def prosecutor(sizes: ClassSizes, threshold: float = THRESHOLD) -> Prospect:
    """Of an attacker who knows that a person is in the table, and looks for that person's record.

    Args:
        sizes: people per class of the table itself.
        threshold: a chance above this one puts a record at risk.

    Source:
        El Emam 2013, ch. 16; with one record a person: highest 1/min f, average classes/records, as ARX defines it.
    """
    return _prospect(((one.persons, one.records) for one in sizes.bands), threshold)


def journalist(populations: Iterable[tuple[int, int]], threshold: float = THRESHOLD) -> Prospect:
    """Of an attacker who wants to find anybody at all, in a list of a population that the table was drawn from.

    Args:
        populations: how many people of the population are alike, and how many records of the table they could be.
            Records that nobody of it fits are left out: this attacker has nobody to name for them.
        threshold: as of `prosecutor`.

    Guarantees:
        Never above the prosecutor's where everybody in the table stands in the population as well.
    """
    return _prospect(populations, threshold)


def marketer(populations: Iterable[tuple[int, int]]) -> float:
    """The part of all records that an attacker gets right who names somebody for each of them.

    Args:
        populations: as of `journalist`.
    """
    told = list(populations)
    records = sum(count for _, count in told)
    return sum(count / size for size, count in told if size) / records if records else 0.0


def _prospect(sized: Iterable[tuple[int, int]], threshold: float) -> Prospect:
    told = [(size, count) for size, count in sized if count and size]
    records = sum(count for _, count in told)
    if not records:
        return Prospect(0.0, 0.0, 0, 0)
    highest = max(1 / size for size, _ in told)
    at_risk = sum(count for size, count in told if 1 / size > threshold)
    return Prospect(highest, sum(count / size for size, count in told) / records, at_risk, records)
