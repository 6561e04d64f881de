"""Counts of what each join of a sweep found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from carrel.retention.sweep import Attack, Pairs, Severity, SweepReport


class Join(NamedTuple):
    """One join by name: what a report says of it."""

    kind: str
    name: str
    table: str
    columns: tuple[str, ...]
    severity: Severity = Severity.SINGLED_OUT
    why: str = ""


@dataclass
class Tally:
    """Which pairs each join led back, by their place in the sample."""

    tried: dict[Join, int] = field(default_factory=dict)
    found: dict[Join, set[int]] = field(default_factory=dict)
    read: dict[str, float] = field(default_factory=dict)

    def try_on(self, join: Join, pairs: int) -> None:
        """The join was tried on so many pairs."""
        self.tried[join] = max(pairs, self.tried.get(join, 0))

    def hit(self, join: Join, places: Iterable[int]) -> None:
        """The join led back the pairs in these places."""
        self.found.setdefault(join, set()).update(places)

    def report(self, pairs: Pairs) -> SweepReport:
        """All joins, those that found something first."""
        joins = sorted({*self.tried, *self.found}, key=lambda j: (-len(self.found.get(j, ())), j))
        attacks = tuple(
            Attack(
                j.name, j.kind, j.table, j.columns, self.tried.get(j, len(pairs)), len(self.found.get(j, ())),
                j.severity, j.why, self.read.get(j.table, 1.0) if j.name in {"text", "words"} else 1.0,
            )
            for j in joins
        )  # fmt: skip
        failing = {Severity.SINGLED_OUT, Severity.LINKABLE}
        back = {place for j, places in self.found.items() if j.severity in failing for place in places}
        return SweepReport(len(pairs), len(pairs), len(back), attacks)
