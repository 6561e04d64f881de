"""The table of a run's kept loans: what still names a reader and is not due, and what is open."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, insert, not_, select, text
from sqlalchemy.exc import DBAPIError

from carrel.inventory.system_map import Anchor
from carrel.retention.lifecycle import Lifecycle, State
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.expressions import EVER, NEVER, is_time, shifted
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.worktables import KEPT, KEPT_KEYS, SLACK_SECONDS, inserted, know, make, window

OPEN = "open"
# Kept as a number: the table can have a row for each loan of years.
_CODES = {OPEN: 0, **{state.value: number for number, state in enumerate(State, 1)}}
_NAMES = {number: name for name, number in _CODES.items()}
_COLUMNS = "loan BIGINT, person BIGINT, item BIGINT, lo DATETIME, later DATETIME, state TINYINT"
_KNOWN = KEPT.alias("known")
_FULL = 1114  # MariaDB: the table is full


def state_of(number: int) -> str:
    """The state that a number stands for."""
    return _NAMES[number]


def code(state: str) -> Any:
    """The number of a state, written out."""
    return text(str(_CODES[state]))


def is_kept(loan: ColumnElement[Any]) -> ColumnElement[bool]:
    """A closed loan is kept, by its number."""
    return exists(
        select(1).select_from(KEPT).where(KEPT.c.loan == loan, KEPT.c.state != code(OPEN)).correlate_except(KEPT)
    )


class KeptTable:
    """Makes, fills and counts the table on one connection.

    Args:
        connection: of the session.
        shelf: with the tables of the map.
        stand_in: the product's anonymous patron.
    """

    def __init__(self, connection: Connection, shelf: Shelf, stand_in: int | None) -> None:
        self._connection, self._shelf, self._stand_in = connection, shelf, stand_in

    def create(self, name: str = KEPT.name, *, memory: bool = True) -> None:
        """Make the table, or another one like it."""
        columns = _COLUMNS
        if self._connection.dialect.name == "postgresql":
            columns = columns.replace("DATETIME", "TIMESTAMP").replace("TINYINT", "SMALLINT")
        make(self._connection, name, columns, KEPT_KEYS, memory=memory)

    def linked(self, anchor: Anchor, rows: Any) -> ColumnElement[bool]:
        """The loan is one of the anchor's, and still names a reader."""
        person = rows.c[anchor.person]
        named = person.is_not(None)
        named = named if self._stand_in is None else and_(named, person != self._stand_in)
        return and_(named, meant(anchor, rows)) if anchor.only else named

    def fill(self, life: Lifecycle) -> None:
        """Everything that still names a reader and is not due, with its state; open loans last until they return.

        A policy that keeps loans for years keeps more of them than the server allows in memory: then they lie on disk.
        """
        try:
            self._fill(life)
        except DBAPIError as wrong:
            if getattr(wrong.orig, "args", (None,))[0] != _FULL:
                raise
            self._connection.rollback()
            self.create(memory=False)
            self._fill(life)

    def _fill(self, life: Lifecycle) -> None:
        c, names = self._connection, [one.name for one in KEPT.c]
        c.execute(delete(KEPT))
        closed, opened = self._shelf.map.loans.closed, self._shelf.map.loans.open
        rows = self._shelf[closed.table]
        columns = LoanColumns(self._shelf, closed, rows)
        state = case(
            *((columns.compile(condition), code(name.value)) for name, condition in life.cases),
            else_=code(State.DUE.value),
        )
        lo, later = window(rows, closed)
        own = (rows.c[closed.key], rows.c[closed.person], rows.c[closed.item], lo, later, state)
        inner = select(*(value.label(name) for value, name in zip(own, names, strict=True)))
        named = inner.where(self.linked(closed, rows)).subquery()
        kept = select(*named.c).where(named.c.state != code(State.DUE.value))
        c.execute(insert(KEPT).from_select(names, kept))
        out = self._shelf[opened.table]
        began = out.c[opened.opened]
        begun = case((is_time(began), shifted(began, text(str(-SLACK_SECONDS)))), else_=EVER)
        still_out = select(out.c[opened.key], out.c[opened.person], out.c[opened.item], begun, NEVER, code(OPEN))
        c.execute(insert(KEPT).from_select(names, still_out.where(meant(opened, out)) if opened.only else still_out))
        know(c, KEPT)
        if closed.chain is not None:
            self._keep_chains(closed, rows)

    def _keep_chains(self, closed: Anchor, rows: Any) -> None:
        """A chain of renewals is one loan: where a member is open or kept, so are the members before and after it."""
        c, before, after = self._connection, self._shelf[closed.table].alias("b"), self._shelf[closed.table].alias("a")
        renewed = after.c[str(closed.chain)] == before.c[closed.key]
        lo, later = window(rows, closed)
        spread = func.min(case((KEPT.c.state == code(OPEN), code(State.RETAINED.value)), else_=KEPT.c.state))
        while True:
            added = 0
            for known, other in ((after, before), (before, after)):
                unknown = not_(exists(select(1).select_from(_KNOWN).where(_KNOWN.c.loan == other.c[closed.key])))
                reached = (
                    select(other.c[closed.key].label("loan"), spread.label("state"))
                    .where(KEPT.c.loan == known.c[closed.key], renewed, unknown, self.linked(closed, other))
                    .group_by(other.c[closed.key])
                    .subquery("r")
                )
                own = (rows.c[closed.key], rows.c[closed.person], rows.c[closed.item], lo, later, reached.c.state)
                kept = select(*own).where(rows.c[closed.key] == reached.c.loan)
                added += inserted(c, insert(KEPT).from_select([one.name for one in KEPT.c], kept))
            if not added:
                return
            know(c, KEPT)

    def states(self) -> dict[str, int]:
        """How many loans are open, and kept for each reason."""
        counted = select(KEPT.c.state, func.count()).group_by(KEPT.c.state)
        return {state_of(int(state)): int(count) for state, count in self._connection.execute(counted)}
