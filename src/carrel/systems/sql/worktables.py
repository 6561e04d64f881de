"""The two temporary tables of a run: the loans that are kept, and the loans of the chunk in flight.

Both live in the session and die with it. They hold ids and times that the database holds already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    TableClause,
    TextClause,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    table,
    text,
    union_all,
)

from carrel.inventory.system_map import Anchor
from carrel.retention.lifecycle import Lifecycle
from carrel.systems.sql.expressions import EVER, NEVER, LocalTime, earlier_of, is_time, later_of, shifted
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.span import REMINDED_SECONDS, Span

# A row that belongs to a loan can be written a little before or after the loan's own second, and up to a day after a
# return that was dated back (a book drop emptied in the morning).
SLACK_SECONDS = 300
DATED_BACK_SECONDS = 86_400
TITLE_LENGTH = 190


def _kept(name: str) -> TableClause:
    return table(
        name,
        column("loan", Integer()),
        column("person", Integer()),
        column("item", Integer()),
        column("lo", LocalTime()),
        column("later", LocalTime()),
        column("state", String()),
        column("branch", String()),
    )


KEPT = _kept("carrel_kept")
# Those of them that can account for a row of the chunk: of its readers, or of its copies.
NEAR = _kept("carrel_near")
CHUNK: TableClause = table(
    "carrel_chunk",
    column("loan", Integer()),
    column("person", Integer()),
    column("item", Integer()),
    column("item_text", String()),
    column("lo", LocalTime()),
    column("later", LocalTime()),
    column("opened", LocalTime()),
    column("closed", LocalTime()),
    column("renewed", LocalTime()),
    column("barcode", String()),
    column("title", String()),
)

# Which loans of a chunk a text of some four weeks can speak of: a reader's thousand loans are not looked at for each of
# their thousand notices. One row per loan and stretch, from its beginning to the last reminder.
PICKED: TableClause = table("carrel_picked", column("loan", Integer()))
# The rows of one path that lead to the loans of the chunk in flight, by their key.
FOUND: TableClause = table("carrel_found", column("id", Integer()))
SPELL: TableClause = table(
    "carrel_spell", column("person", Integer()), column("slot", Integer()), column("loan", Integer())
)
SLOT_DAYS = 28
_SLOTS = 16


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


def slot(at: ColumnElement[Any]) -> ColumnElement[int]:
    """The stretch of days in which a time lies (MariaDB)."""
    return func.floor(func.to_days(at) / SLOT_DAYS, type_=Integer())


def window(rows: Any, anchor: Anchor) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """From when until when the traces of a closed loan were written."""
    opened, closed = rows.c[anchor.opened], rows.c[anchor.closed]
    both = and_(is_time(opened), is_time(closed))
    first = case((both, earlier_of(opened, closed)), (is_time(closed), closed))
    last = case((both, later_of(opened, closed)), (is_time(closed), closed))
    # A loan without a usable return date lasts for ever: whatever it may explain is left alone.
    return (
        case((is_time(closed), shifted(first, text(str(-SLACK_SECONDS)))), else_=EVER),
        case((is_time(closed), shifted(last, text(str(DATED_BACK_SECONDS)))), else_=NEVER),
    )


class WorkTables:
    """Creates, fills and empties the temporary tables on one connection."""

    def __init__(self, connection: Connection, shelf: Shelf, stand_in: int | None) -> None:
        self._connection, self._shelf, self._stand_in = connection, shelf, stand_in

    def create(self) -> None:
        """Make both tables; on MariaDB by example, so that texts compare under the collation of their columns."""
        closed = self._shelf.map.loans.closed
        loans = self._shelf[closed.table]
        kept = self._kept_query(closed, loans, None).limit(0)
        chunk = self.chunk_query().limit(0)
        for name, keys, engine, query in (
            ("carrel_kept", ("person, item", "item", "loan"), "InnoDB", kept),
            ("carrel_near", ("person, item", "item", "loan"), "MEMORY", kept),
            ("carrel_chunk", ("loan", "person, item", "person, item_text", "person, lo", "item"), "MEMORY", chunk),
        ):
            self._connection.execute(text(f"DROP {self._temporary}TABLE IF EXISTS {self._scope}{name}"))
            body = str(query.compile(self._connection, compile_kwargs={"literal_binds": True}))
            if self._connection.dialect.name == "sqlite":
                self._connection.execute(text(f"CREATE TEMPORARY TABLE {name} AS {body}".replace(":", "\\:")))
                for number, key in enumerate(keys):
                    self._connection.execute(text(f"CREATE INDEX temp.{name}_{number} ON {name} ({key})"))
            else:
                # A tree serves the first column alone, and ranges of the second; a hash (the default) does not.
                index = ", ".join(f"KEY ({key}) USING BTREE" for key in keys)
                statement = f"CREATE TEMPORARY TABLE {name} ({index}) ENGINE={engine} {body}"
                self._connection.execute(text(statement.replace(":", "\\:")))

        if self._connection.dialect.name == "sqlite":
            self._connection.execute(text(f"DROP TABLE IF EXISTS temp.{FOUND.name}"))
            self._connection.execute(text(f"CREATE TEMPORARY TABLE {FOUND.name} (id INTEGER PRIMARY KEY)"))
        else:
            self._connection.execute(text(f"DROP TEMPORARY TABLE IF EXISTS {SPELL.name}"))
            self._connection.execute(
                text(
                    f"CREATE TEMPORARY TABLE {SPELL.name} (person BIGINT, slot INT, loan BIGINT, "
                    "KEY (person, slot) USING BTREE) ENGINE=MEMORY"
                )
            )

            self._connection.execute(text(f"DROP TEMPORARY TABLE IF EXISTS {PICKED.name}"))
            self._connection.execute(text(f"DROP TEMPORARY TABLE IF EXISTS {FOUND.name}"))
            self._connection.execute(
                text(f"CREATE TEMPORARY TABLE {FOUND.name} (id BIGINT, KEY (id) USING HASH) ENGINE=MEMORY")
            )
            self._connection.execute(text(f"CREATE TEMPORARY TABLE {PICKED.name} (loan BIGINT) ENGINE=MEMORY"))

    def _pick(self, condition: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int) -> Any:
        """Lock the loans of a chunk, and nothing else; the query that then reads all that a chunk knows of them.

        A locking read of a join would lock items and titles too, and the desk could wait for them in a circle. Where
        the whole database is locked by a writer anyway (SQLite), one query does both.
        """
        closed = self._shelf.map.loans.closed
        loans = self._shelf[closed.table]
        key = loans.c[closed.key]
        if self._connection.dialect.name == "sqlite":
            return self.chunk_query().where(condition).order_by(*order).limit(limit)
        self._connection.execute(delete(PICKED))
        picked = select(key).where(condition).order_by(*order).limit(limit).with_for_update(skip_locked=True)
        self._connection.execute(insert(PICKED).from_select(["loan"], picked))
        return self.chunk_query(first=PICKED).where(key == PICKED.c.loan).prefix_with("STRAIGHT_JOIN")

    def fill_chunk(
        self, condition: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
    ) -> Picked | None:
        """Lock the next loans for which a condition holds, and note what a chunk must know of them.

        Returns:
            The chunk; None when no loan follows.
        """
        c = self._connection
        c.execute(delete(CHUNK))
        c.execute(insert(CHUNK).from_select([one.name for one in CHUNK.c], self._pick(condition, order, limit)))
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
        spelled = c.dialect.name != "sqlite" and not self._fill_spells()
        return Picked(int(size), Span(int(first), int(last), lo, later), int(loan), spelled=spelled)

    def _fill_near(self) -> None:
        """The kept loans that can account for a row of the chunk; an open loan of years is one of them as well."""
        c = self._connection
        c.execute(delete(NEAR))
        names = [one.name for one in NEAR.c]
        persons = select(CHUNK.c.person.label("person")).distinct().subquery("p")
        items = select(CHUNK.c.item.label("item")).where(CHUNK.c.item.is_not(None)).distinct().subquery("i")
        of_readers = select(*KEPT.c).select_from(persons, KEPT).where(KEPT.c.person == persons.c.person)
        c.execute(insert(NEAR).from_select(names, of_readers.prefix_with(self._in_order)))
        seen = exists(select(1).select_from(CHUNK).where(CHUNK.c.person == KEPT.c.person).correlate(KEPT))
        of_copies = select(*KEPT.c).select_from(items, KEPT).where(KEPT.c.item == items.c.item, not_(seen))
        c.execute(insert(NEAR).from_select(names, of_copies.prefix_with(self._in_order)))

    @property
    def _in_order(self) -> TextClause:
        return text("" if self._connection.dialect.name == "sqlite" else "STRAIGHT_JOIN")

    def _fill_spells(self) -> bool:
        """The stretches of the chunk's loans; whether a loan lasted longer than they can say (MariaDB)."""
        c = self._connection
        c.execute(delete(SPELL))
        begin, end = slot(CHUNK.c.lo), slot(shifted(CHUNK.c.later, text(str(REMINDED_SECONDS))))
        numbers = union_all(*(select(literal(n).label("n")) for n in range(_SLOTS))).subquery("n")
        spells = select(CHUNK.c.person, begin + numbers.c.n, CHUNK.c.loan).where(
            numbers.c.n <= end - begin, end - begin < _SLOTS
        )
        c.execute(insert(SPELL).from_select(["person", "slot", "loan"], spells))
        unsaid = or_(CHUNK.c.lo.is_(None), end.is_(None), end - begin >= _SLOTS)
        return bool(c.execute(select(func.count()).select_from(CHUNK).where(unsaid)).scalar())

    @property
    def _temporary(self) -> str:
        # Dropping a temporary table as such needs no right to drop others.
        return "" if self._connection.dialect.name == "sqlite" else "TEMPORARY "

    @property
    def _scope(self) -> str:
        return "temp." if self._connection.dialect.name == "sqlite" else ""

    def linked(self, anchor: Anchor, rows: Any) -> ColumnElement[bool]:
        """The loan still names a reader."""
        person = rows.c[anchor.person]
        if self._stand_in is None:
            return and_(person.is_not(None))
        return and_(person.is_not(None), person != self._stand_in)

    def _kept_query(self, anchor: Anchor, rows: Any, state: ColumnElement[Any] | None) -> Any:
        lo, later = window(rows, anchor)
        return select(
            rows.c[anchor.key].label("loan"),
            rows.c[anchor.person].label("person"),
            rows.c[anchor.item].label("item"),
            lo.label("lo"),
            later.label("later"),
            # Wide enough for the longest name of a state: a table made by example is as wide as its example.
            (cast(literal("x" * 40), String(40)) if state is None else state).label("state"),
            rows.c[anchor.branch].label("branch"),
        )

    def fill_kept(self, life: Lifecycle) -> None:
        """Everything that still names a reader and is not due, with its state; open loans last until they return."""
        self._connection.execute(delete(KEPT))
        closed, opened = self._shelf.map.loans.closed, self._shelf.map.loans.open
        rows = self._shelf[closed.table]
        columns = LoanColumns(self._shelf, closed, rows)
        state = case(
            *((columns.compile(condition), text(f"'{name.value}'")) for name, condition in life.cases),
            else_=text("'due'"),
        )
        names = [c.name for c in KEPT.c]
        inner = self._kept_query(closed, rows, state).where(self.linked(closed, rows)).subquery()
        self._connection.execute(
            insert(KEPT).from_select(names, select(*(inner.c[n] for n in names)).where(inner.c.state != "due"))
        )
        out = self._shelf[opened.table]
        began = out.c[opened.opened]
        self._connection.execute(
            insert(KEPT).from_select(
                names,
                select(
                    out.c[opened.key],
                    out.c[opened.person],
                    out.c[opened.item],
                    case((is_time(began), shifted(began, text(str(-SLACK_SECONDS)))), else_=EVER),
                    NEVER,
                    text("'open'"),
                    out.c[opened.branch],
                ),
            )
        )

    def chunk_query(self, first: TableClause | None = None) -> Any:
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
            func.substr(titles.c[items_map.title], 1, TITLE_LENGTH).label("title"),
        ).select_from(*((known,) if first is None else (first, known)))


__all__ = [
    "CHUNK",
    "DATED_BACK_SECONDS",
    "FOUND",
    "KEPT",
    "NEAR",
    "REMINDED_SECONDS",
    "SLACK_SECONDS",
    "SPELL",
    "WorkTables",
    "slot",
    "window",
]
