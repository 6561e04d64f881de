"""One path from a loan to its reader, as SQL: which rows belong to a chunk, which are stray, and how they are cut.

*Belongs to the chunk*: the row leads to a loan that is being cut now. *Stray*: the row still names a reader although
no loan that is open or kept explains it, as Koha's own anonymising leaves them. Both leave alone whatever a kept loan
of the same person covers, so a legal hold wins in every table.
"""

from __future__ import annotations

from sqlalchemy import FromClause, and_, exists, false, not_, or_, select

from carrel.inventory.map_path import Path, Role
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.chunk_rows import ChunkRows
from carrel.systems.sql.kept_loans import KeptLoans
from carrel.systems.sql.path_cuts import PathCuts
from carrel.systems.sql.path_rows import Bool, PathRows, Terms
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.stray_rows import StrayRows
from carrel.systems.sql.worktables import KEPT, NEAR


class PathSql:
    """One path under the schedule's terms.

    Args:
        shelf: with the tables of the map.
        path: of the map.
        terms: of the schedule.
        joins: the database joins in UPDATE and DELETE.
        small: the path's table has few rows.
        near: beside the kept loans near a chunk only; otherwise beside all of them.

    Attributes:
        own: its rows by themselves.
        chunk: its rows beside a chunk.
        strays: its strays.
        cuts: its statements.
    """

    def __init__(
        self, shelf: Shelf, path: Path, terms: Terms, *, joins: bool, small: bool = False, near: bool = False
    ) -> None:
        self.own = PathRows(shelf, path, terms)
        self.path, self.table, self.cut = path, self.own.table, self.own.cut
        kept = KeptLoans(self.own, NEAR if near else KEPT)
        self.chunk = ChunkRows(self.own, kept, small=small)
        self.strays = StrayRows(self.own, kept)
        self.cuts = PathCuts(self.own, self.chunk, joins=joins)

    def takes(self, rows: FromClause) -> Bool:
        """For counting: the rows that a run cuts by this path, as long as none of another path has cut them."""
        return and_(self.own.still(rows), or_(self.strays.are(rows), self.due_with_loan(rows)))

    def due_with_loan(self, rows: FromClause) -> Bool:
        """For counting: the row of a key path leads to a closed loan that still names its reader and is not kept.

        Of a path by its own clock, such a loan is all that still stands behind the row: it goes once the loan is cut.
        """
        link, closed = self.path.link, self.own.shelf.map.loans.closed
        if link.by == "clock":
            return self.strays.are_freed(rows)
        if link.by != "key":
            return false()
        loans = self.own.shelf[closed.table].alias("l")
        parts = [loans.c[closed.key] == rows.c[link.column], self.own.named(loans.c[closed.person])]
        parts.append(meant(closed, loans))
        if self.path.role is Role.ACTOR and self.path.person:
            parts.append(rows.c[self.path.person] == loans.c[closed.person])
        kept = exists(select(1).where(KEPT.c.loan == rows.c[link.column]).correlate(rows))
        return and_(exists(select(1).select_from(loans).where(*parts).correlate(rows)), not_(kept))

    @property
    def led_to_by_none(self) -> bool:
        """No index leads to the strays of this path: records of their own clock, and what hangs on a loan of nobody."""
        link = self.path.link
        return link.by == "own" or (link.by == "clock" and link.nobody is not None)

    @property
    def walk_column(self) -> str:
        """The column whose index leads through the strays of this path."""
        return self.path.walk or self.path.person or self.path.key[0]
