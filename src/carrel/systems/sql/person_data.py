"""Everything that one system holds of one person, read on the account that reads, in one consistent snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, CursorResult, FromClause, Select
from sqlalchemy.exc import DBAPIError

from carrel.errors import CarrelError
from carrel.inventory.access_map import HeldKind
from carrel.inventory.category import Category
from carrel.policy.resolve import Policy
from carrel.retention.identifiers import Subject
from carrel.rights import faults
from carrel.rights.answer import Acted, DatedRow, HeldInSystem, HeldRecords, HeldTable, TableAsker, Unread
from carrel.rights.ending import Keeping, earliest, goes_on, keeping
from carrel.rights.reckoned_rows import Reckoned
from carrel.rights.third_persons import Telling, suspects
from carrel.rights.words_of_others import Others
from carrel.systems.faults import GRANTS
from carrel.systems.sql.failure import classify
from carrel.systems.sql.person_layout import AnswerLayout
from carrel.systems.sql.person_naming import Naming
from carrel.systems.sql.person_presence import presence_of
from carrel.systems.sql.person_queries import PersonQueries, Question, tally
from carrel.systems.sql.person_statement import statement_of

FIRST = 500  # rows of a question that are read at once; more are read as they are written
_DATED = ("date", "timestamp", "text", "varchar", "character varying")  # types that can be compared with a day
_OTHER = HeldKind(name="other records", tables=("",))
Row = dict[str, Any]
Found = list[tuple[Question, list[Row], bool]]  # of one table; whether there are more rows
Read = dict[str, Found]


@dataclass(frozen=True)
class Narrowing:
    """What alone is read, where not everything is asked for.

    Attributes:
        tables: that are read; nothing else is.
        which: by table, which of its rows.
    """

    tables: frozenset[str]
    which: Mapping[str, Callable[[FromClause], ColumnElement[bool]]]


class PersonData:
    """One person in one system, for as long as the connection is in its transaction.

    Args:
        connection: by the account that reads; its transaction is one snapshot.
        layout: of the database; whoever asks for several people makes it once.
        subject: whose.
        policy: in force.
        zone: of the system.
        at: what errors call the system.
        narrowing: what alone is read; rows that only a coincidence leads to are not, nor is what the person did in rows
            of others counted. None for everything.

    Attributes:
        own: the person's numbers and words; nobody prints them.
    """

    def __init__(
        self,
        connection: Connection,
        layout: AnswerLayout,
        subject: Subject,
        policy: Policy,
        zone: ZoneInfo,
        at: str,
        narrowing: Narrowing | None = None,
    ) -> None:
        self._connection, self._layout, self._at, self._narrowing = connection, layout, at, narrowing
        self._policy, self._zone = policy, zone
        self._schema, self._map, self.access = layout.schema, layout.system_map, layout.access
        self._naming = Naming(connection, layout.selection.of((subject,)), whole=narrowing is not None)
        self.subject, self.own, self.gone = self._naming.named(subject)
        self._selection = layout.selection.of((self.subject,))
        self.queries = PersonQueries(layout, self._selection, connection)
        self._unread: list[Unread] = []
        self._acted: list[Acted] = []
        self._without_index: dict[str, None] = {}
        self._left_out: dict[str, bool] = {}  # whether only rows of others stand there
        self._to_read = 0
        self._shown: int | None = None

    def read(
        self, name: str, product: str, *, denied: Iterable[str] = (), thorough: bool = True, shown: int | None = None
    ) -> HeldInSystem:
        """Everything, by kind of record.

        Args:
            name: of the system.
            product: that runs there.
            thorough: tables in which no index leads to a person are read whole; otherwise they are told as unread.
            denied: tables that this account may not read, as the server told before.
            shown: how many rows of a table somebody will look at, and no more; those beyond are counted. None where
                all of them may be asked for.

        Returns:
            What is held. Rows beyond the first ones of a question are read when they are asked for, in the same
            snapshot.

        Raises:
            DeniedError: a table cannot be read, and the transaction is over with it: begin again without the table.
            CarrelError: SQL-…, whatever else stands in the way.
        """
        self._shown = None if shown is None else min(shown, FIRST)
        without = set(denied)
        if not without and self._narrowing is None:
            self._look()
        self._unread += self._unseen()
        read: Read = {}
        for table in filter(self._is_asked, self._layout.tables):
            says = self._says(table)
            if table in without:
                self._unread.append(Unread(table, says, "SQL-005", "the account may not read it"))
            elif lacks := self._layout.lacking(table):
                self._unread.append(Unread(table, says, "SQL-012", f"the database has no {', '.join(lacks)}"))
            elif found := self._first(table, thorough=thorough):
                read[table] = found
        if self._left_out:
            why = "no index leads to a person there, and it was not to be read whole"
            code = faults.NOT_LOOKED.code
            self._unread += [Unread(name, self._says(name), code, why, acted) for name, acted in self._left_out.items()]
        others = self._others(read)
        records = tuple(self._records(kind, tables, read, others) for kind, tables in self._kinds(read))
        return HeldInSystem(
            name, product, str(self._zone), found=True, gone=self.gone, records=records, acted=tuple(self._acted),
            unread=tuple(self._unread), without_index=tuple(self._without_index), to_read=self._to_read,
            called=self._naming.called, asker=self.asker,
        )  # fmt: skip

    @property
    def called(self) -> frozenset[str]:
        """Whole names of the person, in small letters; never told, only compared."""
        return self._naming.called

    @property
    def asker(self) -> TableAsker:
        """How the system knows the person, for what stands beside it."""
        return TableAsker(self._with_addresses(), self.own)

    def others_in(self, texts: Iterable[str]) -> Others:
        """Words of everybody else whom texts from beside the system name, as far as it knows them."""
        cards: set[str] = set()
        names: set[str] = set()
        for text in texts:
            digits, capitals = suspects(text)
            cards |= digits
            names |= capitals
        return Others(self._naming.of_others((), cards, names, self.own), self.own)

    def _is_asked(self, table: str) -> bool:
        return self._narrowing is None or table in self._narrowing.tables

    def _with_addresses(self) -> Subject:
        """The person with the addresses of the record, of which nobody was asked whether somebody else has them too."""
        return replace(self.subject, told=tuple(sorted(word for word in self.own.words if "@" in word)))

    def _look(self) -> None:
        """Learn where the person stands at all, so that the rest is not asked."""
        presence = presence_of(self._layout, self._connection)
        try:
            present = presence.of(self._connection, self.subject)
        except DBAPIError as wrong:
            # One table among them may not be read: each is asked by itself, and tells which it is.
            if (coded := classify(wrong, self._at)).code != GRANTS.code:
                raise coded from None
            self._connection.rollback()
            return
        self.queries = PersonQueries(self._layout, self._selection, self._connection, present)

    def _unseen(self) -> Iterator[Unread]:
        """Tables and columns that a server hides from an account without a right to them (MariaDB)."""
        if self._connection.dialect.name not in {"mysql", "mariadb"}:
            return
        for kind in self.access.kinds:
            for table in filter(self._is_asked, kind.tables):
                live = self._schema.tables.get(table)
                if live is None:
                    yield Unread(table, self._says(table), "SQL-012", "it is not there, or the account may not see it")
                elif hidden := set(self._map.columns.get(table, ())) - set(live.column_names):
                    yield Unread(table, f"{self._says(table)}: {', '.join(sorted(hidden))}", "SQL-012", "the same")

    # -- what is read first -----------------------------------------------------------------------------------------

    def _first(self, table: str, *, thorough: bool) -> Found:
        found = []
        try:
            for question in self.queries.of(table):
                if self._narrowing is not None and (question.counted or self._is_coincidence(question)):
                    continue
                whole = self._layout.read_whole(table, question.by)
                self._without_index |= dict.fromkeys(whole)
                if table in whole and not thorough:
                    self._left_out[table] = self._left_out.get(table, True) and question.counted
                    continue
                if question.counted:
                    rows = self._selection.rows(table)
                    if many := int(self._connection.execute(tally(question, rows)).scalar_one()):
                        self._acted.append(Acted(table, question.column, self._says(table), many))
                    continue
                result = self._result(question)
                names = tuple(result.keys())
                rows_read = [dict(zip(names, one, strict=True)) for one in result]
                most = self._most_of(question)
                if self._narrowing is None and len(rows_read) <= most:
                    self.queries.keep(question, rows_read)
                if rows_read:
                    found.append((question, rows_read[:most], len(rows_read) > most))
        except DBAPIError as wrong:
            raise DeniedError(table, classify(wrong, f"{self._at}: {table}")) from None
        return found

    def _result(self, question: Question) -> CursorResult[Any]:
        """The first rows of a question."""
        numbers = self.subject.numbers
        if question.walk and not question.way and self._narrowing is None and len(numbers) == 1:
            asked = statement_of(self._layout, question.table, question.column, self._most + 1, self._connection)
            return asked.rows(self._connection, numbers[0])
        return self._connection.execute(self._query(question).limit(self._most_of(question) + 1))

    @property
    def _most(self) -> int:
        """Rows of a table that are told first."""
        return FIRST if self._shown is None else self._shown

    def _most_of(self, question: Question) -> int:
        """Rows of a question that are read at once; to count those on a way would ask the whole way again."""
        return FIRST if question.way else self._most

    def _query(self, question: Question) -> Select[Any]:
        query = self._layout.shown(question.table).where(question.which)
        if self._narrowing is not None and (which := self._narrowing.which.get(question.table)) is not None:
            query = query.where(which(self._selection.rows(question.table)))
        return query

    def _is_coincidence(self, question: Question) -> bool:
        """Whether nothing but the second of an event leads to the rows: what was parted stays parted."""
        return self._layout.ways.is_coincidence(question.way)

    def statements(self, *, indexed: bool = False) -> Iterator[tuple[str, str]]:
        """Every question that shows rows, by table, as SQL; with values of the person in it, so it is never printed.

        Args:
            indexed: only those to whose rows an index leads.
        """
        for table in self._layout.tables:
            for question in self.queries.of(table) if not self._layout.lacking(table) else ():
                if not question.counted and (self._layout.has_index(question.table, question.by) or not indexed):
                    compiled = self._query(question).compile(
                        dialect=self._connection.dialect, compile_kwargs={"literal_binds": True}
                    )
                    yield table, str(compiled)

    def _says(self, table: str) -> str:
        told_of = self._selection.person.tables.get(table)
        if told_of is not None:
            return told_of.why
        further = self.access.further.get(table, ())
        return further[0].why if further else table

    # -- who else is named there ------------------------------------------------------------------------------------

    def _others(self, read: Read) -> Others:
        """Words of everybody else whom these rows name, by number or in a text."""
        people: set[Any] = set()
        texts: set[str] = set()  # many rows say the same: each is looked through once
        cards: set[str] = set()
        names: set[str] = set()
        relatives: set[str] = set()
        for table, found in read.items():
            columns = self._layout.columns(table)
            free, kin = columns.free, columns.kin
            for question, rows, more in found:
                names_of = (*columns.people, *kin, *free)
                further = more and self._shown is None and names_of
                for row in self._all(question, only=names_of) if further else rows:
                    for name in columns.people:
                        people.add(row.get(name))
                    for name in kin:
                        if isinstance(value := row.get(name), str):
                            relatives.add(value)
                    for name in free:
                        if isinstance(value := row.get(name), str):
                            texts.add(value)
        for text in texts:
            digits, capitals = suspects(text, whole=self._naming.whole)
            cards |= digits
            names |= capitals
        numbers = {str(one) for one in people - {None, "", 0}}
        words = self._naming.of_others(numbers, cards, names, self.own)
        return Others((*words, *self._naming.of_relatives(relatives)), self.own)

    # -- what is told -----------------------------------------------------------------------------------------------

    def _kinds(self, read: Iterable[str]) -> Iterator[tuple[HeldKind, list[str]]]:
        there = list(read)
        for kind in self.access.kinds:
            if tables := [name for name in kind.tables if name in there]:
                yield kind, tables
        if rest := [name for name in there if self.access.kind_of(name) is None]:
            yield _OTHER, rest

    def _records(
        self,
        kind: HeldKind,
        tables: list[str],
        read: Read,
        others: Others,
    ) -> HeldRecords:
        rules = keeping(self._policy, kind.record)
        held, times = [], []
        for name in tables:
            columns, found = self._layout.columns(name).times, read[name]
            count: int | None = None
            if self._shown is not None and any(more for _, _, more in found):
                count, first = self._count(name, found, columns)
            else:
                first = [earliest(row.get(column) for row in rows) for column in columns for _, rows, _ in found]
            times += [one for one in first if one is not None]
            held.append(self._table(name, kind, rules, found, others, count))
        return HeldRecords(kind.name, rules, kind.while_there, min(times, default=None), tuple(held))

    def _count(self, table: str, found: Found, times: Sequence[str]) -> tuple[int, list[datetime | None]]:
        """How many rows several questions to a table have, each row once, and the earliest time in each column."""
        rows, live = self._selection.rows(table), self._schema.tables[table]
        dated = [
            name for name in times if (one := live.column(name)) is not None and one.type.lower().startswith(_DATED)
        ]
        many, first = 0, list[datetime | None]()
        for question, _, _ in found:
            number, *times_there = self._connection.execute(tally(question, rows, dated)).one()
            many += int(number)
            first += [earliest([one]) for one in times_there]
        if len(found) == 1:
            return many, first
        return sum(1 for _ in self._once(table, [(asked, self._all(asked)) for asked, _, _ in found])), first

    def _table(
        self,
        table: str,
        kind: HeldKind,
        rules: Keeping,
        found: Found,
        others: Others,
        count: int | None,
    ) -> HeldTable:
        ends = self._layout.ends.get(table)
        by = () if ends is None else rules.rules_for(ends.event)
        columns = self._layout.columns(table).told
        telling = Telling(self._layout.told(table, own_table=kind.own), self.own, others)

        def dated(row: Row) -> DatedRow:
            until = None if ends is None else goes_on(row, ends, by, self._zone)
            return DatedRow(telling(row), until)

        def stream() -> Iterator[DatedRow]:
            return map(dated, self._once(table, [(q, self._all(q) if more else iter(rows)) for q, rows, more in found]))

        rows = list(self._once(table, [(q, iter(rows)) for q, rows, _ in found]))
        first = Reckoned(rows, dated)
        if notes := [one.name for one in columns if one.category is Category.STAFF_NOTE]:
            # Each column is told by itself: of the rest of a row nothing has to be told for it.
            said = ({name: row[name] for name in notes if row.get(name)} for row in rows)
            self._to_read += sum(1 for row in said if row for value in telling(row).values.values() if value)
        more = any(more for _, _, more in found) or len(first) > self._most
        return HeldTable(table, self._says(table), columns, first.only(self._most), more, stream, bool(by), count)

    def _once(self, table: str, parts: list[tuple[Question, Iterator[Row]]]) -> Iterator[Row]:
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

    def _all(self, question: Question, *, only: Sequence[str] = ()) -> Iterator[Row]:
        """All rows of a question, a few at a time; with these of their columns only, if any are named."""
        query = self._query(question)
        if only and (there := [one for one in query.selected_columns if one.key in only]):
            query = query.with_only_columns(*there, maintain_column_froms=True)
        # Of the statement alone: as an option of the connection it would stay, and every question would be streamed.
        with self._connection.execute(query.execution_options(yield_per=FIRST)) as found:
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
