"""Mailing lists as the store knows them: who was seen there, as keyed hashes, and how the last time went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from carrel.retention.outcome import Outcome
from carrel.store import clock, tables
from carrel.store.database import Database
from carrel.store.tag_set import of_tags


@dataclass(frozen=True, slots=True)
class ListCourse:
    """How a list was left the last time.

    Attributes:
        name: of the list.
        system: whose people it holds.
        at: aware time.
        outcome: `VERIFIED` where the list was read back and holds what consents say.
        code: of what went wrong; empty for nothing.
        verified_at: when it last held what consents say; None where it never did.
        owed_since: since when somebody who said no may stand on it; None where nobody does.
        counts: of that time.
    """

    name: str
    system: str
    at: datetime
    outcome: Outcome
    code: str = ""
    verified_at: datetime | None = None
    owed_since: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class MailingLists:
    """The mailing lists of a store. Addresses stand in it as hashes alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ours(self, name: str, tags: Collection[str]) -> frozenset[str]:
        """Which of some addresses were seen on a list, or put there.

        Args:
            name: of the list.
            tags: hashes of the addresses.
        """
        table = tables.list_member
        with self._database.reading() as connection:
            mine = (table.c.list == name, table.c.tag.in_(of_tags(connection, tags)))
            return frozenset(connection.execute(select(table.c.tag).where(*mine)).scalars())

    def note_members(self, name: str, tags: Collection[str], mark: str) -> None:
        """Note addresses of the library's people before they come onto a list, or that they were seen there.

        A process that dies afterwards leaves a hash too many, and never an address that nobody knows to be ours.
        """
        table = tables.list_member
        with self._database.writing() as connection:
            mine = (table.c.list == name, table.c.tag.in_(of_tags(connection, tags)))
            there = set(connection.execute(select(table.c.tag).where(*mine)).scalars())
            new = sorted(set(tags) - there)
            if new:
                connection.execute(insert(table), [{"list": name, "tag": one, "mark": mark} for one in new])

    def note_seen(self, name: str, tags: Collection[str], at: datetime) -> None:
        """Note that addresses of a list that are known here were read back on it.

        Args:
            name: of the list.
            tags: hashes of the addresses.
            at: aware time of the reading.
        """
        table = tables.list_member
        with self._database.writing() as connection:
            mine = (table.c.list == name, table.c.tag.in_(of_tags(connection, tags)))
            connection.execute(update(table).where(*mine).values(seen_at=at))

    def has_members(self, name: str) -> bool:
        """Whether anybody of the library's people was put on a list, or seen there."""
        query = select(tables.list_member.c.tag).where(tables.list_member.c.list == name).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def seen(self, name: str) -> dict[str, datetime]:
        """When each address of a list was last read back on it; whoever never was is not among them."""
        table = tables.list_member
        query = select(table.c.tag, table.c.seen_at).where(table.c.list == name, table.c.seen_at.is_not(None))
        with self._database.reading() as connection:
            return {row.tag: row.seen_at for row in connection.execute(query)}

    def note_taken_off(self, name: str, tags: Collection[str]) -> None:
        """Note, before it is done, that addresses are taken off here: who is missing then did not leave at the tool."""
        table = tables.list_member
        with self._database.writing() as connection:
            mine = (table.c.list == name, table.c.tag.in_(of_tags(connection, tags)))
            connection.execute(update(table).where(*mine).values(seen_at=None))

    def forget_members(self, name: str, tags: Collection[str]) -> None:
        """Forget addresses that were read back as gone."""
        table = tables.list_member
        with self._database.writing() as connection:
            gone = table.c.tag.in_(of_tags(connection, tags))
            connection.execute(delete(table).where(table.c.list == name, gone))

    def keep_members(self, name: str, tags: Collection[str]) -> None:
        """Forget all addresses of a list but these."""
        table = tables.list_member
        with self._database.writing() as connection:
            stays = table.c.tag.in_(of_tags(connection, tags))
            connection.execute(delete(table).where(table.c.list == name, ~stays))

    def keep_lists(self, names: Collection[str]) -> None:
        """Forget all lists but these, with everybody who was seen there: the site file names no other any more."""
        with self._database.writing() as connection:
            for table in (tables.list_member, tables.list_course):
                connection.execute(delete(table).where(table.c.list.not_in(names)))

    def owe(self, name: str, system: str, outcome: Outcome, code: str, now: datetime) -> None:
        """Note that a list could not be told of somebody who said no; since when stays as it was first noted."""
        with self._database.writing() as connection:
            before = self._of(connection, name)
            self._put(
                connection,
                ListCourse(
                    name, system, now, outcome, code,
                    verified_at=before.verified_at if before else None,
                    owed_since=(before.owed_since if before else None) or now,
                    counts=before.counts if before else {},
                ),
            )  # fmt: skip

    def settle(self, one: ListCourse, began: datetime) -> None:
        """Note how a whole list went.

        A list that is not verified owes what it owed before, and so does one that could not be told of somebody while
        it was looked at.

        Args:
            one: how it was left.
            began: aware time at which people were judged that last time.
        """
        with self._database.writing() as connection:
            clock.observe(connection, one.at)
            before = self._of(connection, one.name)
            good = one.outcome is Outcome.VERIFIED
            paid = good and not (before and before.owed_since and before.at >= began)
            owed = None if paid or before is None else before.owed_since
            seen = one.at if good else (before.verified_at if before else None)
            self._put(
                connection,
                ListCourse(one.name, one.system, one.at, one.outcome, one.code, seen, owed, one.counts),
            )

    def course(self, name: str) -> ListCourse | None:
        """How a list was left; None where nobody ever tried."""
        with self._database.reading() as connection:
            return self._of(connection, name)

    @staticmethod
    def _of(connection: Connection, name: str) -> ListCourse | None:
        table = tables.list_course
        row = connection.execute(select(table).where(table.c.list == name)).first()
        return None if row is None else _course(row)

    @staticmethod
    def _put(connection: Connection, one: ListCourse) -> None:
        table = tables.list_course
        connection.execute(delete(table).where(table.c.list == one.name))
        connection.execute(
            insert(table).values(
                list=one.name, system=one.system, at=one.at, outcome=one.outcome.value, code=one.code,
                verified_at=one.verified_at, owed_since=one.owed_since, counts=dict(one.counts),
            )
        )  # fmt: skip


def _course(row: Row[tuple[object, ...]]) -> ListCourse:
    return ListCourse(
        row.list, row.system, row.at, Outcome(row.outcome), row.code, row.verified_at, row.owed_since, row.counts
    )
