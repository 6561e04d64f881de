"""How much may have stayed in released texts, from a sample that people have read: a bound, and the class it leads to.

Source: Clopper and Pearson, Biometrika 26 (1934), 404-413; of a text whose records are counted, the same bound of the
hypergeometric distribution (Buonaccorsi, The American Statistician 41 (1987), 215-218).
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
        records: of the whole text, so that those that were not read can be counted; 0 where nobody knows how many.
    """

    read: int
    leaking: int
    left: int
    threshold: float = THRESHOLD
    confidence: float = CONFIDENCE
    records: int = 0

    @property
    def bound(self) -> float:
        """The share of all documents that leak is at most this, with the confidence; 1 where none was read."""
        if self.records:
            return most_leaking(self.leaking, self.read, self.records, self.confidence) / self.records
        return upper_bound(self.leaking, self.read, self.confidence)

    @property
    def is_low(self) -> bool:
        """Whether the release is of low risk; of medium risk otherwise."""
        return self.read > 0 and self.bound <= self.threshold

    @property
    def wanted(self) -> int:
        """How many documents without a leak would be enough for the threshold; never more than there are."""
        most = ceil(log(1 - self.confidence) / log(1 - self.threshold))
        if not self.records:
            return most
        low, high = 1, min(most, self.records)
        while low < high:
            middle = (low + high) // 2
            if most_leaking(0, middle, self.records, self.confidence) <= self.threshold * self.records:
                high = middle
            else:
                low = middle + 1
        return high

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


def most_leaking(hits: int, tries: int, records: int, confidence: float = CONFIDENCE) -> int:
    """The most of so many records that can leak and still give so few hits with a chance of one minus the confidence.

    Drawn without putting back, so the distribution is the hypergeometric one; of a text read whole it is what was seen.

    Args:
        hits: that were seen.
        tries: among so many records that were read.
        records: that there are, of which `tries` were drawn.
        confidence: between 0 and 1.
    """
    unread = max(records - tries, 0)
    low, high = hits, hits + unread
    while low < high:
        middle = (low + high + 1) // 2
        if _few_drawn(hits, tries, middle, records) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


def _few_drawn(hits: int, tries: int, leaking: int, records: int) -> float:
    """The chance that of so many leaking records so few or fewer are among those that were drawn."""
    clean = records - leaking
    whole = _ways(records, tries)
    return sum(
        exp(_ways(leaking, one) + _ways(clean, tries - one) - whole)
        for one in range(max(0, tries - clean), min(hits, leaking, tries) + 1)
    )


def _ways(many: int, few: int) -> float:
    """The logarithm of the ways to draw so few of so many."""
    return lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)


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
