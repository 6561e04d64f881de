"""How many rows one night may touch before a person must look (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

NIGHTS = 14
FLOOR_ROWS = 100
TIMES_MEDIAN = 3
PERCENT_OF_TABLE = 2


def bound(earlier: Sequence[int], table_rows: int, *, floor: int = FLOOR_ROWS, by_site: int | None = None) -> int:
    """The most rows of one path that a night may touch without a second named person.

    Three times the median of the last ordinary nights; before the first of them, two per cent of the table; never below
    a small floor, so that a quiet branch does not wake anyone for twenty rows.

    Args:
        earlier: rows of this path in earlier ordinary nights, newest last. A night that a person had to approve (the
            backlog of a first run) is none: it would raise the bound for a fortnight.
        table_rows: size of the table now.
        floor: rows that never need a person.
        by_site: the site's own bound for this path; it decides when given.

    Returns:
        Rows.

    Guarantees:
        Never below the floor unless the site says so; order within the last fourteen nights is irrelevant.
    """
    if by_site is not None:
        return by_site
    if not earlier:
        return max(floor, table_rows * PERCENT_OF_TABLE // 100)
    return max(floor, int(TIMES_MEDIAN * median(earlier[-NIGHTS:])))


def bounds(
    tables: Mapping[str, str],
    earlier: Mapping[str, Sequence[int]],
    table_rows: Mapping[str, int],
    by_site: Mapping[str, int],
    *,
    floor: int = FLOOR_ROWS,
) -> dict[str, int]:
    """The bound of every path of a plan, for `Plan.with_bounds`.

    Args:
        tables: path to its table.
        earlier: path to its rows in earlier ordinary nights, newest last.
        table_rows: table to its size; a table that was not counted has size nought.
        by_site: path or table to the site's own bound.
        floor: rows that never need a person.
    """
    return {
        path: bound(
            earlier.get(path, ()),
            table_rows.get(table, 0),
            floor=floor,
            by_site=by_site.get(path, by_site.get(table)),
        )
        for path, table in tables.items()
    }
