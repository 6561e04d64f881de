"""Equivalence classes: records that are alike in all that an outsider could know, and how many people stand in each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class SizeBand:
    """All classes with equally many people in them.

    Attributes:
        persons: in each class; 1 and more.
        classes: how many of them there are.
        records: in all of them together.
    """

    persons: int
    classes: int
    records: int


@dataclass(frozen=True, slots=True)
class ClassSizes:
    """The classes of a table, by size.

    Attributes:
        bands: from the smallest size on, each size once.
    """

    bands: tuple[SizeBand, ...]

    @classmethod
    def of(cls, counted: Iterable[tuple[int, int, int]]) -> ClassSizes:
        """From (persons, classes, records), in any order."""
        return cls(tuple(sorted(SizeBand(*one) for one in counted)))

    @property
    def k(self) -> int:
        """People in the smallest class; 0 where there are no records."""
        return self.bands[0].persons if self.bands else 0

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return sum(one.classes for one in self.bands)

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(one.records for one in self.bands)

    def records_below(self, k: int) -> int:
        """Records in classes of fewer than `k` people."""
        return sum(one.records for one in self.bands if one.persons < k)

    @property
    def alone(self) -> int:
        """Records in classes of one single person."""
        return self.records_below(2)


def class_sizes(records: Iterable[Sequence[Hashable]], persons: Iterable[Hashable | None] | None = None) -> ClassSizes:
    """The classes of records, counted one by one: what every engine has to agree with.

    Args:
        records: what an outsider could know of each; None is a value like any other.
        persons: whose each is, in the same order. Records of nobody in particular could all be one person's, and count
            as that. Left out, each record is another person's.

    Guarantees:
        The order of the records is irrelevant. A coarser record never makes a class smaller.

    Source:
        Samarati and Sweeney 1998 (k-anonymity), counting people and not rows: ten loans of one are not
        ten people.
    """
    found: defaultdict[tuple[Hashable, ...], set[Hashable]] = defaultdict(set)
    sizes: Counter[tuple[Hashable, ...]] = Counter()
    whose = iter(persons) if persons is not None else None
    for number, record in enumerate(records):
        key = tuple(record)
        sizes[key] += 1
        found[key].add(next(whose) if whose is not None else number)
    tally: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for key, people in found.items():
        size = max(1, len(people - {None}))
        tally[size][0] += 1
        tally[size][1] += sizes[key]
    return ClassSizes.of((size, classes, rows) for size, (classes, rows) in tally.items())
