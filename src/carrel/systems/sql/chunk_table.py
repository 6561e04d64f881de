"""The tables of a chunk in flight: its loans, the kept loans near them, and the weeks that its texts can speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    TableClause,
    TextClause,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    union_all,
)

from carrel.systems.sql.expressions import shifted
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.named_words import beginning
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.span import REMINDED_SECONDS, Span
from carrel.systems.sql.worktables import (
    CHUNK,
    CHUNK_KEYS,
    FOUND,
    KEPT,
    NEAR,
    PICKED,
    SPELL,
    TITLE_LENGTH,
    empty,
    know,
    make,
    slot,
    window,
)

_SLOTS = 16
_ALL = 2**31
_LIGHT = 20
# Of the rows that go with their reader, a chunk takes so many for each of its loans; the next one finds the rest.
_ROWS_PER_LOAN = 10
_LEAST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Picked:
    """A chunk, as it stands in its work table.

    Attributes:
        size: loans.
        span: its readers and times.
        last_loan: of the last reader.
        spelled: its texts can be looked up by reader and weeks.
    """

    size: int
    span: Span
    last_loan: int
    spelled: bool


class ChunkTables:
    """Makes and fills the tables of a chunk on one connection.

    Args:
        connection: of the session.
        shelf: with the tables of the map.
        kept: the loans that are kept.
    """

    def __init__(self, connection: Connection, shelf: Shelf, kept: KeptTable) -> None:
        self._connection, self._shelf, self._kept = connection, shelf, kept

    def create(self) -> None:
        """Make them all."""
        c = self._connection
        self._kept.create(NEAR.name)
        query = self._query().limit(0).compile(c, compile_kwargs={"literal_binds": True})
        make(c, CHUNK.name, str(query), CHUNK_KEYS, one="loan")
        make(c, FOUND.name, "id BIGINT", ("id",))
        make(c, SPELL.name, "person BIGINT, slot INT, loan BIGINT", ("person, slot",))
        if c.dialect.name != "sqlite":
            make(c, PICKED.name, "loan BIGINT", ())

    def fill(self, condition: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int) -> Picked | None:
        """Lock the next loans for which a condition holds, and note what a chunk must know of them.

        Returns:
            The chunk; None when no loan follows.
        """
        c = self._connection
        empty(c, CHUNK)
        c.execute(insert(CHUNK).from_select([one.name for one in CHUNK.c], self._pick(condition, order, limit)))
        self._spare_the_desk(limit)
        know(c, CHUNK)
        ends = select(
            func.count().label("size"),
            func.min(CHUNK.c.person).label("first"),
            func.max(CHUNK.c.person).label("last"),
            func.min(CHUNK.c.lo).label("lo"),
            func.max(CHUNK.c.later).label("later"),
        ).subquery()
        last_loan = select(func.max(CHUNK.c.loan)).where(CHUNK.c.person == ends.c.last).scalar_subquery()
        size, first, last, lo, later, loan = c.execute(select(ends, last_loan)).one()
        if not size:
            return None
        self._fill_near()
        # The fast way is for loans that the spells can tell of; one that lasted for years takes the chunk the slow way.
        spelled = not self._fill_spells()
        span = Span(int(first), int(last), lo, later, most=max(_LEAST_ROWS, _ROWS_PER_LOAN * int(size)))
        return Picked(int(size), span, int(loan), spelled=spelled)

    def _spare_the_desk(self, limit: int) -> None:
        """Take only some loans of a reader who fills the chunk: such readers have thousands of other rows as well."""
        c = self._connection
        loans = func.count().label("loans")
        most = select(CHUNK.c.person, loans).group_by(CHUNK.c.person).order_by(loans.desc()).limit(1)
        heavy = c.execute(most).first()
        if heavy is None or heavy.loans <= max(_LIGHT, limit // 2):
            return
        own = select(CHUNK.c.loan).where(CHUNK.c.person == heavy.person).order_by(CHUNK.c.loan)
        last = c.execute(own.limit(1).offset(max(_LIGHT, limit // 4) - 1)).scalar_one()
        later = and_(CHUNK.c.person == heavy.person, CHUNK.c.loan > last)
        c.execute(delete(CHUNK).where(or_(CHUNK.c.person > heavy.person, later)))

    def _pick(self, condition: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int) -> Any:
        """Lock the loans of a chunk, and nothing else; the query that then reads all that a chunk knows of them.

        A locking read of a join would lock items and titles too, and the desk could wait for them in a circle. Where
        the whole database is locked by a writer anyway (SQLite), one query does both.
        """
        closed = self._shelf.map.loans.closed
        loans = self._shelf[closed.table]
        key = loans.c[closed.key]
        if self._connection.dialect.name == "sqlite":
            return self._query().where(condition).order_by(*order).limit(limit)
        empty(self._connection, PICKED)
        picked = select(key).where(condition).order_by(*order).limit(limit).with_for_update(skip_locked=True)
        self._connection.execute(insert(PICKED).from_select(["loan"], picked))
        return self._query(first=PICKED).where(key == PICKED.c.loan).prefix_with(self._in_order)

    def _fill_near(self) -> None:
        """The kept loans that can account for a row of the chunk; an open loan of years is one of them as well."""
        c = self._connection
        empty(c, NEAR)
        names = [one.name for one in NEAR.c]
        persons = select(CHUNK.c.person.label("person")).distinct().subquery("p")
        items = select(CHUNK.c.item.label("item")).where(CHUNK.c.item.is_not(None)).distinct().subquery("i")
        of_readers = select(*KEPT.c).select_from(persons, KEPT).where(KEPT.c.person == persons.c.person)
        c.execute(insert(NEAR).from_select(names, of_readers.prefix_with(self._in_order)))
        seen = exists(select(1).select_from(CHUNK).where(CHUNK.c.person == KEPT.c.person).correlate(KEPT))
        of_copies = select(*KEPT.c).select_from(items, KEPT).where(KEPT.c.item == items.c.item, not_(seen))
        c.execute(insert(NEAR).from_select(names, of_copies.prefix_with(self._in_order)))
        know(c, NEAR)

    @property
    def _in_order(self) -> TextClause:
        return text("STRAIGHT_JOIN" if self._connection.dialect.name in {"mysql", "mariadb"} else "")

    def _fill_spells(self) -> bool:
        """The stretches of the chunk's loans; whether a loan lasted longer than they can say."""
        c = self._connection
        empty(c, SPELL)
        begin, end = slot(CHUNK.c.lo), slot(shifted(CHUNK.c.later, text(str(REMINDED_SECONDS))))
        # The limit keeps the server from reckoning both anew for every number.
        ends = select(CHUNK.c.person, CHUNK.c.loan, begin.label("begin"), end.label("end")).limit(_ALL).subquery("e")
        numbers = union_all(*(select(literal(n).label("n")) for n in range(_SLOTS))).subquery("n")
        long = ends.c.end - ends.c.begin
        spells = select(ends.c.person, ends.c.begin + numbers.c.n, ends.c.loan).where(
            numbers.c.n <= long, long < _SLOTS
        )
        c.execute(insert(SPELL).from_select(["person", "slot", "loan"], spells))
        know(c, SPELL)
        unsaid = or_(CHUNK.c.lo.is_(None), end.is_(None), end - begin >= _SLOTS)
        return bool(c.execute(select(func.count()).select_from(CHUNK).where(unsaid)).scalar())

    def _query(self, first: TableClause | None = None) -> Any:
        """The columns of a chunk, for the closed loans that a caller selects; ``first`` is a table to begin with."""
        closed, items_map = self._shelf.map.loans.closed, self._shelf.map.items
        loans, items, titles = (
            self._shelf[closed.table],
            self._shelf[items_map.table],
            self._shelf[items_map.title_table],
        )
        lo, later = window(loans, closed)
        c = loans.c
        known = loans.outerjoin(items, items.c[items_map.key] == c[closed.item]).outerjoin(
            titles, titles.c[items_map.title_key] == items.c[items_map.title_key]
        )
        return select(
            c[closed.key].label("loan"),
            c[closed.person].label("person"),
            c[closed.item].label("item"),
            cast(c[closed.item], String(20)).label("item_text"),
            lo.label("lo"),
            later.label("later"),
            c[closed.opened].label("opened"),
            c[closed.closed].label("closed"),
            c[closed.renewed].label("renewed"),
            items.c[items_map.barcode].label("barcode"),
            beginning(titles.c[items_map.title], text("1"), text(str(TITLE_LENGTH))).label("title"),
        ).select_from(*((known,) if first is None else (first, known)))
