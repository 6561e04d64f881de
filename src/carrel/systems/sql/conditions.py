"""A condition of a map as a test of a column: one place that knows every word of `Condition`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast

from carrel.inventory.map_part import Condition

Bool = ColumnElement[bool]


def compiled(named: ColumnElement[Any], one: Condition, *, empty: Bool | None = None, has: Bool | None = None) -> Bool:
    """One condition as a test of a column; of its words all must hold.

    Args:
        named: the column.
        one: the condition.
        empty: when the column counts as empty; as the products write it, an empty text does, unless another is given.
        has: whether the column contains ``one.contains``; by the database's own comparison of texts unless given.
    """
    tests: list[Bool] = []
    if one.equals is not None:
        tests.append(named == one.equals)
    if one.differs is not None:
        tests.append(named != one.differs)
    if one.one_of is not None:
        tests.append(named.in_(one.one_of))
    if one.none_of is not None:
        tests.append(named.not_in(one.none_of))
    if one.above is not None:
        tests.append(named > one.above)
    if one.contains is not None:
        tests.append(named.contains(one.contains, autoescape=True) if has is None else has)
    if one.lacks is not None:
        tests.append(and_(named != "", ~named.contains(one.lacks, autoescape=True)))
    if one.empty is not None:
        # A number is never an empty text.
        void = named.is_(None) | (cast(named, String) == "") if empty is None else empty
        tests.append(void if one.empty else ~void)
    return and_(True, *tests)


def all_hold(columns: Any, conditions: Iterable[Condition]) -> Bool:
    """Whether a row is one that a map means.

    Args:
        columns: by name, of a table or an alias; those of the conditions are looked at.
        conditions: of the map; without any, every row is meant.
    """
    return and_(True, *(compiled(columns[one.column], one) for one in conditions))
