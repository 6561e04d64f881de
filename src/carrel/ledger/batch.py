"""A batch: the leaves of one night, filled up with padding leaves to a fixed size.

The ledger grows by the same step whether much or little happened, so the moment and number of entries say nothing about
a sealed case. Padding leaves of this version are open and can be told from others by whoever reads them; they hide how
many *committed* leaves a night had only if those are of the same length. That is stated in ``docs/ledger.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carrel.ledger.leaf import Leaf, OpenLeaf

BATCH = 64


def padded(leaves: Sequence[Leaf], at: datetime, multiple: int = BATCH) -> list[bytes]:
    """The leaves' bytes, in order, filled up to the next multiple; an empty night is one full batch of padding.

    Args:
        leaves: the night's leaves.
        at: the night's time, which the padding leaves carry.
        multiple: the step in which the ledger grows, 1 or more.

    Returns:
        A list whose length is a positive multiple of `multiple`, or empty when `multiple` is 1 and there is no leaf.
    """
    if multiple < 1:
        raise ValueError("the step is 1 or more")
    entries = [leaf.encode() for leaf in leaves]
    missing = -len(entries) % multiple
    if not entries and multiple > 1:
        missing = multiple
    return entries + [OpenLeaf("padding", at, {}).encode()] * missing
