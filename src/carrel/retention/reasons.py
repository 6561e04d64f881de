"""Why rows are kept, told without pointing at anyone (DESIGN 5): the one place where such counts are merged.

Everything that is printed, written or signed for readers goes through here: plan files, screens, JSON, pages, the audit
and the ledger. What the engine decides by are the exact counts, and they stay inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

SMALL = 10
OTHER = "other reasons"
UNTOLD = "not told"  # no bound: a sealed hold of any size stands there too
FEW = "0-9"
OTHER_BRANCHES = "other branches"


def by_reason(rows: Mapping[str, int | str]) -> dict[str, int | str]:
    """Rows per reason as they may be shown, the most first: reasons under ten rows are merged.

    Rows that only a sealed legal hold keeps must not be among ``rows``: the merged line, which is always there, stands
    for them, however many they are. So it claims no number.

    Guarantees:
        No number below ten is shown, and no sum of such numbers; no reason with ten rows or more is lost. Counts that
        were merged before stay as they are.
    """
    told = {reason: number for reason, number in rows.items() if isinstance(number, int) and number >= SMALL}
    ordered = sorted(told.items(), key=lambda one: (-one[1], one[0]))
    return {**dict(ordered), OTHER: UNTOLD}


def figure(number: int) -> int | str:
    """One count of kept rows by itself, as it may be shown."""
    return number if number >= SMALL else FEW


def told_rows(rows: Mapping[str, int | str]) -> int:
    """The sum of what `by_reason` shows: a true total would give the merged rows away."""
    return sum(number for number in by_reason(rows).values() if isinstance(number, int))


def by_branch(rows: Mapping[str, int], only: AbstractSet[str] | None = None) -> dict[str, int]:
    """Due loans per branch as they may be shown: branches under ten stand together.

    Args:
        rows: loans by branch.
        only: branches that may be told by themselves; None for all. The others stand together as well.

    Guarantees:
        The sum is the same, and no number below ten is shown unless it is the sum.
    """
    mine = ((branch, number) for branch, number in rows.items() if only is None or branch in only)
    told = sorted(mine, key=lambda one: (-one[1], one[0]))
    shown = {branch: number for branch, number in told if number >= SMALL}
    rest = sum(rows.values()) - sum(shown.values())
    while 0 < rest < SMALL and shown:
        rest += shown.popitem()[1]  # else the total would give the small ones away
    return {**shown, OTHER_BRANCHES: rest} if rest else shown
