"""What a class may not tell of the people in it: l-diversity and t-closeness of a sensitive column.

What `carrel.deidentification.risk.sensitive` defines of one class is done here for many in loops; a test holds the
one to the other. Recursive diversity and ordered distance are asked for by releases alone.

Source: Machanavajjhala et al. 2007 (l-diversity), Li et al. 2007 (t-closeness); definitions as ARX uses them.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any

from carrel.deidentification.records.coded_column import Array


class Diversity(enum.StrEnum):
    """How values of a class are counted."""

    DISTINCT = "distinct"
    ENTROPY = "entropy"
    RECURSIVE = "recursive"


class Distance(enum.StrEnum):
    """How far apart two values are: all equally, or by their order."""

    EQUAL = "equal"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True)
class Condition:
    """What each class of rows must hold of a sensitive column.

    Attributes:
        name: of the column.
        l: from which number of values, or its like; 1 asks for nothing.
        diversity: how they are counted.
        c: of recursive diversity: the most frequent value has fewer rows than c times those of the l-th and all below.
        t: the furthest that the values of a class may be from those of the table; 1 asks for nothing.
        distance: how far is measured.
    """

    name: str
    l: float = 1  # noqa: E741  (the field's own name)
    diversity: Diversity = Diversity.DISTINCT
    c: float = 1
    t: float = 1
    distance: Distance = Distance.EQUAL

    @property
    def is_monotone(self) -> bool:
        """Whether a class that holds it still does when any other is added to it."""
        return self.diversity is Diversity.DISTINCT and self.t >= 1


@dataclass(frozen=True, slots=True)
class SensitiveCounts:
    """The values of each class: which class, which value, how many rows.

    Attributes:
        owners, values, amounts: one of each for every pair of a class and a value, in order of both.
        whole: share of each value in the table.
    """

    owners: Array
    values: Array
    amounts: Array
    whole: Array

    @classmethod
    def of(cls, values: Array, rows: int) -> SensitiveCounts:
        """Each row as a class of its own.

        Args:
            values: code of each row, 0 and up; where values have an order, in that order.
            rows: how many there are.
        """
        import numpy as np

        whole = np.bincount(values) / max(1, rows)
        return cls(np.arange(rows, dtype=np.int32), values.astype(np.int32), np.ones(rows, np.int64), whole)

    def rolled_up(self, classes: Array) -> SensitiveCounts:
        """The same of larger classes.

        Args:
            classes: the larger class of each class.
        """
        import numpy as np

        width = len(self.whole)
        keys = classes[self.owners].astype(np.int64) * width + self.values
        pairs, back = np.unique(keys, return_inverse=True)
        amounts = np.bincount(back, weights=self.amounts, minlength=len(pairs)).astype(np.int64)
        return SensitiveCounts((pairs // width).astype(np.int32), (pairs % width).astype(np.int32), amounts, self.whole)

    def holds(self, condition: Condition, totals: Array, *, monotone_only: bool = False) -> Array:
        """Of each class whether it holds a condition.

        Args:
            condition: to be held.
            totals: rows of each class.
            monotone_only: only what a class cannot lose by growing.
        """
        import numpy as np

        from carrel.deidentification.records.compiled import sensitive_counting as loops

        good: Any = np.ones(len(totals), bool)
        if condition.l > 1 and condition.diversity is not Diversity.RECURSIVE:
            distinct, entropy = loops.distinct_and_entropy(self.owners, self.amounts, totals)
            # To have the entropy of l even values, or to be recursively diverse, a class has at least l of them.
            good &= distinct >= condition.l
            if condition.diversity is Diversity.ENTROPY and not monotone_only:
                good &= entropy >= math.log(condition.l) - 1e-12
        if condition.l > 1 and condition.diversity is Diversity.RECURSIVE:
            distinct, _ = loops.distinct_and_entropy(self.owners, self.amounts, totals)
            good &= distinct >= condition.l
            if not monotone_only:
                skipped = max(1, int(condition.l) - 1)
                most, rest = loops.beyond_the_most_frequent(self.owners, self.amounts, totals, skipped)
                good &= most < condition.c * rest
        if condition.t < 1 and not monotone_only:
            measure = loops.equal_distance if condition.distance is Distance.EQUAL else loops.ordered_distance
            good &= measure(self.owners, self.values, self.amounts, totals, self.whole) <= condition.t + 1e-12
        return good
