"""What waits for the ledger, as `carrel doctor` tells it: what a night will append, and what a dead process left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.store.owed_leaves import OF_PROCESS

if TYPE_CHECKING:
    from carrel.store.store import Store
    from carrel.systems.check import Check

BY_NIGHT = frozenset({"request", "consent"})  # kinds of leaf whose commands leave the appending to the night
A_NIGHT = timedelta(hours=36)  # after the night that was to append them, with half a day for one that was late
FIX = "carrel run-due appends them"


def owed_checks(store: Store, at: datetime) -> Iterator[Check]:
    """What waits for the ledger.

    Args:
        store: of the site.
        at: aware time.

    Yields:
        A finding for leaves that a command was to append itself, and did not come to; and what requests and consents
        added since the last night, which is a finding only when a night has passed it by. Nothing of legal process: a
        case can be sealed.
    """
    from carrel.ledger.leaf import decode_leaf
    from carrel.systems.check import finding, ok

    kinds = [(decode_leaf(entry).kind, since) for entry, since in store.owed.waiting()]
    found = [(kind in BY_NIGHT, since) for kind, since in kinds if kind != OF_PROCESS]
    by_night = [since for is_so, since in found if is_so]
    if owed := len(found) - len(by_night):
        waits = amount(owed, "leaf of an earlier run waits", "leaves of earlier runs wait")
        detail = f"{waits} for it: the process ended before it could append {'it' if owed == 1 else 'them'}"
        yield finding("ledger", detail, FIX)
    if by_night:
        waits = amount(len(by_night), "leaf", "leaves") + " about requests and consents"
        if min(by_night) < at - A_NIGHT:
            yield finding("ledger", f"{waits}, the oldest of {min(by_night):%Y-%m-%d}: no night appended them", FIX)
        else:
            yield ok("ledger", f"the next night appends {waits}")
