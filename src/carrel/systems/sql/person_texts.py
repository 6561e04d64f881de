"""Texts that name one person: looked for in every column that can hold a word, in stretches, with the person's words.

The server only picks rows out that may hold one of them; whether they do, by whole words, is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, or_, select, update
from sqlalchemy.sql.expression import FromClause

from carrel.inventory.person_map import Act
from carrel.inventory.schema import Table, TableKind
from carrel.retention.finder import Finder
from carrel.systems.sql.expressions_postgresql import exactly
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.person_rows import PersonRows, not_done
from carrel.systems.sql.person_selection import is_bytes, is_text
from carrel.systems.sql.person_words import may_name, readable

STRETCH = 50_000
_READ_BACK = 100  # rows in one question
_AT_ONCE = 1_000  # rows in memory, whatever a table holds


@dataclass(frozen=True, slots=True)
class Place:
    """One column of one table, and what is done to a text there that names the person."""

    table: str
    column: str
    redacts: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One row whose text names the person, or may.

    Attributes:
        place: where.
        key: of the row; empty where the table has none.
        exact: an identifier stands in it; else a name, or a word that may be one.
        reaches: of identifiers only a telephone or an address, which can be somebody else's or an office's.
    """

    place: Place
    key: tuple[Any, ...]
    exact: bool
    reaches: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A row whose text names the person, as it was read.

    Attributes:
        table, key: of the row; no key where the table has none.
        before: the texts, by column.
        gone: the row is deleted.
    """

    table: str
    key: tuple[Any, ...]
    before: dict[str, str]
    gone: bool


class PersonTexts:
    """The texts of one live database, searched for one person.

    Args:
        rows: of the person.
        beat: called between stretches, so that whoever holds the system's lease can renew it.
        payers: of these persons, those whose lines of account and own record stay as they are.
    """

    def __init__(
        self, rows: PersonRows, beat: Callable[[], None] = lambda: None, payers: PersonRows | None = None
    ) -> None:
        self._rows, self._beat = rows, beat
        self._payers = payers if payers is not None and payers.subjects else None
        self._finders: dict[tuple[str, ...], Finder] = {}  # made when one is needed: of thousands it takes a while

    def beating(self, beat: Callable[[], None]) -> PersonTexts:
        """The same texts, with something done between stretches."""
        return PersonTexts(self._rows, beat, self._payers)

    def beside(self, payers: PersonRows) -> PersonTexts:
        """The same texts, without the lines of account and own records of some payers."""
        return PersonTexts(self._rows, self._beat, payers)

    def finder(self, table: str) -> Finder:
        """What finds the person in a table's texts."""
        told = self._rows.person.tables.get(table)
        keys = (*self._rows.person.keys, *(told.keys if told else ()))
        if keys not in self._finders:
            self._finders[keys] = Finder(self._rows.subjects, keys)
        return self._finders[keys]

    def places(self) -> Iterator[tuple[str, list[Place]]]:
        """Every column of every table that can hold a word; of binary ones only those that the map names."""
        for name, table in self._rows.schema.tables.items():
            if table.kind is TableKind.VIEW:
                continue
            told = self._rows.person.tables.get(name)
            texts, gone = (told.texts, told.gone) if told else ((), ())
            found = [
                Place(name, one.name, one.name in texts, one.name in gone)
                for one in table.columns
                if one.name in gone or (is_text(one) and not one.type.lower().startswith("enum"))
            ]
            if found:
                yield name, found

    def hits(self, connection: Connection, *, own: bool) -> Iterator[Hit]:
        """Every row that names the person in a text, column by column.

        Args:
            connection: reads only.
            own: also rows that a step deletes.
        """
        for name, places in self.places():
            finder = self.finder(name)
            for stretch in self.stretches(connection, name):
                self._beat()
                for key, values in self._candidates(connection, name, places, finder, stretch, own=own):
                    for place, value in zip(places, values, strict=True):
                        text = _text(value)
                        if finder.names(text):
                            yield Hit(place, key, exact=True, reaches=finder.reaches(text))
                        elif finder.tells(text):
                            yield Hit(place, key, exact=False)

    def stretches(self, connection: Connection, name: str) -> list[ColumnElement[bool] | None]:
        """Parts of a table by its key, where that is one number; else the whole, as None."""
        rows, key = self._rows.rows(name), _number_key(self._rows.schema.tables[name])
        if key is None:
            return [None]
        found: list[ColumnElement[bool] | None] = []
        start, most = connection.execute(select(func.min(rows.c[key]), func.max(rows.c[key]))).one()
        while start is not None and start <= most:
            found.append(and_(rows.c[key] >= start, rows.c[key] < start + STRETCH))
            # A table with great gaps in its numbers is not walked number by number.
            start = connection.execute(select(func.min(rows.c[key])).where(rows.c[key] >= start + STRETCH)).scalar()
        return found

    def named(
        self, connection: Connection, name: str, places: list[Place], stretch: ColumnElement[bool] | None
    ) -> list[Named]:
        """The rows of a stretch whose text is to be redacted, or that go because of it; reads only."""
        acting = [place for place in places if place.redacts or place.gone]
        finder, found = self.finder(name), []
        for key, values in self._candidates(connection, name, acting, finder, stretch, own=True):
            texts = {place: _text(value) for place, value in zip(acting, values, strict=True)}
            named = {place: text for place, text in texts.items() if finder.names(text)}
            if named:
                before = {place.column: text for place, text in named.items()}
                found.append(Named(name, key, before, any(place.gone for place in named)))
        return found

    def whose(self, found: list[Named]) -> frozenset[int]:
        """The numbers of the persons whose identifiers stand in these rows."""
        return frozenset(
            number for one in found for text in one.before.values() for number in self.finder(one.table).whose(text)
        )

    def redact(self, connection: Connection, found: list[Named]) -> int:
        """Take the identifiers out of these rows, or the rows away, where they still are as they were read.

        Returns:
            Rows that were changed or deleted; the caller commits.

        Raises:
            CarrelError: ERA-006, a text is as it was; the caller undoes the transaction.
        """
        done, dialect = 0, connection.dialect.name
        read: dict[str, list[ColumnElement[bool]]] = {}
        for one in found:
            rows = self._rows.rows(one.table)
            keys = [rows.c[name] for name in self._rows.key(one.table)]
            which = [self._rows.keyed(keys, [one.key])] if keys else []
            finder = self.finder(one.table)
            # Byte for byte: a collation would take another writing of a word for the same.
            which += [self._still(dialect, one.table, column, text) for column, text in one.before.items()]
            if one.gone:
                done += connection.execute(delete(rows).where(*which)).rowcount
                read.setdefault(one.table, []).append(and_(*which))
                continue
            values = {
                column: self._written(dialect, one.table, column, finder.redacted(text))
                for column, text in one.before.items()
            }
            statement = update(rows).where(*which).values({**self._rows.kept_times(one.table, rows), **values})
            done += connection.execute(statement).rowcount
            if any(finder.redacted(text) != text for text in one.before.values()):
                read.setdefault(one.table, []).append(and_(*which))
        for name, tests in read.items():
            for some in parts(tests, _READ_BACK):
                query = select(func.count()).select_from(self._rows.rows(name)).where(or_(*some))
                if left := int(connection.execute(query).scalar_one()):
                    raise not_done(name, left)
        return done

    def _still(self, dialect: str, name: str, column: str, text: str) -> ColumnElement[bool]:
        here = self._rows.rows(name).c[column]
        if dialect != "postgresql":
            there = readable(dialect, here)
            return func.hex(there) == func.hex(text)
        written = self._written(dialect, name, column, text)
        return exactly(here, text) if written is text else here == written

    def _written(self, dialect: str, name: str, column: str, text: str) -> str | bytes:
        """A text as its column takes it: PostgreSQL makes no bytes of a text by itself."""
        held = self._rows.schema.tables[name].column(column)
        return text.encode() if dialect == "postgresql" and held is not None and is_bytes(held) else text

    # -- which rows to look at --------------------------------------------------------------------------------------

    def _candidates(
        self,
        connection: Connection,
        name: str,
        places: list[Place],
        finder: Finder,
        stretch: ColumnElement[bool] | None,
        *,
        own: bool,
    ) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        rows = self._rows.rows(name)
        keys = [rows.c[one] for one in self._rows.key(name)]
        columns = [rows.c[place.column] for place in places]
        # Of many persons every text is read: one look instead of one for each word.
        tests: list[ColumnElement[bool]] = []
        if finder.few:  # of many persons every text is read: one look here instead of one for each word
            types = self._rows.schema.tables[name]
            binary = [not is_text(held) for place in places if (held := types.column(place.column)) is not None]
            tests.append(may_name(connection.dialect.name, columns, binary, finder))
        tests += [] if stretch is None else [stretch]
        tests += [] if own else [self._not_own(name, rows)]
        tests += [] if self._payers is None else [self._not_payers(self._payers, name, rows)]
        query = select(*keys, *columns).select_from(rows).where(*tests).execution_options(yield_per=_AT_ONCE)
        for row in connection.execute(query):
            yield tuple(row[: len(keys)]), tuple(row[len(keys) :])

    @staticmethod
    def _not_payers(payers: PersonRows, name: str, rows: FromClause) -> ColumnElement[bool]:
        """Lines of account that are kept, and what of a payer's own record stays for them."""
        kept = [
            payers.names(name, one.trace.column, rows)
            for one in payers.steps
            if one.table == name and one.trace.column and (one.trace.finance or one is payers.own)
        ]
        return or_(false(), *kept).is_not(True)

    def _not_own(self, name: str, rows: FromClause) -> ColumnElement[bool]:
        mine = [one for one in self._rows.steps if one.table == name and one.act is Act.DELETE]
        return or_(false(), *(self._rows.those(one, rows) for one in mine)).is_not(True)


def _number_key(table: Table) -> str | None:
    if len(table.primary_key) != 1:
        return None
    found = table.column(table.primary_key[0])
    return found.name if found is not None and "int" in found.type.lower() else None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, list):  # of texts, as PostgreSQL has them: told, and left for a human
        return "\n".join(map(_text, value))
    return value if isinstance(value, str) else ""
