"""What legal holds and exceptions spare among the traces whose loan names nobody any more, as SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from carrel.retention.legal_hold import Scope
from carrel.systems.sql.expressions import is_time

Bool = ColumnElement[bool]


def shielded(
    shields: tuple[Scope, ...],
    *,
    person: ColumnElement[Any] | None = None,
    item: ColumnElement[Any] | None = None,
    loan: ColumnElement[Any] | None = None,
    at: ColumnElement[Any] | None = None,
    item_as_text: bool = False,
) -> Bool:
    """`Scope.may_cover`, compiled: a scope may cover the row.

    Args:
        shields: scopes in force.
        person: column with its id; None where the table has none.
        item: as person.
        loan: as person.
        at: the row's own time; None where it tells none.
        item_as_text: the item's id is written as a text.

    Guarantees:
        Never unknown: true or false of every row. Agrees with `Scope.may_cover` (property test).
    """
    return or_(false(), *(_one(scope, person, item, loan, at, item_as_text=item_as_text) for scope in shields))


def _one(
    scope: Scope,
    person: ColumnElement[Any] | None,
    item: ColumnElement[Any] | None,
    loan: ColumnElement[Any] | None,
    at: ColumnElement[Any] | None,
    *,
    item_as_text: bool,
) -> Bool:
    if scope.only_loans:
        if loan is None:
            return false()
        return and_(loan.is_not(None), _among(loan, scope.loans), _since(scope, at))
    items: tuple[int | str, ...] = tuple(map(str, scope.items)) if item_as_text else scope.items
    nothing = item == "" if item is not None and item_as_text else false()
    inside = or_(nothing, _among(item, items))
    return and_(_among(person, scope.persons), inside, _among(loan, scope.loans), _since(scope, at))


def _among(column: ColumnElement[Any] | None, values: tuple[int | str, ...]) -> Bool:
    if column is None or not values:
        return true()
    return or_(column.is_(None), column.in_(values))


def _since(scope: Scope, at: ColumnElement[Any] | None) -> Bool:
    begin = scope.traces_from
    if at is None or begin is None:
        return true()
    return or_(at.is_(None), ~is_time(at), at >= begin)
