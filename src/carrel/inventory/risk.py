"""Risk classes, their high-water mark, and the floors below which no dataset may be classed (MITL-2.1, 2.2, 3.5)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from carrel.inventory.category import Category


@enum.unique
class RiskClass(enum.StrEnum):
    """How much harm a release would do; ordered, so ``LOW < MEDIUM < HIGH``."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 1 for medium, 2 for high."""
        return _ORDER.index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, RiskClass) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.rank <= other.rank if isinstance(other, RiskClass) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.rank > other.rank if isinstance(other, RiskClass) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.rank >= other.rank if isinstance(other, RiskClass) else NotImplemented


_ORDER = (RiskClass.LOW, RiskClass.MEDIUM, RiskClass.HIGH)


def high_water(classes: Iterable[RiskClass]) -> RiskClass:
    """The class of a store that holds fields of these classes: the highest of them, low where there are none.

    Guarantees:
        Adding a field never lowers the class, and the order of fields is irrelevant.

    Source:
        MITL-3.5.
    """
    return max(classes, key=lambda risk: risk.rank, default=RiskClass.LOW)


@dataclass(frozen=True, slots=True)
class Floor:
    """A category, or a combination of categories, that implies a lowest class (MITL-2.2).

    Attributes:
        name: how the policy calls the floor.
        lowest: the class that a dataset must have at least when the floor holds for it.
        all_of: categories that must all occur in the dataset.
        any_of: of these at least one must occur too; empty stands for no such condition.
        clauses: ids of the source clauses.
    """

    name: str
    lowest: RiskClass
    all_of: frozenset[Category]
    any_of: frozenset[Category] = frozenset()
    clauses: tuple[str, ...] = field(default=())

    def holds_for(self, categories: frozenset[Category]) -> bool:
        """Whether a dataset with fields of these categories stands under this floor."""
        return self.all_of <= categories and (not self.any_of or bool(self.any_of & categories))


def floors_above(floors: Iterable[Floor], categories: Iterable[Category], declared: RiskClass) -> tuple[Floor, ...]:
    """The floors that a dataset declared with this class falls below, in the order given.

    Args:
        floors: the floors of the policy and of every policy it adopts.
        categories: the categories of the dataset's fields.
        declared: the class that the policy gives the dataset.
    """
    held = frozenset(categories)
    return tuple(floor for floor in floors if floor.holds_for(held) and declared < floor.lowest)
