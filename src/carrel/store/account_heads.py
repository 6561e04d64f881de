"""How far the accounts of privacy budgets had grown, so that a file that lost its last lines is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from carrel.deidentification.statistics.budget import AccountHead, Spending
from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.owed_leaves import owe


class AccountHeads:
    """Every spending of the accounts that a site knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, place: str, opening: str | None) -> tuple[AccountHead, ...]:
        """The last head of the account at a place, and of the one that began with a line, wherever it lies."""
        with self._database.reading() as connection:
            return _known(connection, place, opening)

    def totals(self) -> frozenset[Spending]:
        """What was spent in all after each spending of any account."""
        table = tables.account_head
        with self._database.reading() as connection:
            return frozenset(_head(row).spent for row in connection.execute(select(table)))

    def keep(self, head: AccountHead, salt: str, at: datetime, leaves: Iterable[OpenLeaf]) -> bool:
        """Keep a head, and owe its leaf to the ledger with it.

        Returns:
            False, and nothing is kept, where as many spendings of it are known already: a copy of the file was used.
        """
        table = tables.account_head
        with self._database.writing() as connection:
            if any(one.spendings >= head.spendings for one in _known(connection, head.place, head.opening)):
                return False
            connection.execute(
                insert(table).values(
                    opening=head.opening, spendings=head.spendings, place=head.place, head=head.head,
                    spent=f"{head.spent.epsilon:f} {head.spent.delta:f}", at=at, salt=salt,
                )
            )  # fmt: skip
            owe(connection, leaves, at)
        return True


def _known(connection: Connection, place: str, opening: str | None) -> tuple[AccountHead, ...]:
    table = tables.account_head
    found: dict[str, AccountHead] = {}
    for where in (table.c.place == place, table.c.opening == (opening or "")):
        row = connection.execute(select(table).where(where).order_by(table.c.spendings.desc()).limit(1)).one_or_none()
        if row is not None:
            found[row.head] = _head(row)
    return tuple(found.values())


def _head(row: Row[Any]) -> AccountHead:
    epsilon, delta = row.spent.split(" ")
    spent = Spending.of_dict({"epsilon": epsilon, "delta": delta}, "the store")
    return AccountHead(row.place, row.opening, row.spendings, row.head, spent)
