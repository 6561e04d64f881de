"""Statements about a person, written once for a database: each has places, into which one person's values are put."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, false, literal, text
from sqlalchemy.sql.sqltypes import TupleType
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from carrel.inventory.person_map import Holds
from carrel.systems.sql.person_selection import Bool, PersonSelection

_Written = TypeVar("_Written")


@dataclass(frozen=True, slots=True, repr=False)
class Meant:
    """Which rows are meant.

    Attributes:
        shape: of the condition; of one shape it is the same object for everybody.
        which: the condition, with places for the values.
        values: of one person, by place; nobody prints them.
    """

    shape: str
    which: Bool
    values: Mapping[str, Any]


def once(selection: PersonSelection, name: Hashable, write: Callable[[], _Written]) -> _Written:
    """What was written for a database under a name; it is written at the first question.

    A server answers in less time than it takes to put a statement together; what is kept knows its own text.

    Args:
        selection: of anybody; all that are made of one share what is kept.
        name: which says everything on which the statement depends, and nothing of a person.
        write: writes it; no value of a person may be in it.
    """
    found: _Written | None = selection.written.get(name)
    if found is None:  # two threads may write the same one; either serves
        found = selection.written[name] = write()
    return found


def named(selection: PersonSelection, table: str, column: str, holds: Holds = Holds.NUMBER) -> Meant:
    """The rows of a table that name the persons of a selection in a column."""
    values = selection.named_by(table, column, holds)
    there = selection.rows(table).c[column]
    if not values:
        return Meant("nobody", false(), {})
    if len(values) > 1:
        several = once(selection, ("several", table, column), lambda: there.in_(place("persons")))
        return Meant("several", several, {"persons": values})
    (value,) = values
    kind: Any = "" if isinstance(value, str) else 0
    one = once(selection, ("one", table, column, holds), lambda: there == bindparam("person", kind))
    return Meant("one", one, {"person": value})


def place(name: str) -> Any:
    """A place for a list of values."""
    return bindparam(name, expanding=True)


def one_of(column: ColumnElement[Any], name: str, *, whole: bool) -> Bool:
    """Whether a column holds one of the values that are put into a place.

    Args:
        column: or several together.
        name: of the place.
        whole: the driver writes the list, as MariaDB's can; otherwise each value has a place of its own.
    """
    # A place in a text has no type: one that SQLAlchemy knows would be taken for one value.
    return column.op("IN", is_comparison=True)(text(f":{name}")) if whole else column.in_(place(name))


def filled(query: Select[Any], values: Mapping[str, Any]) -> Select[Any]:
    """The statement with values in its places, for whoever has it explained; nobody prints it."""

    def put(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        if not isinstance(element, BindParameter) or element.key not in values:
            return None
        value = values[element.key]
        if not isinstance(value, (list, tuple)):
            return bindparam(element.key, value)
        first = value[0]
        kind = TupleType(*(literal(one).type for one in first)) if isinstance(first, tuple) else literal(first).type
        return bindparam(element.key, value, kind, expanding=True)

    return cast("Select[Any]", replacement_traverse(query, {}, put))
