"""A stretch of one path's index, and the strays in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from carrel.inventory.map_path import OwnLink
from carrel.retention.ports import END_OF_INDEX
from carrel.systems.sql.moved_records import freed, move
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.walked_column import place_of


@dataclass(frozen=True, slots=True)
class StrayStretch:
    """Rows between two values of the column that is walked.

    Attributes:
        path: whose.
        begin: the stretch begins behind this value.
        bound: and ends with this one; None where it goes to the end of the index.
        expected: strays in it.
        whole: nothing follows it on the way.
    """

    path: PathSql
    begin: int
    bound: int | None
    expected: int
    whole: bool = False

    @property
    def end(self) -> int:
        """Where the walk goes on."""
        return END_OF_INDEX if self.whole or self.bound is None else self.bound

    @classmethod
    def after(
        cls, connection: Connection, path: PathSql, begin: int, limit: int, last: int | None
    ) -> StrayStretch | None:
        """The next stretch of so many rows that lead to a reader; None when the index is walked to its end.

        Args:
            connection: with the work tables.
            path: whose index.
            begin: where the walk has come to.
            limit: rows.
            last: where the walk ends, if not at the end of the index.
        """
        table = path.table
        walk = place_of(path.path, path.walk_column, table)
        walked = select(walk).where(walk > begin, path.own.still(table)).order_by(walk)
        if last is not None:
            walked = walked.where(walk <= last)
        if path.led_to_by_none:
            # What is not due is passed over, and what is due is read once: such a table may hold all that ever was.
            due = walked.where(path.strays.are(table)).limit(limit)
            found = [int(one) for one in connection.execute(due).scalars()]
            if len(found) < limit:
                return cls(path, found[0] - 1, found[-1], len(found), whole=True) if found else None
            return cls._from(connection, path, begin, found[-1])
        upto = connection.execute(walked.limit(1).offset(limit - 1)).scalar()
        if upto is None and connection.execute(walked.limit(1)).scalar() is None:
            return None
        return cls._from(connection, path, begin, int(upto) if upto is not None else last)

    @classmethod
    def _from(cls, connection: Connection, path: PathSql, begin: int, bound: int | None) -> StrayStretch:
        found = cls(path, begin, bound, 0)
        return replace(found, expected=int(connection.execute(found._counted()).scalar_one()))

    def _counted(self) -> Select[Any]:
        table = self.path.table
        return select(func.count()).select_from(table).where(self.path.own.still(table), self.condition(table))

    def condition(self, rows: Any) -> ColumnElement[bool]:
        """The row is a stray of this stretch."""
        column = place_of(self.path.path, self.path.walk_column, rows)
        here = column > self.begin if self.bound is None else and_(column > self.begin, column <= self.bound)
        return and_(here, self.path.strays.are(rows))

    @property
    def _frees_its_clock(self) -> bool:
        """Rows that tell when these were over no longer name them once they are freed: nobody could ask again then."""
        link = self.path.path.link
        return isinstance(link, OwnLink) and any(one.table in self.path.cut.frees for one in link.beside)

    def _as_found(self, connection: Connection) -> Callable[[Any], ColumnElement[bool]]:
        """The condition on the strays that are there now, by their keys."""
        key = self.path.path.key[0]
        found = list(connection.execute(self.path.cuts.keys(self.condition)).scalars())
        return lambda rows: rows.c[key].in_(found)

    def cut(self, connection: Connection) -> tuple[int, int]:
        """Cut the strays, dependent rows first; how many, and how many are left as read back."""
        for child in self.path.cuts.children(self.condition):
            connection.execute(child)
        full = 0
        for take_out, again in self.path.cuts.further(self.condition):
            connection.execute(take_out)
            full += int(connection.execute(again).scalar_one())
        which = self._as_found(connection) if self._frees_its_clock else self.condition
        freed(connection, self.path.cuts, which)
        aged = self.path.cut.aged
        if aged is not None:
            done = move(connection, self.path.cuts, aged, which)
        else:
            done = int(connection.execute(self.path.cuts.act(which, with_loan=False)).rowcount)
        return done, full + int(connection.execute(self._counted()).scalar_one())
