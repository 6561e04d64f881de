"""The tables of a chunk in flight: its loans, the kept loans near them, and the weeks that its texts can speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

from carrel.retention.ports import Position
from carrel.systems.sql.anchor_rows import moments, over, titled
from carrel.systems.sql.chunk_rows import is_by_spell
from carrel.systems.sql.expressions import shifted
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.loan_chain import LoanChains
from carrel.systems.sql.named_words import beginning
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.span import REMINDED_SECONDS, Span
from carrel.systems.sql.worktables import (
    AGED,
    CHARGED,
    CHUNK,
    CHUNK_KEYS,
    FOUND,
    KEPT,
    MOMENTS,
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
        last_person: where the walk goes on.
        last_loan: of the last reader, where the walk goes on.
        spelled: its texts can be looked up by reader and weeks.
    """

    size: int
    span: Span
    last_person: int
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
        if self._shelf.map.loans.closed.cut.aged is not None:
            make(c, AGED.name, "loan BIGINT, number BIGINT, person BIGINT", ("loan", "number"))
            make(c, CHARGED.name, "loan BIGINT", ("loan",))

    def fill(
        self, due: ColumnElement[bool], walk: tuple[ColumnElement[Any], ColumnElement[Any]], after: Position | None,
        limit: int,
    ) -> Picked | None:  # fmt: skip
        """Lock the next loans for which a condition holds, and note what a chunk must know of them.

        Args:
            due: the condition.
            walk: the columns in whose order loans follow: person, and number of the loan.
            after: where the walk stands.
            limit: loans; of renewed ones the last, with all that went before it.

        Returns:
            The chunk; None when no loan follows.
        """
        closed = self._shelf.map.loans.closed
        if closed.chain is None:
            return self._chosen() if self._choose(due, walk, after, limit) else None
        chains = LoanChains(self._connection, self._shelf, closed)
        while self._choose(and_(due, chains.last()), walk, after, limit):
            person, loan = self._ends()
            chains.complete(due, lambda: self._query(PICKED).where(walk[1] == PICKED.c.loan))
            if (picked := self._chosen()) is not None:
                return replace(picked, last_person=person, last_loan=loan)
            after = Position(closed.table, person, loan)  # the desk works on these
        return None

    def _choose(
        self, due: ColumnElement[bool], walk: tuple[ColumnElement[Any], ColumnElement[Any]], after: Position | None,
        limit: int,
    ) -> bool:  # fmt: skip
        person, key = walk
        c = self._connection
        here = person.is_not(None) if after is None else _beyond(person, key, after)
        if after is not None and c.dialect.name == "postgresql":
            here = and_(person >= after.person, here)  # it walks one range in order, and gathers two
        empty(c, CHUNK)
        picked = self._pick(and_(here, due), walk, limit)
        c.execute(insert(CHUNK).from_select([one.name for one in picked.selected_columns], picked))
        self._spare_the_desk(limit)
        return c.execute(select(CHUNK.c.loan).limit(1)).first() is not None

    def _ends(self) -> tuple[int, int]:
        """The last reader of the chunk, and the last loan of that one."""
        last = select(CHUNK.c.person, CHUNK.c.loan).order_by(CHUNK.c.person.desc(), CHUNK.c.loan.desc()).limit(1)
        person, loan = self._connection.execute(last).one()
        return int(person), int(loan)

    def _chosen(self) -> Picked | None:
        """What stands in the chunk, and beside it; None where nothing does."""
        c = self._connection
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
        return Picked(int(size), span, int(last), int(loan), spelled=spelled)

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
        know(self._connection, PICKED)
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
        if not any(is_by_spell(path) for path in self._shelf.map.loans.paths):
            return False
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
        known = titled(self._shelf, items, titles, loans.outerjoin(items, items.c[items_map.key] == c[closed.item]))
        further = zip(MOMENTS, moments(closed, loans), strict=False)
        return select(
            c[closed.key].label("loan"),
            c[closed.person].label("person"),
            c[closed.item].label("item"),
            cast(c[closed.item], String(20)).label("item_text"),
            lo.label("lo"),
            later.label("later"),
            c[closed.opened].label("opened"),
            over(closed, loans).label("closed"),
            c[closed.renewed].label("renewed"),
            items.c[items_map.barcode].label("barcode"),
            beginning(titles.c[items_map.title], text("1"), text(str(TITLE_LENGTH))).label("title"),
            *(at.label(name) for name, at in further),
        ).select_from(*((known,) if first is None else (first, known)))


def _beyond(person: Any, key: Any, after: Position) -> ColumnElement[bool]:
    # Written so that both parts are ranges of the same index.
    return or_(person > after.person, and_(person == after.person, key > after.loan))
