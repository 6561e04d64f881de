"""Chains of renewals in a chunk: each is one loan, is picked by its last member, and goes whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, insert, not_, or_, select

from carrel.inventory.system_map import Anchor
from carrel.systems.sql.predicates import judged, looked_up
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.worktables import CHUNK, KEPT, PICKED, empty, inserted, know

_CHOSEN = CHUNK.alias("chosen")


class LoanChains:
    """The chains of one anchor's loans.

    Args:
        connection: of the session.
        shelf: with the loans' table.
        anchor: of past loans; its `chain` names the earlier loan.
    """

    def __init__(self, connection: Connection, shelf: Shelf, anchor: Anchor) -> None:
        self._connection, self._anchor = connection, anchor
        self._loans = shelf[anchor.table]
        self._column = str(anchor.chain)

    def last(self) -> ColumnElement[bool]:
        """The loan was not renewed, and no member of its chain is open or kept."""
        renewal = self._loans.alias("renewal")
        key = self._loans.c[self._anchor.key]
        mine = select(1).select_from(renewal).where(renewal.c[self._column] == key).correlate(self._loans)
        renewed = exists(looked_up(mine))
        return and_(judged(not_(renewed)), self._free(self._loans))

    def _free(self, rows: Any) -> ColumnElement[bool]:
        kept = select(1).select_from(KEPT).where(KEPT.c.loan == rows.c[self._anchor.key]).correlate(rows)
        return judged(not_(exists(looked_up(kept))))

    def complete(self, due: ColumnElement[bool], known: Callable[[], Select[Any]]) -> None:
        """Lock the earlier members of the chunk's chains and add them; take out chains of which one is missing.

        A member that the desk works on, or that is no longer due, keeps its whole chain for another time.

        Args:
            due: the condition under which a loan is due.
            known: the query for the columns of a chunk, of the loans that stand in the table of picked ones.
        """
        c, loans, key = self._connection, self._loans, self._loans.c[self._anchor.key]
        know(c, CHUNK)
        there = exists(select(1).select_from(_CHOSEN).where(_CHOSEN.c.loan == key).correlate(loans))
        wanted = select(key).where(key.in_(self._earlier()), not_(there), due, self._free(loans))
        empty(c, PICKED)
        locked = wanted.with_for_update(skip_locked=True, of=loans)
        if inserted(c, insert(PICKED).from_select(["loan"], locked)):
            know(c, PICKED)
            query = known()
            c.execute(insert(CHUNK).from_select([one.name for one in query.selected_columns], query))
        while c.execute(delete(CHUNK).where(self._lacks_a_member())).rowcount:
            pass

    def _earlier(self) -> Select[Any]:
        """The numbers of what went before the chunk's loans, of each chain to its beginning (and one that is empty)."""
        first = select(self._before(CHUNK.c.loan).label("loan")).select_from(CHUNK)
        chain = first.cte("earlier", recursive=True)
        return select(chain.union(select(self._before(chain.c.loan)).select_from(chain)).c.loan)

    def _before(self, loan: ColumnElement[Any]) -> ColumnElement[Any]:
        """What one loan renewed, looked up for it alone: joined, the server would read every chain there is."""
        renewal = self._loans.alias("renewal")
        query = select(renewal.c[self._column]).where(renewal.c[self._anchor.key] == loan)
        return query.correlate_except(renewal).scalar_subquery()

    def _lacks_a_member(self) -> ColumnElement[bool]:
        own, other = self._loans.alias("own"), self._loans.alias("other")
        key = self._anchor.key
        beside = or_(other.c[key] == own.c[self._column], other.c[self._column] == own.c[key])
        chosen = exists(select(1).select_from(_CHOSEN).where(_CHOSEN.c.loan == other.c[key]).correlate(other))
        query = select(1).select_from(own).join(other, beside).where(own.c[key] == CHUNK.c.loan, not_(chosen))
        return exists(query.correlate(CHUNK))
