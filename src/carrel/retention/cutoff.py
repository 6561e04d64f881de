"""Cut-offs in the local time that a system writes.

A server without zone tables answers NULL to a conversion, so cut-offs are computed here and sent as literals.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_TICK = timedelta(microseconds=1)


@lru_cache(maxsize=4096)  # each chunk of a run asks for the same ones
def local_cutoff(instant: datetime, zone: ZoneInfo) -> datetime:
    """The latest local time whose every reading lies at or before an instant.

    A local time that occurs twice takes the later reading, one that never occurs is read with the offset before the
    gap; so a record is never taken for older than it may be.

    Args:
        instant: an aware time.
        zone: the declared zone of the system.

    Returns:
        A naive local time, inclusive.

    Guarantees:
        Monotonic in ``instant``; every naive time up to the result, in its later reading, is at or before ``instant``.
    """
    local = instant.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    first, second = _offsets(wall, zone)
    if first > second and local.fold == 0:  # the hour that occurs twice, for the first time
        return _begin_of_repeat(wall, zone) - _TICK
    earlier = wall - timedelta(hours=3)
    gap = _offsets(wall, zone)[1] - _offsets(earlier, zone)[0]
    if gap > timedelta(0) and _never_occurs(wall - gap, zone):
        return wall - gap
    return wall


def _offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    pair = [wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta(0) for fold in (0, 1)]
    return pair[0], pair[1]


def _begin_of_repeat(wall: datetime, zone: ZoneInfo) -> datetime:
    # A repeat begins where the second reading is the transition itself: first offset minus second offset earlier.
    first, second = _offsets(wall, zone)
    low, high = wall - (first - second), wall
    while high - low > _TICK:
        middle = low + (high - low) / 2
        a, b = _offsets(middle, zone)
        low, high = (low, middle) if a > b else (middle, high)
    return high


def _never_occurs(wall: datetime, zone: ZoneInfo) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) != wall
