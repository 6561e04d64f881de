"""How many loans legal holds kept when they were last counted: fewer under the same holds means that one was cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class HeldCount:
    """One count of the loans under hold that name a reader.

    Attributes:
        holds: ids in the store of the legal holds in force.
        loans: closed loans in their scope that name a reader.
        at: aware time of the count.
    """

    holds: frozenset[str]
    loans: int
    at: datetime

    def comparable(self, holds: frozenset[str]) -> bool:
        """Whether a later count under these holds may not be lower: every hold of this one is still in force."""
        return bool(self.holds) and self.holds <= holds

    def as_dict(self) -> dict[str, Any]:
        """The count as its file holds it."""
        return {
            "format_version": FORMAT_VERSION,
            "holds": sorted(self.holds),
            "loans": self.loans,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> HeldCount:
        """Read a count back.

        Raises:
            ValueError: it is none.
        """
        try:
            if body["format_version"] != FORMAT_VERSION:
                raise ValueError("a count of another format")
            return cls(frozenset(body["holds"]), int(body["loans"]), datetime.fromisoformat(body["at"]))
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"not a count: {type(wrong).__name__}") from None


def next_count(before: HeldCount | None, now: HeldCount) -> HeldCount:
    """The count to keep for the next audit.

    Guarantees:
        A loss is not forgotten: while the holds of the kept count are in force, its number never falls.
    """
    if before is not None and before.comparable(now.holds) and now.loans < before.loans:
        return before
    return now
