"""The rows of one table with a clock: read page by page, and deleted or blanked in short transactions by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, column, delete, literal, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import ColumnClause

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.row_clock import RowClock
from carrel.inventory.system import System
from carrel.retention.clearing import Piece, tag_of
from carrel.retention.row_person import RowPerson, Whose
from carrel.systems import faults
from carrel.systems.sql import accounts, database, dated_shape
from carrel.systems.sql.dated_shape import DatedShape
from carrel.systems.sql.failure import classify, is_transient, told
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.named_table import table

PAGE, CHUNK = 2_000, 200
_TRIES = 4  # each has waited for the lock already
_UTC = {"sqlite": None, "postgresql": "UTC"}


@dataclass(frozen=True, slots=True)
class _Row:
    key: tuple[Any, ...]
    clock: Any
    piece: Piece


@dataclass(frozen=True)
class DatedRows:
    """The rows of an entry.

    Args:
        entry: of the site file, with a table.
        engine: connections that only read.
        shape: of the table, as `dated_shape.require` found it.
        person: for whom each row is looked at, where somebody is looked for.
    """

    entry: DatedTable
    engine: Engine
    shape: DatedShape
    person: RowPerson | None = field(default=None, repr=False)

    @property
    def _at(self) -> str:
        return f"table {self.entry.name}"

    def mark(self) -> str:
        """The database, and the columns and keys of the table: one that was made anew differently is another one."""
        url = access(self.entry).url
        return tag_of(self.shape.table.digest, str(url.host), str(url.port), str(url.database))

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Every row by its key; none is kept in memory.

        Raises:
            CarrelError: of the SQL codes.
        """
        del enough
        for page in self._pages():
            for row in page:
                yield row.piece

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Delete or blank those rows of which it holds, as long as their clock stands as it was read.

        Raises:
            CarrelError: of the SQL codes; SQL-022, the two accounts do not lead to one database; TBL-001 to TBL-004,
                the table has changed.
        """
        with dated_shape.rights_told(), _opened(self.entry, read_only=False) as engine:
            accounts.require_one(as_system(self.entry), engine, read_only=False)
            with engine.connect() as connection:
                dated_shape.require(connection, self.entry)
            for page in self._pages():
                late = [row for row in page if goes(row.piece)]
                for chunk in parts(late, CHUNK):
                    beat()
                    self._cut(engine, chunk)

    def _cut(self, engine: Engine, rows: Sequence[_Row]) -> None:
        same = or_(*(self._is(row) for row in rows))
        named = self._named()
        work = update(named).where(same).values(self._emptied()) if self.entry.blank else delete(named).where(same)
        for left in reversed(range(_TRIES)):
            try:
                with engine.begin() as connection:
                    if (reached := connection.execute(work).rowcount) > len(rows):
                        raise self._no_key(reached - len(rows))  # undone with its transaction
            except (SQLAlchemyError, OSError) as wrong:
                if not (left and is_transient(wrong)):
                    raise self._stopped(wrong) from None
            else:
                return

    def _is(self, row: _Row) -> ColumnElement[bool]:
        """The row by its key, as long as its clock stands as it was read: nobody has to hold a lock for that."""
        named = zip((*self.entry.key, self.entry.clock or ""), (*row.key, row.clock), strict=True)
        return and_(*(self._exactly(name) == value for name, value in named))

    def _exactly(self, name: str) -> ColumnElement[Any]:
        """A column compared byte by byte: in SQLite its letters can be alike to it, and not to its unique index."""
        return _column(name).collate("BINARY") if self.shape.dialect == "sqlite" else _column(name)

    def _no_key(self, more: int) -> CarrelError:
        return fault(
            faults.NOT_AS_DECLARED,
            at=self._at,
            wanted="one row for each key, as when they were looked at",
            found=amount(more, "row") + " more of the same keys",
            changed=f"perhaps some rows before these: `carrel table list` counts {self.entry.name}",
            fix="have the database keep the key unique; then plan anew",
        )

    def _stopped(self, wrong: Exception) -> CarrelError:
        return classify(wrong, self._at).having_changed(
            f"perhaps some rows: `carrel table list` counts {self.entry.name}"
        )

    def _emptied(self) -> dict[str, Any]:
        told: dict[str, Any] = {name: None if self.shape.column(name).nullable else "" for name in self.entry.blank}
        # What the server sets by itself on every change keeps its value: it can be the clock.
        follow = [one.name for one in self.shape.table.columns if one.follows_updates and one.name not in told]
        return {**told, **{name: _column(name) for name in follow}}

    def _named(self) -> Any:
        names = dict.fromkeys((*self.entry.named, *self._following()))
        return table(self.entry.table or "", *(_column(name) for name in names))

    def _following(self) -> list[str]:
        return [one.name for one in self.shape.table.columns if one.follows_updates]

    def _pages(self) -> Iterator[list[_Row]]:
        clock = RowClock(self.entry.zone_info, self.entry.format, in_utc=self.shape.in_utc)
        query = self._query()
        after: tuple[Any, ...] | None = None
        while True:
            page = query if after is None else query.where(self._behind(after))
            with told(self._at), self.engine.connect() as connection:  # no transaction lasts longer than a page
                found = connection.execute(page).all()
            rows = [self._row(one, clock) for one in found]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            after = rows[-1].key

    def _query(self) -> Select[Any]:
        keys = [_column(name) for name in self.entry.key]
        order = [self._exactly(name) for name in self.entry.key]
        empty = [self._is_empty(name) for name in self.entry.blank]
        done: ColumnElement[Any] = case((and_(*empty), literal(1)), else_=literal(0)) if empty else literal(0)
        people = [] if self.person is None else [_column(name) for name in self.entry.person]
        wanted = (*keys, _column(self.entry.clock or ""), done.label("done_before"), *people)
        return select(*wanted).select_from(self._named()).order_by(*order).limit(PAGE)

    def _is_empty(self, name: str) -> ColumnElement[bool]:
        known, here = self.shape.column(name), _column(name)
        gone = here.is_(None)
        return or_(gone, here == "") if dated_shape.is_text(known) else gone

    def _behind(self, after: tuple[Any, ...]) -> ColumnElement[bool]:
        keys = [self._exactly(name) for name in self.entry.key]
        return or_(
            *(
                and_(*(one == value for one, value in zip(keys[:n], after[:n], strict=True)), keys[n] > after[n])
                for n in range(len(keys))
            )
        )

    def _row(self, found: Sequence[Any], clock: RowClock) -> _Row:
        wide = len(self.entry.key)
        key, at, done, people = tuple(found[:wide]), found[wide], bool(found[wide + 1]), found[wide + 2 :]
        whose = Whose.NOT if self.person is None else self.person.whose(people)
        tag = tag_of(*(part for one in key for part in _told(one)))
        return _Row(key, at, Piece(tag, clock.of(at), done=done, whose=whose))


def _told(value: Any) -> tuple[str | bytes, ...]:
    """A value of a key with its type: SQLite keeps 1, '1' and x'31' apart in one column."""
    return type(value).__name__, value if isinstance(value, bytes) else str(value)


def _column(name: str) -> ColumnClause[Any]:
    return column(name)


@contextmanager
def opened(entry: DatedTable) -> Iterator[Callable[[Any], DatedRows]]:
    """The table of an entry, for reading.

    Raises:
        CarrelError: SIT-004, SIT-005, of the SQL codes, TBL-001 to TBL-004, TBL-007.
    """
    with dated_shape.rights_told(), _opened(entry, read_only=True) as engine:
        with told(f"table {entry.name}"), engine.connect() as connection:
            shape = dated_shape.require(connection, entry)
        yield lambda part: DatedRows(part, engine, shape)


@contextmanager
def _opened(entry: DatedTable, *, read_only: bool) -> Iterator[Engine]:
    engine = database.connect(access(entry, apply=not read_only), read_only=read_only)
    try:
        yield engine
    finally:
        engine.dispose()


def access(entry: DatedTable, *, apply: bool = False) -> database.Access:
    """How the database of an entry is reached; its sessions read instants in UTC, whatever zone its server is in."""
    found = database.access(as_system(entry), apply=apply)
    return in_utc(replace(found, name=f"table {entry.name}"))


def in_utc(way: database.Access) -> database.Access:
    """The same, with sessions in UTC."""
    product = way.url.get_backend_name()
    return replace(way, session_zone=_UTC.get(product, "+00:00"), declared_zone=None)


def as_system(entry: DatedTable) -> System:
    """The database of an entry, as what knows of its two accounts."""
    ways = ("dsn_file", "dsn_env", "apply_dsn_file", "apply_dsn_env")
    said = {name: value for name in ways if (value := getattr(entry, name)) is not None}
    return System(name=entry.name, map="none", time_zone="UTC", **said)
