"""How much may have stayed in released texts, from a sample that people have read: a bound, and the class it leads to.

Source: Clopper and Pearson, Biometrika 26 (1934), 404-413.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, lgamma, log

CONFIDENCE = 0.95
THRESHOLD = 0.01
_STEPS = 60


@dataclass(frozen=True, slots=True)
class ResidualRisk:
    """What a sample says.

    Attributes:
        read: documents that people have read.
        leaking: of these, documents in which something was left that names a person.
        left: how much was left in all of them.
        threshold: a share of documents that is small enough.
        confidence: with which the bound holds.
    """

    read: int
    leaking: int
    left: int
    threshold: float = THRESHOLD
    confidence: float = CONFIDENCE

    @property
    def bound(self) -> float:
        """The share of all documents that leak is at most this, with the confidence; 1 where none was read."""
        return upper_bound(self.leaking, self.read, self.confidence)

    @property
    def is_low(self) -> bool:
        """Whether the release is of low risk; of medium risk otherwise."""
        return self.read > 0 and self.bound <= self.threshold

    @property
    def wanted(self) -> int:
        """How many documents without a leak would be enough for the threshold."""
        return ceil(log(1 - self.confidence) / log(1 - self.threshold))

    def as_dict(self) -> dict[str, float | int | str]:
        """For a file."""
        return {
            "read": self.read, "leaking": self.leaking, "left": self.left, "bound": round(self.bound, 6),
            "confidence": self.confidence, "threshold": self.threshold, "class": "low" if self.is_low else "medium",
        }  # fmt: skip


def upper_bound(hits: int, tries: int, confidence: float = CONFIDENCE) -> float:
    """The largest share that still gives so few hits with a chance of one minus the confidence; one-sided and exact.

    Args:
        hits: that were seen.
        tries: among so many.
        confidence: between 0 and 1.
    """
    if tries == 0 or hits >= tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_most(hits, tries, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, tries: int, share: float) -> float:
    """The chance of so many hits or fewer."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    whole = lgamma(tries + 1)
    return sum(
        exp(whole - lgamma(one + 1) - lgamma(tries - one + 1) + one * log(share) + (tries - one) * log(1 - share))
        for one in range(hits + 1)
    )
