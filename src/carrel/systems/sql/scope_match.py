"""Whether what a legal hold or an exception names is there: a mistyped number keeps nothing, and looks as if it did.

Which number it is is not told: a patron's number is never shown again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select, true

from carrel.inventory.system_map import SystemMap
from carrel.retention.legal_hold import Scope
from carrel.systems.sql import live
from carrel.systems.sql.failure import told
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.shelf import Shelf


def unmatched(connection: Connection, system_map: SystemMap, scope: Scope, *, at: str = "database") -> tuple[str, ...]:
    """What of a scope fits nothing in the database now, in words for people; nothing where all of it does.

    Args:
        connection: a session that reads.
        system_map: of the product.
        scope: of the hold or the exception.
        at: the system's name.

    Raises:
        CarrelError: of the SQL codes, where the database cannot be read.
    """
    with told(at):
        return tuple(_Looking(connection, system_map, at).through(scope))


class _Looking:
    def __init__(self, connection: Connection, system_map: SystemMap, at: str) -> None:
        self._connection, self._shelf, self._at = connection, Shelf(system_map), at
        self._loans = (system_map.loans.open, system_map.loans.closed)
        self._map = system_map

    def through(self, scope: Scope) -> Iterator[str]:
        """Part by part, then all of it together."""
        people, items = self._map.people, self._map.items
        named = (
            ("patron", scope.persons, [(people.table, people.key), *((one.table, one.person) for one in self._loans)]),
            ("item", scope.items, [(items.table, items.key), *((one.table, one.item) for one in self._loans)]),
            ("loan", scope.loans, [(one.table, one.key) for one in self._loans]),
        )
        for word, numbers, places in named:
            if missing := len(set(numbers) - self._known(numbers, places)):
                yield f"{missing} of {len(numbers)} {word} number{'s' * (len(numbers) > 1)}: not in {self._at}"
        for code in scope.branches:
            if not self._any(replace(Scope(), branches=(code,)), named=False):
                yield f"no loan of branch {code} is on record in {self._at}"
        if not self._any(scope, named=True):
            yield "no loan that still names a reader fits all that was given: for now it keeps nothing"

    def _known(self, numbers: Iterable[int], places: Iterable[tuple[str, str]]) -> set[int]:
        found: set[int] = set()
        for table, column in places:
            key = self._shelf[table].c[column]
            for some in batches(set(numbers) - found):
                known = self._connection.execute(select(key).where(key.in_(some)).distinct()).scalars()
                found.update(int(one) for one in known)
        return found

    def _any(self, scope: Scope, *, named: bool) -> bool:
        """Whether a loan lies in a scope, and still names a reader where that is asked."""
        for anchor in self._loans:
            rows = self._shelf[anchor.table]
            inside = LoanColumns(self._shelf, anchor, rows).compile(scope.predicate())
            reader = self._named(rows.c[anchor.person]) if named else true()
            if self._connection.execute(select(1).select_from(rows).where(inside, reader).limit(1)).first():
                return True
        return False

    def _named(self, person: ColumnElement[Any]) -> ColumnElement[bool]:
        value = live.look_up(self._connection, self._map.stand_in)
        stand_in = int(value) if value and value.isdecimal() else None
        return person.is_not(None) if stand_in is None else and_(person.is_not(None), person != stand_in)
