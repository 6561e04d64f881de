"""Attacks that were run: what came of joining the records with another list, or with a few things known of a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Linkage:
    """The records were joined with another list.

    Attributes:
        name: of the other list.
        records: that were tried.
        named: those for which just one person of the list was left.
        right: of these, how many were that person's; None where nobody could tell.
        populations: (people of the list that fit, records that they fit), for the journalist.
        unmatched: records that nobody of the list fits.
    """

    name: str
    records: int
    named: int
    right: int | None
    populations: tuple[tuple[int, int], ...]
    unmatched: int

    @property
    def found(self) -> int:
        """Records that the attack gave the right name to, as far as anybody can tell."""
        return self.named if self.right is None else self.right

    @property
    def share(self) -> float:
        """Part of the records, 0 to 1."""
        return self.found / self.records if self.records else 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """Some records of a person are known, and all records that bear the same pseudonym are looked for.

    Attributes:
        known: records that are known of each person.
        tried: people of the sample.
        found: those whose pseudonym was the only one with all the known records.
    """

    known: int
    tried: int
    found: int

    @property
    def share(self) -> float:
        """Part of the sample, 0 to 1."""
        return self.found / self.tried if self.tried else 0.0
