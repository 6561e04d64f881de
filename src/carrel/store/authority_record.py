"""Who may act, as the store keeps it: each change and the leaf that the ledger is owed are written by one commit."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from carrel.accountability.authority import (
    LEAF,
    OF_ACCOUNTS,
    RIGHTS,
    SITE_FILE,
    AuthorityEntry,
    Book,
)
from carrel.disclosure.absence import OfficeEvent
from carrel.ledger.leaf import OpenLeaf
from carrel.store import clock
from carrel.store.database import Database
from carrel.store.disclosure_tables import disclosure_office
from carrel.store.owed_leaves import day_of, owe
from carrel.store.staff_tables import staff_account, staff_event

_SALT = 32
NOT_IN_FILE = "not in the site file"


class AuthorityRecord:
    """The record of a store, of delegations, absences, accounts and rights."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self) -> tuple[AuthorityEntry, ...]:
        """All of it, in the order in which it was written down."""
        with self._database.reading() as connection:
            return tuple(sorted(_entries(connection), key=lambda one: one.at))

    def loose(self) -> tuple[str, ...]:
        """Names of accounts that stand otherwise than the entries say: open or shut, or set up, by no act on record."""
        with self._database.reading() as connection:
            rows = connection.execute(select(staff_account).order_by(staff_account.c.name)).all()
            acts = [one for one in _entries(connection) if one.book is Book.ACCOUNT]
        return tuple(row.name for row in rows if not _fits(row, [one for one in acts if one.whom == row.name]))

    def see_rights(self, rights: Mapping[str, str], account: str, now: datetime) -> int:
        """Write down what rights the site file gives, of each person with whom it changed.

        Args:
            rights: name to what the file says of the person.
            account: of the host at which that was seen; nobody can tell who wrote the file.
            now: aware time.

        Returns:
            How many entries were added.
        """
        with self._database.reading() as connection:
            if not _changed(connection, rights):
                return 0
        with self._database.writing() as connection:
            clock.observe(connection, now)
            changed = _changed(connection, rights)
            for name, says in changed.items():
                enter_account(connection, name, RIGHTS, SITE_FILE, now, account=account, says=says)
        return len(changed)


def enter_turn(connection: Connection, event: OfficeEvent) -> None:
    """Write a delegation or an absence down, with its leaf."""
    _enter(
        connection, disclosure_office, event.at, turn=str(event.turn), office=str(event.office), holder=event.holder,
        by=event.by, starts=event.starts, ends=event.ends, alternate=event.alternate, account=event.account,
    )  # fmt: skip


def enter_account(
    connection: Connection, name: str, act: str, by: str, now: datetime, *, account: str = "", says: str = ""
) -> None:
    """Write down what was done with an account of the staff, with its leaf."""
    _enter(connection, staff_event, now, name=name, act=act, by=by, account=account, says=says)


def commit_row(connection: Connection, row: Row[Any], now: datetime) -> None:
    """Owe the leaf of an entry that stands in its table.

    Args:
        connection: of the transaction.
        row: with its salt.
        now: aware time.
    """
    entry = _of_account(row) if "act" in row._fields else _of_office(row)
    owe(connection, [OpenLeaf(LEAF, day_of(now), {"commitment": entry.commitment()})], now)


def _enter(connection: Connection, table: Any, at: datetime, **values: Any) -> None:
    salt = secrets.token_bytes(_SALT)
    added = connection.execute(insert(table).values(at=at, salt=salt, **values)).inserted_primary_key
    which = added[0]  # type: ignore[index]  # has one
    row = connection.execute(select(table).where(table.c.id == which)).one()
    commit_row(connection, row, at)


def _entries(connection: Connection) -> Iterator[AuthorityEntry]:
    yield from map(_of_office, connection.execute(select(disclosure_office).order_by(disclosure_office.c.id)))
    lasting = staff_event.c.act.in_(OF_ACCOUNTS) | staff_event.c.salt.is_not(None)
    yield from map(_of_account, connection.execute(select(staff_event).where(lasting).order_by(staff_event.c.id)))


def _of_office(row: Row[Any]) -> AuthorityEntry:
    terms = {"office": row.office, "stands in": row.alternate, "from": row.starts.isoformat(),
             "until": "" if row.ends is None else row.ends.isoformat()}  # fmt: skip
    return AuthorityEntry(Book.OFFICE, row.id, row.turn, row.holder, row.by, row.account, row.at, terms, row.salt)


def _of_account(row: Row[Any]) -> AuthorityEntry:
    terms = {"rights": row.says} if row.says else {}
    return AuthorityEntry(Book.ACCOUNT, row.id, row.act, row.name, row.by, row.account, row.at, terms, row.salt)


def _changed(connection: Connection, rights: Mapping[str, str]) -> dict[str, str]:
    query = select(staff_event).where(staff_event.c.act == RIGHTS).order_by(staff_event.c.id)
    known = {row.name: row.says for row in connection.execute(query)}
    wanted = {**dict.fromkeys(known, NOT_IN_FILE), **rights}
    return {name: says for name, says in wanted.items() if known.get(name) != says}


def _fits(row: Row[Any], acts: list[AuthorityEntry]) -> bool:
    """Whether an account stands as the entries about it say; one that nobody was ever given does not."""
    shut = [one for one in acts if one.act in {"disabled", "enabled"}]
    disabled_at = shut[-1].at if shut and shut[-1].act == "disabled" else None
    begun = [one for one in acts if one.act in {"set up", "reset"}]
    began_at = begun[-1].at if begun and begun[-1].act == "set up" else None
    return bool(acts) and (row.disabled_at, row.began_at) == (disabled_at, began_at)
