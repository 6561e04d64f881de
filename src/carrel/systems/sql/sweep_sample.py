"""The pairs of a sweep, by what a row can name, and what else accounts for a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from carrel.retention.sweep import Loan, Pair, Severity
from carrel.retention.trail import Trail
from carrel.systems.sql.sweep_discovery import Reach


@dataclass(frozen=True, slots=True)
class Sample:
    """The pairs by what a row can name, and what else explains a row.

    Attributes:
        pairs: in the order of the report.
        standing: by person, the loans that still name the person.
        held: numbers of standing loans under legal hold.
    """

    pairs: Sequence[Pair]
    standing: dict[int, list[Loan]]
    held: frozenset[int] = frozenset()
    by_person: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_loan: dict[int, int] = field(default_factory=dict)
    by_item: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for place, pair in enumerate(self.pairs):
            self.by_person[pair.person.key].append(place)
            self.by_loan[pair.loan.loan] = place
            if pair.loan.item is not None:
                self.by_item[pair.loan.item].append(place)

    def others(self, place: int) -> list[Loan]:
        """The loans that still name the person of a pair."""
        return self.standing.get(self.pairs[place].person.key, [])


Grade = Callable[[Reach, Trail, int, str], tuple[Severity, str]]
