"""Which cells of a cube may not be told by themselves: too few persons, or one of them makes up most of the sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from carrel.deidentification.statistics.cube import Array, Cube

SMALL = 10
WHOLE = 100


class Zeros(StrEnum):
    """What becomes of cells without any record."""

    SHOWN = "shown"
    SUPPRESSED = "suppressed"


class CountedBy(StrEnum):
    """What the least number of a cell was counted of."""

    PERSONS = "persons"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class SumRule:
    """When a sum tells of one person.

    Attributes:
        percent: a cell is sensitive if the rest of its sum, without its two largest contributions, is less than so
            many percent of the largest: the second largest contributor could tell the largest that closely.
        share: it is sensitive too if the two largest make up more than so many percent of the sum; never where 100.
        width: how wide the interval of a hidden sum is at least, in the smallest unit.
    """

    percent: int = 10
    share: int = WHOLE
    width: int = SMALL

    def as_dict(self) -> dict[str, int]:
        """As a release tells it."""
        return {"percent": self.percent, "share": self.share, "width": self.width}


@dataclass(frozen=True, slots=True)
class CellRule:
    """What is hidden, and how well.

    Attributes:
        persons: a cell with fewer different persons is sensitive.
        width: the lowest and the highest figure that a hidden count could have are at least so far apart.
        zeros: whether cells without records are told; if so, it is known that a hidden cell is none of them.
        sums: a rule for each sum.
        counted_by: whether persons were told apart, or each record was taken for another person; None where a file of
            before does not tell.

    Source: standards of US education statistics (minimum n from 5 to 30, ten the most frequent; NCES 2011-603).
    """

    persons: int = SMALL
    width: int = SMALL
    zeros: Zeros = Zeros.SHOWN
    sums: Mapping[str, SumRule] = field(default_factory=dict)
    counted_by: CountedBy | None = None

    @property
    def least(self) -> int:
        """The lowest count that whoever knows the rule takes a hidden cell for."""
        return 1 if self.zeros is Zeros.SHOWN else 0

    def as_dict(self) -> dict[str, Any]:
        """As a release tells it."""
        return {
            "persons": self.persons,
            "width": self.width,
            "zeros": self.zeros.value,
            "sums": {name: one.as_dict() for name, one in sorted(self.sums.items())},
            **({} if self.counted_by is None else {"counted_by": self.counted_by.value}),
        }


def sensitive(cube: Cube, rule: CellRule) -> Array:
    """The cells that may not be told by themselves, as truth values."""
    found = (cube.rows > 0) & (cube.known < rule.persons)
    if rule.zeros is Zeros.SUPPRESSED:
        found = found | (cube.rows == 0)
    for name, sums in cube.sums.items():
        limits = rule.sums.get(name, SumRule())
        rest = sums.total - sums.largest - sums.second
        close = rest * WHOLE < sums.largest * limits.percent
        dominated = (sums.largest + sums.second) * WHOLE > sums.total * limits.share
        found = found | ((sums.total > 0) & (close | dominated))
    return found
