"""Rows that move to another table without their person: the product moves them, and what it takes along is put right.

The product's own trigger copies a row as it is deleted. It copies too much, and under the old number. So the move is
read back in the same transaction, and what stands there beyond the map goes before anybody can see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from carrel.inventory.aged_row import Ledger, NewNumber
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.expressions import day_of
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.moved_rows import missing, put_right

if TYPE_CHECKING:
    from carrel.systems.sql.person_rows import PersonRows
    from carrel.systems.sql.person_steps import Step


def move(rows: PersonRows, connection: Connection, step: Step, size: int) -> tuple[int, int]:
    """Have at most so many rows of a step go where such rows go; a chain goes as a whole.

    Args:
        rows: of the persons.
        connection: in a transaction that the caller commits.
        step: whose rows move.
        size: rows; with what they renewed there can be more.

    Returns:
        Rows that went, and rows that did not arrive or are still where they were: if there are any, the caller must
        undo the transaction.

    Guarantees:
        A row that arrived has a number that nobody knew, and holds nothing of what describes its person.
    """
    aged, source = rows.moves[step.table], rows.rows(step.table)
    key = source.c[rows.key(step.table)[0]]
    mine = rows.those(step, source)
    query = select(key).where(mine, *rows.leaves(step.table, source)).limit(size)
    last = [int(one) for one in connection.execute(query).scalars()]
    if not last:
        return 0, rows.count(connection, step)
    person = source.c[step.trace.column]
    numbers = _with_earlier(rows, connection, step.table, aged.number, last)
    read = [select(key, person).where(key.in_(some)) for some in parts(numbers)]
    whose = {int(one): int(number) for query in read for one, number in connection.execute(query)}
    ledger = aged.ledger if rows.payer is not None else None
    owed = _Sums(rows, connection, step.table, ledger, numbers) if ledger is not None else None
    for some in parts(last):
        connection.execute(delete(source).where(key.in_(some)))
    there = rows.rows(aged.table)
    arrived = there.c[aged.key(key.name)]
    if left := missing(connection, key, arrived, list(whose)):
        return 0, left
    put_right(connection, there, key.name, aged, whose)
    if owed is not None:
        owed.write()
    return len(whose), 0


def _with_earlier(
    rows: PersonRows, connection: Connection, table: str, number: NewNumber | None, last: list[int]
) -> list[int]:
    """The rows, and those of their chains that came before them."""
    chain = None if number is None else _chain_here(rows, table, number)
    found = dict.fromkeys(last)
    if chain is None:
        return list(found)
    source = rows.rows(table)
    key, earlier, now = source.c[rows.key(table)[0]], source.c[chain], last
    while now:
        query = [select(earlier).where(key.in_(some), earlier.is_not(None)) for some in parts(now)]
        before = [int(one) for some in query for one in connection.execute(some).scalars()]
        there = [select(key).where(key.in_(some)) for some in parts(before)]
        now = [int(one) for some in there for one in connection.execute(some).scalars() if int(one) not in found]
        found.update(dict.fromkeys(now))
    return list(found)


def _chain_here(rows: PersonRows, table: str, number: NewNumber) -> str | None:
    """The column of the row's own table by which it names the earlier one of its chain."""
    closed = rows.map.loans.closed
    return closed.chain if number.chain is not None and table == closed.table else None


class _Sums:
    """What stays under the old number of what a payer was charged for, with the sums as they were.

    Args:
        rows: of the persons.
        connection: in a transaction.
        table: whose rows move.
        ledger: of the map.
        numbers: of the rows.
    """

    def __init__(
        self, rows: PersonRows, connection: Connection, table: str, ledger: Ledger, numbers: list[int]
    ) -> None:
        self._rows, self._connection, self._ledger = rows, connection, ledger
        self._numbers = charged(rows, connection, numbers)
        source = rows.rows(table)
        key = source.c[rows.key(table)[0]]
        columns = [source.c[one].label(there) for one, there in ledger.columns.items()]
        self._lines = self._read(select(key.label(ledger.key), *columns), key)
        self._spared = {}
        for name in ledger.spares:
            spared = rows.rows(name)
            self._spared[name] = self._read(select(spared), spared.c[self._by(name)])

    def write(self) -> None:
        """Write the lines, and the sums beside them."""
        if not self._numbers:
            return
        rows, ledger = self._rows, self._ledger
        lines = [{**one, **ledger.told} for one in self._lines]
        there = rows.rows(ledger.table)
        self._connection.execute(insert(there), lines)
        days = {name: day_of(there.c[name]) for name in ledger.days}
        for some in parts(self._numbers) if days else ():
            self._connection.execute(update(there).where(there.c[ledger.key].in_(some)).values(days))
        for name, kept in self._spared.items():
            # Whatever a trigger has begun for the new line: it knows nothing of what was owed and paid.
            spared = rows.rows(name)
            for some in parts(self._numbers):
                self._connection.execute(delete(spared).where(spared.c[self._by(name)].in_(some)))
            if kept:
                self._connection.execute(insert(spared), [{**one, **ledger.spares[name]} for one in kept])

    def _by(self, name: str) -> str:
        return self._rows.map.loans.closed.cut.children[name]

    def _read(self, query: Any, key: Any) -> list[dict[str, Any]]:
        every = [query.where(key.in_(some)) for some in parts(self._numbers)]
        return [dict(one) for some in every for one in self._connection.execute(some).mappings()]


def charged(rows: PersonRows, connection: Connection, numbers: Iterable[int]) -> list[int]:
    """Of some loans, those for which something was charged."""
    step, numbers = rows.map.loans.facts.charged.steps[0], list(numbers)
    source = rows.rows(step.table)
    found: dict[int, None] = {}
    for some in parts(numbers):
        query = (
            select(source.c[step.column])
            .distinct()
            .where(source.c[step.column].in_(some), all_hold(source.c, step.where))
        )
        found.update(dict.fromkeys(int(one) for one in connection.execute(query).scalars()))
    return list(found)
