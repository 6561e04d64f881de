"""The questions about one person, asked: the first rows of each table, all of them as they are written, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, literal_column, select
from sqlalchemy.exc import DBAPIError

from carrel.errors import CarrelError
from carrel.rights.ending import earliest
from carrel.systems.faults import GRANTS
from carrel.systems.sql.failure import classify
from carrel.systems.sql.person_layout import AnswerLayout
from carrel.systems.sql.person_queries import PersonQueries, Question
from carrel.systems.sql.person_statement import once

FIRST = 500  # rows of a question that are read at once; more are read as they are written
_DATED = ("date", "timestamp", "text", "varchar", "character varying")  # types that can be compared with a day
_FIRST_DAY: ColumnElement[Any] = literal_column("'1000-01-01'")  # no library is as old; MariaDB's zero is before it
Row = dict[str, Any]
Found = list[tuple[Question, list[Row], bool]]  # of one table; whether there are more rows


@dataclass(frozen=True)
class Narrowing:
    """What alone is read, where not everything is asked for.

    Attributes:
        tables: that are read; nothing else is.
        which: by table, which of its rows.
    """

    tables: frozenset[str]
    which: Mapping[str, Callable[[FromClause], ColumnElement[bool]]]


class PersonAsking:
    """One person's questions in one system.

    Args:
        connection: by the account that reads; its transaction is one snapshot.
        layout: of the database.
        queries: about the person.
        narrowing: what alone is read; None for everything.
        at: what errors call the system.

    Attributes:
        shown: how many rows of a table somebody will look at; None where all of them may be asked for.
        without_index: tables that were read whole.
        left_out: tables that would have been, each with whether only rows of others stand there.
        acted: how many rows of others name the person, by table and column.
    """

    def __init__(
        self,
        connection: Connection,
        layout: AnswerLayout,
        queries: PersonQueries,
        narrowing: Narrowing | None,
        at: str,
    ) -> None:
        self._connection, self._layout, self._at, self._narrowing = connection, layout, at, narrowing
        self.queries, self._selection = queries, queries.selection
        self.shown: int | None = None
        self.without_index: dict[str, None] = {}
        self.left_out: dict[str, bool] = {}
        self.acted: list[tuple[str, str, int]] = []

    def first(self, table: str, *, thorough: bool) -> Found:
        """The first rows of a table, question by question; rows of others are counted.

        Args:
            table: its name.
            thorough: it is read whole where no index leads to the person; otherwise it is left out.

        Raises:
            DeniedError: it cannot be read, and the transaction is over with it.
        """
        found = []
        try:
            for question in self.queries.of(table):
                if self._narrowing is not None and (question.counted or self._is_coincidence(question)):
                    continue
                whole = self._layout.read_whole(table, question.by)
                self.without_index |= dict.fromkeys(whole)
                if table in whole and not thorough:
                    self.left_out[table] = self.left_out.get(table, True) and question.counted
                    continue
                if question.counted:
                    if many := self._number(question):
                        self.acted.append((table, question.column, many))
                    continue
                most = self._most_of(question)
                rows = self._rows(question, most + 1)
                if self._narrowing is None and len(rows) <= most:
                    self.queries.keep(question, rows)
                if rows:
                    found.append((question, rows[:most], len(rows) > most))
        except DBAPIError as wrong:
            raise DeniedError(table, classify(wrong, f"{self._at}: {table}")) from None
        return found

    @property
    def most(self) -> int:
        """Rows of a table that are told first."""
        return FIRST if self.shown is None else self.shown

    def _most_of(self, question: Question) -> int:
        """Rows of a question that are read at once; to count those on a way would ask the whole way again."""
        return FIRST if question.way else self.most

    def _rows(self, question: Question, most: int) -> list[Row]:
        if self._narrowing is not None:
            query = self.query(question).limit(most)
        else:
            name = ("first", *question.asks, most)
            query = once(self._selection, name, lambda: self.query(question).limit(most))
        result = self._connection.execute(query, question.values)
        names = tuple(result.keys())
        return [dict(zip(names, one, strict=True)) for one in result]

    def query(self, question: Question) -> Select[Any]:
        """The statement that shows the rows of a question, with places for its values."""
        query = self._layout.shown(question.table).where(question.which)
        if self._narrowing is not None and (which := self._narrowing.which.get(question.table)) is not None:
            query = query.where(which(self._selection.rows(question.table)))
        return query

    def _is_coincidence(self, question: Question) -> bool:
        """Whether nothing but the second of an event leads to the rows: what was parted stays parted."""
        return self._layout.ways.is_coincidence(question.way)

    # -- counted ----------------------------------------------------------------------------------------------------

    def _number(self, question: Question) -> int:
        return int(self._tally(question).scalar_one())

    def _tally(self, question: Question, times: Sequence[str] = ()) -> Any:
        rows = self._selection.rows(question.table)
        query = once(self._selection, ("tally", *question.asks, *times), partial(_tally_of, question, rows, times))
        return self._connection.execute(query, question.values)

    def count(self, table: str, found: Found, times: Sequence[str]) -> tuple[int, list[datetime | None]]:
        """How many rows several questions to a table have, each row once, and the earliest time in each column."""
        live = self._layout.schema.tables[table]
        dated = [
            name for name in times if (one := live.column(name)) is not None and one.type.lower().startswith(_DATED)
        ]
        many, first = 0, list[datetime | None]()
        for question, _, _ in found:
            number, *times_there = self._tally(question, dated).one()
            many += int(number)
            first += [earliest([one]) for one in times_there]
        if len(found) == 1:
            return many, first
        return sum(1 for _ in self.once_each(table, [(asked, self.every(asked)) for asked, _, _ in found])), first

    # -- all of them ------------------------------------------------------------------------------------------------

    def once_each(self, table: str, parts: Sequence[tuple[Question, Iterable[Row]]]) -> Iterator[Row]:
        """The rows of several questions to one table, each row once."""
        if len(parts) == 1:
            yield from parts[0][1]
            return
        key = self._selection.key(table)
        seen: set[tuple[Any, ...]] = set()
        for _, rows in parts:
            fresh = set()
            for row in rows:
                mark = tuple(row.get(name) for name in key) if key else tuple(map(str, row.values()))
                if mark in seen:
                    continue
                fresh.add(mark)
                yield row
            seen |= fresh

    def every(self, question: Question, *, only: Sequence[str] = ()) -> Iterator[Row]:
        """All rows of a question, a few at a time; with these of their columns only, if any are named."""
        query = self.query(question)
        if only and (there := [one for one in query.selected_columns if one.key in only]):
            query = query.with_only_columns(*there, maintain_column_froms=True)
        # Of the statement alone: as an option of the connection it would stay, and every question would be streamed.
        with self._connection.execute(query.execution_options(yield_per=FIRST), question.values) as found:
            for row in found.mappings():
                yield dict(row)


class DeniedError(Exception):
    """A table could not be read.

    Attributes:
        table: its name.
        wrong: the coded error.
    """

    def __init__(self, table: str, wrong: CarrelError) -> None:
        super().__init__(table)
        self.table, self.wrong = table, wrong

    @property
    def is_missing_right(self) -> bool:
        """Whether the account may not read it, and may read others."""
        return self.wrong.code == GRANTS.code


def _tally_of(question: Question, rows: FromClause, times: Sequence[str] = ()) -> Select[Any]:
    """How many rows a question has, and the earliest time in each of some columns; a zero of the server is no time."""
    first = [func.min(case((rows.c[name] > _FIRST_DAY, rows.c[name]))) for name in times]
    wanted: list[ColumnElement[Any]] = [func.count(), *first]
    return select(*wanted).select_from(rows).where(question.which)
