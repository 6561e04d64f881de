"""How the rows of a path are cut, as statements: by a condition, or by key once they were found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Select,
    Update,
    and_,
    case,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from carrel.inventory.system_map import Method
from carrel.systems.sql.chunk_rows import ChunkRows
from carrel.systems.sql.expressions import its_day
from carrel.systems.sql.join_order import (
    DeleteChildren,
    DeleteChunkFirst,
    DeleteFound,
    DeleteHanging,
    DeleteInOrder,
    InOrder,
    UpdateChunkFirst,
    UpdateFound,
    UpdateInOrder,
)
from carrel.systems.sql.named_words import redacted
from carrel.systems.sql.number_text import as_text
from carrel.systems.sql.path_rows import Condition, PathRows
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.span import MOST
from carrel.systems.sql.way_rows import led_by
from carrel.systems.sql.worktables import CHUNK, FOUND, SPELL, slot


class PathCuts:
    """The statements that part the rows of one path from their readers.

    Args:
        own: the path's rows.
        chunk: the same beside a chunk.
        joins: the database joins in UPDATE and DELETE (MariaDB); others find the rows by key first.
    """

    def __init__(self, own: PathRows, chunk: ChunkRows, *, joins: bool) -> None:
        self._own, self._chunk, self._joins = own, chunk, joins
        self.path, self.cut, self.table = own.path, own.cut, own.table

    @property
    def shelf(self) -> Shelf:
        """With the tables of the map."""
        return self._own.shelf

    def keys(self, condition: Any) -> Select[Any]:
        """The keys of rows that lead to a reader, and for which ``condition(rows)`` holds."""
        rows = self.table.alias("k")
        return select(rows.c[self.path.key[0]]).where(self._own.still(rows), condition(rows))

    # -- the new values ---------------------------------------------------------------------------------------------

    def values(self, rows: FromClause, *, with_loan: bool) -> dict[str, Any]:
        """The new value of each column; what needs the loan at hand is left out for strays."""
        out = {name: self._value(rows.c[name], method, with_loan=with_loan) for name, method in self.cut.set.items()}
        if (readers := self._own.readers) is not None:
            out |= {name: readers.of_row(rows, name) for name in out.keys() & readers.columns}
        if self.path.person:
            person = rows.c[self.path.person]
            for name, method in self.cut.if_reader.items():
                cut = self._value(rows.c[name], method, with_loan=with_loan)
                out[name] = case((rows.c[name] == person, cut), else_=rows.c[name])
        if self._own.terms.by_day and self.path.link.by in {"visit", "second"}:
            # The second would stand here still, and lead back to the day that the loan was generalised to.
            at = self.path.link.at
            out[at] = self._value(rows.c[at], Method.DAY, with_loan=with_loan)
        return out

    def _value(self, col: ColumnElement[Any], method: Method, *, with_loan: bool) -> Any:  # noqa: PLR0911
        # One return per method of the map.
        match method:
            case Method.CLEAR:
                return null()
            case Method.STAND_IN:
                return null() if self._own.terms.stand_in is None else literal(self._own.terms.stand_in)
            case Method.BLANK:
                return literal("")
            case Method.ZERO:
                return literal(0)
            case Method.DAY:
                return its_day(col)
            case Method.SAME:
                return col
            case Method.REDACT:
                return self._redacted(col) if with_loan else null()

    def _redacted(self, col: ColumnElement[Any]) -> ColumnElement[Any]:
        return redacted(col, CHUNK.c.barcode, CHUNK.c.title)

    # -- by a condition ---------------------------------------------------------------------------------------------

    def act(self, condition: Any, *, with_loan: bool) -> Update | Delete:
        """The statement that cuts the rows for which ``condition(rows)`` holds.

        Args:
            condition: from a table or alias to an SQL condition; it may speak of the chunk.
            with_loan: the condition joins the chunk.
        """
        rows = self.table
        where = and_(self._own.still(rows), condition(rows))
        if self.cut.delete:
            return self._delete(rows, where, condition, with_loan=with_loan)
        joins = with_loan and self._joins
        verb = (UpdateInOrder if self._chunk.rows_first else UpdateChunkFirst) if joins else Update
        return verb(rows).values(self.values(rows, with_loan=with_loan)).where(where)

    def _delete(self, rows: Any, where: Any, condition: Any, *, with_loan: bool) -> Delete:
        if not with_loan:
            return delete(rows).where(where)
        if self._joins:
            return (DeleteInOrder if self._chunk.rows_first else DeleteChunkFirst)(rows).where(where)
        same = rows.alias("x")
        key = self.path.key[0]
        found = select(same.c[key]).select_from(same, CHUNK).where(self._own.still(same), condition(same))
        return delete(rows).where(rows.c[key].in_(found))

    def children(self, condition: Any) -> tuple[Delete, ...]:
        """Rows of dependent tables that must go before their parents."""
        out: list[Delete] = []
        for child_name, child_column in self.cut.children.items():
            child, parent = self._own.shelf[child_name], self.table.alias("p")
            key = parent.c[self.path.key[0]]
            where = and_(self._own.still(parent), condition(parent))
            if self._joins:
                out.append(DeleteChildren(child).where(child.c[child_column] == key, where))
                continue
            found = select(key).where(where)
            out.append(delete(child).where(child.c[child_column].in_(found)))
        if not self.cut.attached:
            return tuple(out)
        parent = self.table.alias("p")
        mine = select(as_text(parent.c[self.path.key[0]])).where(self._own.still(parent), condition(parent))
        return (*out, *self._attached(mine))

    def _attached(self, parents: Select[Any]) -> Iterator[Delete]:
        """Rows that name one of these parents by its number in a text, where they are of this table."""
        for name, hanging in self.cut.attached.items():
            rows = self._own.shelf[name]
            # Under another collation than theirs MariaDB would read the parents for each of these rows again.
            mine = as_text(rows.c[hanging.column]).in_(parents)
            yield DeleteHanging(rows).where(led_by(rows, hanging.told_by), mine)

    def further(self, condition: Any) -> tuple[tuple[Update, Select[Any]], ...]:
        """Texts in other tables that the rows name: what takes them out, and what counts those that are left."""
        out = []
        for other in self.cut.further:
            far = self._own.shelf[other.table]
            values = {name: self._value(far.c[name], method, with_loan=False) for name, method in other.set.items()}
            full = or_(*(_full(far.c[name], method) for name, method in other.set.items()))
            for name in other.named_by:
                rows = self.table.alias("p")
                named = select(rows.c[name]).where(rows.c[name].is_not(None), self._own.still(rows), condition(rows))
                mine = and_(far.c[other.key].in_(named), full)
                out.append((update(far).values(values).where(mine), select(func.count()).select_from(far).where(mine)))
        return tuple(out)

    def left(self) -> Select[Any]:
        """How many rows of the chunk still lead to a reader."""
        rows, key = self.table, self.path.key
        counted = func.count(distinct(rows.c[key[0]])) if key else func.count()
        where = and_(self._own.still(rows), self._chunk.within()(rows))
        return select(counted).select_from(self._chunk.joined()).where(where)

    # -- found, and then by key -------------------------------------------------------------------------------------

    def find(self, condition: Condition, *, with_loan: bool = True) -> Insert:
        """The statement that notes the keys of rows that lead to a reader, and for which ``condition(rows)`` holds."""
        if not with_loan:
            return self._noted(condition, self.table, most=MOST)
        by_person = self._chunk.by_person
        return self._noted(condition, InOrder(self._fresh, CHUNK) if by_person else InOrder(CHUNK, self.table))

    def find_spelled(self, condition: Condition) -> Insert:
        """`find`, its loans looked up by reader and weeks (for paths ``by_spell``)."""
        link, person = self.path.link, self.path.person
        if link.by != "text" or person is None:
            return self.find(condition)
        here = and_(SPELL.c.person == self.table.c[person], SPELL.c.slot == slot(self.table.c[link.at]))
        source = InOrder(InOrder(self._fresh, SPELL), CHUNK)
        return self._noted(lambda rows: and_(here, CHUNK.c.loan == SPELL.c.loan, condition(rows)), source)

    @property
    def _fresh(self) -> FromClause:
        """The path's rows beside those that an earlier stage found: passed over before any loan is looked at."""
        return self.table.outerjoin(FOUND, FOUND.c.id == self.table.c[self.path.key[0]])

    def _noted(self, condition: Condition, source: FromClause, most: BindParameter[int] | None = None) -> Insert:
        rows = self.table
        query = select(rows.c[self.path.key[0]]).select_from(source).where(self._own.still(rows), condition(rows))
        if source is not rows and self._chunk.by_person:
            query = query.where(FOUND.c.id.is_(None))
        return insert(FOUND).from_select(["id"], query.distinct().limit(most))

    def is_found(self, rows: FromClause) -> ColumnElement[bool]:
        """The row was found for this chunk."""
        return exists(select(1).select_from(FOUND).where(FOUND.c.id == rows.c[self.path.key[0]]).correlate(rows))

    def cut_found(self, condition: Condition | None = None) -> Update | Delete:
        """The statement that cuts the rows found for this chunk, if they still lead to a reader.

        Args:
            condition: asked again of each row, where it can have changed since it was found; it may speak of the chunk.
        """
        rows, key = self.table, self.path.key[0]
        by_key = rows.c[key] == FOUND.c.id if self._joins else rows.c[key].in_(select(FOUND.c.id))
        where = and_(by_key, self._own.still(rows), true() if condition is None else condition(rows))
        if self.cut.delete:
            return (DeleteFound if self._joins else Delete)(rows).where(where)
        verb = UpdateFound if self._joins else Update
        cut = verb(rows).values(self.values(rows, with_loan=True)).where(where)
        # The words to take out stand with the loan.
        return cut.where(self._chunk.within()(rows)) if self._own.redacts else cut

    def children_found(self) -> tuple[Delete, ...]:
        """Rows of dependent tables that must go before the rows found for this chunk."""
        out: list[Delete] = []
        for child_name, child_column in self.cut.children.items():
            child = self._own.shelf[child_name]
            if self._joins:
                out.append(DeleteFound(child).where(child.c[child_column] == FOUND.c.id))
            else:
                out.append(delete(child).where(child.c[child_column].in_(select(FOUND.c.id))))
        return (*out, *self._attached(select(as_text(FOUND.c.id))))

    def left_found(self) -> Select[Any]:
        """How many of the rows found for this chunk still lead to a reader."""
        rows, key = self.table, self.path.key[0]
        mine = and_(rows.c[key] == FOUND.c.id, self._own.still(rows))
        if not self._own.redacts:
            return select(func.count()).select_from(InOrder(FOUND, rows)).where(mine)
        source = InOrder(InOrder(FOUND, rows), CHUNK)
        return select(func.count(distinct(rows.c[key]))).select_from(source).where(mine, self._chunk.within()(rows))


def _full(col: ColumnElement[Any], method: Method) -> ColumnElement[bool]:
    return and_(col.is_not(None), col != "") if method is Method.BLANK else col.is_not(None)
