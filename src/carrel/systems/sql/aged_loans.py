"""The loans of a chunk move to another table without their readers, in the chunk's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    update,
)

from carrel.errors import fault
from carrel.inventory.aged_row import Aged, Ledger
from carrel.policy.schedule import Charges
from carrel.retention.predicate import Fact, Holds
from carrel.systems import faults
from carrel.systems.sql.aged_columns import AgedColumns, next_number
from carrel.systems.sql.described_readers import DescribedReaders
from carrel.systems.sql.expressions import its_day
from carrel.systems.sql.held_rows import HeldRows
from carrel.systems.sql.key_assertion import KeyAssertion
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.trigger_way import TriggerWay, bypassed
from carrel.systems.sql.worktables import AGED, CHARGED, CHUNK, empty, inserted, know


@dataclass(frozen=True, slots=True)
class AgedLoans:
    """How the loans of a chunk move.

    Attributes:
        shelf: with the tables of the map.
        aged: what goes along.
        charges: whether settled charges lose the card; if not, something stays under the old number.
        by_day: the policy keeps no time of day.
        deletes: the policy deletes loans; nothing of them moves.
        way: what becomes of the product's own triggers.
        keys: the foreign keys that are seen to where triggers are bypassed.
    """

    shelf: Shelf
    aged: Aged
    charges: Charges
    by_day: bool
    deletes: bool
    way: TriggerWay
    keys: KeyAssertion | None

    # -- moving -----------------------------------------------------------------------------------------------------

    def begin(self, connection: Connection) -> dict[str, int]:
        """Before anything else of a chunk, where triggers are bypassed: numbers for its loans, and what goes with them.

        Sums that no payer keeps are deleted here, and not cut first.

        Returns:
            Rows deleted, by table.
        """
        if self.way is not TriggerWay.BYPASSED:
            return {}
        self._number(connection)
        self._note_charged(connection)
        with bypassed(connection):
            return self._dependants(connection)

    def cut(self, connection: Connection) -> int:
        """Move the chunk's loans that still name the reader whom the chunk knows; how many.

        Raises:
            CarrelError: SQL-016, a foreign key would be left without its row, or the product's trigger did something
                else than to move what was deleted; the chunk is undone.
        """
        if self.way is TriggerWay.BYPASSED:
            size = int(connection.execute(select(func.count()).select_from(AGED)).scalar_one())
            with bypassed(connection):
                if (payers := self._payers()) is not None:
                    connection.execute(insert(self._ledger_rows).from_select(self._ledger_names, payers))
                self._free(connection)
                self._move(connection)
                self._delete(connection)
                self._say_other_kind(connection)
            if self.keys is not None:
                self.keys.require(connection)
            return size
        size = self._number(connection)
        self._note_charged(connection)
        payers, held = self._payers(), HeldRows(connection, 0)
        spared = [(HeldRows(connection, number), name) for number, name in enumerate(self._spared, 1)]
        if payers is not None:
            held.take(payers)
            for rows, name in spared:
                rows.whole(name, self._children[name], select(CHARGED.c.loan))
        self._dependants(connection)
        self._free(connection)
        if self.way is TriggerWay.PRODUCT:
            self._by_the_product(connection, size)
        else:
            self._move(connection)
            self._delete(connection)
        if payers is not None and self.aged.ledger is not None:
            held.give(self.aged.ledger.table, self._ledger_names)
            for rows, name in spared:
                rows.replace(name, self._children[name], select(CHARGED.c.loan))
            self._say_other_kind(connection)
        return size

    def _number(self, connection: Connection) -> int:
        """New numbers, given out in an order that says nothing of the old ones."""
        anchor, number = self.shelf.map.loans.closed, self.aged.number
        loans = self._loans
        empty(connection, AGED)
        mine = and_(loans.c[anchor.key] == CHUNK.c.loan, loans.c[anchor.person] == CHUNK.c.person)
        mixed = select(CHUNK.c.loan, CHUNK.c.person).where(mine).order_by(func.gen_random_uuid()).subquery("mixed")
        drawn = mixed.c.loan if number is None else next_number(number)
        given = insert(AGED).from_select(["loan", "number", "person"], select(mixed.c.loan, drawn, mixed.c.person))
        size = inserted(connection, given)
        know(connection, AGED)
        return size

    @property
    def _keeps_payers(self) -> bool:
        return self.aged.ledger is not None and self.charges is not Charges.LOSE_CARD

    def _note_charged(self, connection: Connection) -> None:
        """Note under which numbers somebody was billed or has paid: something stays there."""
        empty(connection, CHARGED)
        if not self._keeps_payers:
            return
        anchor, loans = self.shelf.map.loans.closed, self._loans
        facts = LoanColumns(self.shelf, anchor, loans, few=True)
        billed = or_(facts.compile(Holds(Fact.CHARGED)), facts.compile(Holds(Fact.SETTLED)))
        charged = select(AGED.c.loan).where(loans.c[anchor.key] == AGED.c.loan, billed)
        connection.execute(insert(CHARGED).from_select(["loan"], charged))
        know(connection, CHARGED)

    def _payers(self) -> Select[Any] | None:
        """The rows that stay there, or None."""
        ledger = self.aged.ledger
        if ledger is None or not self._keeps_payers:
            return None
        anchor, loans = self.shelf.map.loans.closed, self._loans
        told = (
            its_day(loans.c[here]) if there in ledger.days else loans.c[here] for here, there in ledger.columns.items()
        )
        values = (loans.c[anchor.key], *told, *(literal(value) for value in ledger.told.values()))
        return select(*values).where(loans.c[anchor.key] == CHARGED.c.loan)

    def _dependants(self, connection: Connection) -> dict[str, int]:
        """Rows that go first; a payer's sums stay with the payer. How many, by table."""
        mine, charged, gone = select(AGED.c.loan), select(CHARGED.c.loan), {}
        for name, column in self._children.items():
            number = self.shelf[name].c[column]
            spared = number.not_in(charged) if name in self._spared else true()
            rows = delete(self.shelf[name]).where(number.in_(mine), spared)
            gone[name] = int(connection.execute(rows).rowcount)
        return gone

    def _free(self, connection: Connection) -> None:
        """Rows that stay, without the number."""
        for name, column in self.shelf.map.loans.closed.cut.frees.items():
            rows = self.shelf[name]
            connection.execute(update(rows).values({column: null()}).where(rows.c[column].in_(select(AGED.c.loan))))

    def _move(self, connection: Connection) -> None:
        if self.deletes:
            return
        columns = AgedColumns(self.shelf, self.aged, by_day=self.by_day)
        connection.execute(insert(self._moved).from_select(columns.names, columns.query()))

    def _delete(self, connection: Connection) -> None:
        anchor, loans = self.shelf.map.loans.closed, self._loans
        mine = and_(loans.c[anchor.key] == AGED.c.loan, loans.c[anchor.person] == AGED.c.person)
        connection.execute(delete(loans).where(mine))

    def _say_other_kind(self, connection: Connection) -> None:
        """Sums that stay with their payer say that they are no loan's any more."""
        ledger = self.aged.ledger
        for name, told in ledger.spares.items() if ledger is not None else ():
            rows = self.shelf[name]
            mine = rows.c[self._children[name]].in_(select(CHARGED.c.loan))
            connection.execute(update(rows).values(told).where(mine))

    # -- the product's own trigger ----------------------------------------------------------------------------------

    def _by_the_product(self, connection: Connection, size: int) -> None:
        """Let the product's own trigger move the rows, and then take out what it keeps."""
        bills = self._bills(connection)
        self._delete(connection)
        there = self._moved.c[self._key]
        moved = connection.execute(select(func.count()).where(there == AGED.c.loan)).scalar_one()
        if self._still_there(connection) or moved != size:
            raise fault(
                faults.CONSTRAINT,
                at=self.shelf.map.loans.closed.table,
                wanted=f"loans that the trigger {self.aged.trigger} moves as they are deleted",
                found="some that stayed, or that stand nowhere",
                because="the product cancels a deletion without a word, as of a loan that was renewed meanwhile",
                fix="run it again; if it stays so, look at the triggers of the table",
            )
        if self._bills(connection) != bills:
            raise fault(
                faults.CONSTRAINT,
                at=self.shelf.map.loans.closed.table,
                wanted="bills and payments that stay where they are",
                found="some that the product's trigger moved with their loan",
                because="moved bills keep the loan's number, with the words and seconds of it",
                fix="switch off the product's setting that ages money with loans, or let the account set "
                "session_replication_role, so that the trigger is bypassed",
            )
        if self.deletes:
            connection.execute(delete(self._moved).where(there.in_(select(AGED.c.loan))))
            return
        columns = AgedColumns(self.shelf, self.aged, by_day=self.by_day)
        connection.execute(update(self._moved).values(columns.mended(self._moved)).where(there == AGED.c.loan))

    def _bills(self, connection: Connection) -> list[int]:
        facts = self.shelf.map.loans.facts
        counted = []
        for step in (facts.charged.steps[0], facts.settled.steps[0]):
            rows = self.shelf[step.table]
            query = select(func.count()).where(rows.c[step.column].in_(select(AGED.c.loan)))
            counted.append(int(connection.execute(query).scalar_one()))
        return counted

    # -- reading back -----------------------------------------------------------------------------------------------

    def left(self, connection: Connection) -> dict[str, int]:
        """What of the chunk's loans is not as it should be, by table: still there, or not where they went."""
        left = {self.shelf.map.loans.closed.table: self._still_there(connection)}
        if not self.deletes:
            rows, key = self._moved, self._moved.c[self._key]
            readers = DescribedReaders.of(self.shelf, self.aged.table)
            stays = frozenset() if readers is None else readers.columns
            bare = and_(true(), *(rows.c[name].is_(None) for name in self.aged.empty if name not in stays))
            fine = true() if readers is None else readers.is_fine(rows)
            there = exists(select(1).select_from(rows).where(key == AGED.c.number, bare, fine))
            query = select(func.count()).select_from(AGED).where(not_(there))
            left[self.aged.table] = int(connection.execute(query).scalar_one())
        if self.aged.ledger is not None:
            rows, key = self._ledger_rows, self._ledger_rows.c[self.aged.ledger.key]
            there = exists(select(1).select_from(rows).where(key == CHARGED.c.loan))
            query = select(func.count()).select_from(CHARGED).where(not_(there))
            left[self.aged.ledger.table] = int(connection.execute(query).scalar_one())
        return left

    def forget(self, connection: Connection) -> None:
        """Empty the table that knows both numbers of each loan."""
        empty(connection, AGED)
        empty(connection, CHARGED)

    def _still_there(self, connection: Connection) -> int:
        key = self._loans.c[self.shelf.map.loans.closed.key]
        return int(connection.execute(select(func.count()).where(key == CHUNK.c.loan)).scalar_one())

    # -- tables -----------------------------------------------------------------------------------------------------

    @property
    def _loans(self) -> Any:
        return self.shelf[self.shelf.map.loans.closed.table]

    @property
    def _moved(self) -> Any:
        return self.shelf[self.aged.table]

    @property
    def _key(self) -> str:
        return self.aged.key(self.shelf.map.loans.closed.key)

    @property
    def _ledger_rows(self) -> Any:
        return self.shelf[self._ledger.table]

    @property
    def _ledger_names(self) -> tuple[str, ...]:
        return (self._ledger.key, *self._ledger.columns.values(), *self._ledger.told)

    @property
    def _ledger(self) -> Ledger:
        if self.aged.ledger is None:
            raise RuntimeError("nothing stays under the old number")
        return self.aged.ledger

    @property
    def _children(self) -> dict[str, str]:
        return self.shelf.map.loans.closed.cut.children

    @property
    def _spared(self) -> tuple[str, ...]:
        return () if self.aged.ledger is None else tuple(self.aged.ledger.spares)
