"""What a class betrays without naming anybody: l-diversity, t-closeness, and how well a value can be guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diversity:
    """The class that is worst off, by each measure.

    Attributes:
        distinct: different values in it (distinct l).
        entropy: e to the power of its entropy (entropy l); 1 where all of it is one value.
        closeness: the largest distance from the whole table (t, equal distances), 0 to 1.
        certain: records in classes where everybody shares one value.
        guessed: records in classes where one value is held by more than `GUESSABLE` of them, and by less of the table.
        records: all of them.
    """

    distinct: int
    entropy: float
    closeness: float
    certain: int
    guessed: int
    records: int


GUESSABLE = 0.9


def diversity(classes: Iterable[Mapping[str | None, int]], records: Iterable[int] | None = None) -> Diversity:
    """Measure one sensitive column.

    Args:
        classes: of each class, how many people (or records) hold which value.
        records: of each class, how many records stand in it, where people were counted: one who has a value in several
            records holds it once.

    Guarantees:
        Order is irrelevant. Two classes made one never have a smaller `distinct`, nor a larger `closeness`.

    Source:
        Machanavajjhala et al. 2007 (l-diversity); Li, Li and Venkatasubramanian 2007 (t-closeness); WP216, inference.
    """
    held = [{value: n for value, n in one.items() if n} for one in classes]
    stand = [sum(one.values()) for one in held] if records is None else list(records)
    told = [one for one in held if one]
    whole: dict[str | None, int] = {}
    for one in told:
        for value, n in one.items():
            whole[value] = whole.get(value, 0) + n
    total = sum(whole.values())
    if not total:
        return Diversity(0, 0.0, 0.0, 0, 0, 0)
    most = max(whole.values()) / total
    both = [(one, rows) for one, rows in zip(held, stand, strict=True) if one]
    return Diversity(
        distinct=min(len(one) for one in told),
        entropy=min(entropy_l(list(one.values())) for one in told),
        closeness=max(equal_distance(one, whole) for one in told),
        certain=sum(rows for one, rows in both if len(one) == 1 and len(whole) > 1),
        guessed=sum(rows for one, rows in both if max(one.values()) > GUESSABLE * sum(one.values()) > 0)
        if most <= GUESSABLE
        else 0,
        records=sum(rows for _, rows in both),
    )


def entropy_l(counts: Sequence[int]) -> float:
    """E to the power of the entropy of these counts: as many values as are equally likely."""
    total = sum(counts)
    return math.exp(-sum(n / total * math.log(n / total) for n in counts if n))


def equal_distance(part: Mapping[str | None, int], whole: Mapping[str | None, int]) -> float:
    """Half the sum of the differences between two distributions: the earth mover's distance of unordered values."""
    a, b = sum(part.values()), sum(whole.values())
    return sum(abs(part.get(value, 0) / a - n / b) for value, n in whole.items()) / 2
