"""Loans counted by branch, item type, category and month, in the transaction that parts them from their readers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from sqlalchemy import Connection, literal, select

from carrel.inventory.system_map import Anchor
from carrel.retention.circulation import Cell, CountedLoan, LinkedLoan, counted
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.worktables import CHUNK

_AT_ONCE = 500  # ids in one statement


class KeepCounts(Protocol):
    """Where counts go: durable before the chunk is committed, added up after it."""

    def add(self, loans: Sequence[CountedLoan]) -> None:
        """Take the loans of a chunk that is about to be committed."""

    def committed(self) -> None:
        """Add up what was taken last."""


class CirculationCounts:
    """Counts the loans of each chunk.

    Args:
        keep: where they go.
        month: the present one, on the system's own wall clock.
        without: numbers of people who are left out: their data may be stored, and used for nothing else.
    """

    def __init__(self, keep: KeepCounts, month: str, without: Collection[int] = ()) -> None:
        self._keep, self._month, self._without = keep, month, frozenset(without)
        self._loans: tuple[CountedLoan, ...] = ()

    def take(self, connection: Connection, shelf: Shelf) -> None:
        """Count the chunk that stands in the work table, before anything of it is cut."""
        chunk = {int(loan) for (loan,) in connection.execute(select(CHUNK.c.loan))}
        closed, still_out = (
            [one for one in _linked(connection, shelf, anchor) if one.person not in self._without]
            for anchor in (shelf.map.loans.closed, shelf.map.loans.open)
        )
        own = [one for one in closed if one.loan in chunk]
        self._loans = counted(own, [*(one for one in closed if one.loan not in chunk), *still_out], self._month)

    def keep(self) -> None:
        """Make durable what was counted; what it raises undoes the chunk."""
        if self._loans:
            self._keep.add(self._loans)

    def undone(self) -> None:
        """The chunk was undone: what was counted for it must not count with the next one."""
        self._loans = ()

    def committed(self) -> None:
        """The chunk is committed, and its loans count."""
        if self._loans:
            self._loans = ()
            self._keep.committed()


def still_linked(connection: Connection, shelf: Shelf, stand_in: int | None, ids: Iterable[int]) -> frozenset[int]:
    """Which of these closed loans still name a reader: the cut of their chunk was never committed."""
    closed = shelf.map.loans.closed
    loans = shelf[closed.table]
    named = KeptTable(connection, shelf, stand_in).linked(closed, loans)
    wanted, found = sorted(ids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(loans.c[closed.key]).where(named, loans.c[closed.key].in_(wanted[start : start + _AT_ONCE]))
        found.update(int(loan) for (loan,) in connection.execute(query))
    return frozenset(found)


def _linked(connection: Connection, shelf: Shelf, anchor: Anchor) -> Iterator[LinkedLoan]:
    """Every loan of the chunk's readers in one table."""
    items, people, loans = shelf.map.items, shelf.map.people, shelf[anchor.table]
    item, person = shelf[items.table], shelf[people.table]
    readers = select(CHUNK.c.person).distinct().subquery("readers")
    query = (
        select(
            loans.c[anchor.key],
            loans.c[anchor.person],
            loans.c[anchor.opened],
            loans.c[anchor.branch],
            item.c[items.type] if items.type else literal(""),
            person.c[people.category] if people.category else literal(""),
        )
        .select_from(readers)
        .join(loans, loans.c[anchor.person] == readers.c.person)
        .outerjoin(item, item.c[items.key] == loans.c[anchor.item])
        .outerjoin(person, person.c[people.key] == loans.c[anchor.person])
        .where(meant(anchor, loans))
    )
    for loan, number, at, branch, kind, category in connection.execute(query):
        month = f"{at:%Y-%m}" if at is not None else ""
        yield LinkedLoan(int(loan), int(number), Cell(month, *(str(one or "") for one in (branch, kind, category))))
