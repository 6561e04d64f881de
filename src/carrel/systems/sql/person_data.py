"""Everything that one system holds of one person, read on the account that reads, in one consistent snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from carrel.policy.resolve import Policy
from carrel.retention.identifiers import Subject
from carrel.rights import faults
from carrel.rights.answer import Acted, HeldInSystem, TableAsker, Unread
from carrel.rights.third_persons import suspects
from carrel.rights.words_of_others import Others
from carrel.systems.faults import GRANTS
from carrel.systems.sql.failure import classify
from carrel.systems.sql.person_asking import FIRST, Narrowing, PersonAsking
from carrel.systems.sql.person_layout import AnswerLayout, AskedColumn
from carrel.systems.sql.person_naming import Naming
from carrel.systems.sql.person_presence import presence_of
from carrel.systems.sql.person_queries import PersonQueries
from carrel.systems.sql.person_records import PersonRecords, Read
from carrel.systems.sql.person_statement import filled


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
        self._naming = Naming(connection, layout.selection.of((subject,)), whole=narrowing is not None)
        self.subject, self.own, self.gone = self._naming.named(subject)
        self._selection = layout.selection.of((self.subject,))
        self._asking = PersonAsking(connection, layout, self._queries(), narrowing, at)
        self._unread: list[Unread] = []

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
        self._asking.shown = None if shown is None else min(shown, FIRST)
        without, layout = set(denied), self._layout
        if not without and self._narrowing is None:
            self._look()
        self._unread += self._unseen()
        read: Read = {}
        for table in filter(self._is_asked, layout.tables):
            if table in without:
                self._unread.append(Unread(table, layout.says(table), "SQL-005", "the account may not read it"))
            elif lacks := layout.lacking(table):
                why = f"the database has no {', '.join(lacks)}"
                self._unread.append(Unread(table, layout.says(table), "SQL-012", why))
            elif found := self._asking.first(table, thorough=thorough):
                read[table] = found
        for table, only_acted in self._asking.left_out.items():
            why = "no index leads to a person there, and it was not to be read whole"
            self._unread.append(Unread(table, layout.says(table), faults.NOT_LOOKED.code, why, only_acted))
        told = PersonRecords(layout, self._asking, self._policy, self._zone, self.own, self._others(read))
        records = told.of(read)
        acted = tuple(Acted(table, column, layout.says(table), many) for table, column, many in self._asking.acted)
        return HeldInSystem(
            name, product, str(self._zone), found=True, gone=self.gone, records=records, acted=acted,
            unread=tuple(self._unread), without_index=tuple(self._asking.without_index), to_read=told.to_read,
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
        self._asking.queries = self._queries(present)

    def _queries(self, present: frozenset[AskedColumn] | None = None) -> PersonQueries:
        return PersonQueries(self._layout, self._selection, self._connection, present)

    def _unseen(self) -> Iterator[Unread]:
        """Tables and columns that a server hides from an account without a right to them (MariaDB)."""
        if self._connection.dialect.name not in {"mysql", "mariadb"}:
            return
        for table, hidden in self._layout.unseen:
            if not self._is_asked(table):
                continue
            says = self._layout.says(table)
            if hidden:
                yield Unread(table, f"{says}: {', '.join(hidden)}", "SQL-012", "the same")
            else:
                yield Unread(table, says, "SQL-012", "it is not there, or the account may not see it")

    def statements(self, *, indexed: bool = False) -> Iterator[tuple[str, str]]:
        """Every question that shows rows, by table, as SQL; with values of the person in it, so it is never printed.

        Args:
            indexed: only those to whose rows an index leads.
        """
        for table in self._layout.tables:
            for question in self._asking.queries.of(table) if not self._layout.lacking(table) else ():
                if not question.counted and (self._layout.has_index(question.table, question.by) or not indexed):
                    query = filled(self._asking.query(question), question.values)
                    kinds = {"literal_binds": True}
                    yield table, str(query.compile(dialect=self._connection.dialect, compile_kwargs=kinds))

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
                further = more and self._asking.shown is None and names_of
                for row in self._asking.every(question, only=names_of) if further else rows:
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
