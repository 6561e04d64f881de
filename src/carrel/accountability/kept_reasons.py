"""Why loans are still kept, as it may be shown: small figures stand together."""

from __future__ import annotations

from collections.abc import Mapping

SMALL = 10
OTHER_REASONS = "other reasons (0-9)"


def merged(reasons: Mapping[str, int]) -> dict[str, int | str]:
    """Counts per reason, those under ten merged into one line, where sealed legal holds always stand (DESIGN 5).

    Guarantees:
        No figure from 1 to 9 is told, and the merged line is there whether or not anything stands in it.
    """
    told: dict[str, int | str] = {
        reason: count
        for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        if count >= SMALL
    }
    told[OTHER_REASONS] = "0-9"
    return told
