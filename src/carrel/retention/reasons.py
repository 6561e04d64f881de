"""Why rows are kept, told without pointing at anyone (DESIGN 5, legal holds)."""

from __future__ import annotations

from collections.abc import Mapping

SMALL = 10
OTHER = "other reasons (0-9)"


def by_reason(rows: Mapping[str, int]) -> dict[str, int | str]:
    """Rows per reason as they may be shown (DESIGN 5): reasons under ten rows are merged.

    Rows of sealed legal holds must not be among ``rows``: the merged line, which is always there, stands for them.

    Guarantees:
        No number below ten is shown.
    """
    shown: dict[str, int | str] = {reason: number for reason, number in sorted(rows.items()) if number >= SMALL}
    return {**shown, OTHER: "0-9"}
