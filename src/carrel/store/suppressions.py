"""Who is never written to: keyed hashes of numbers and addresses, which stay when the person's record is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, not_, or_, select, true, update

from carrel.consent.sieve import TagSieve
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.tag_set import of_tags, streamed

ASKED, ERASED, ASKED_BACK = "asked", "erased", "asked back"


def own_wish(number: str) -> str:
    """Why an address stands on the list that one person asked for; by the hash of that person's number."""
    return f"{ASKED} {number}"


class Suppressions:
    """The list of silence of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_in(self, connection: Connection, tags: Collection[str], mark: str, reason: str, now: datetime) -> None:
        """Put hashes on the list, inside a transaction.

        An entry that stands there for another reason is nobody's own from then on; one of an erasure stays that.
        """
        table, wanted = tables.suppression, set(filter(None, tags))
        rows = connection.execute(select(table.c.tag, table.c.reason).where(table.c.tag.in_(wanted)))
        known = {str(row.tag): str(row.reason) for row in rows}
        for tag in sorted(wanted):
            if tag not in known:
                connection.execute(insert(table).values(tag=tag, mark=mark, reason=reason, since=now))
            elif known[tag] not in {reason, ERASED}:
                changed = ERASED if reason == ERASED else ASKED
                connection.execute(update(table).where(table.c.tag == tag).values(reason=changed))

    def add_erased_in(
        self, connection: Connection, number: str, addresses: Collection[str], mark: str, now: datetime
    ) -> None:
        """Put whoever was erased on the list, inside a transaction, and note which addresses went with the number."""
        table, noted = tables.erased_address, set(filter(None, addresses))
        self.add_in(connection, (number, *noted), mark, ERASED, now)
        known = set(connection.execute(select(table.c.address).where(table.c.tag == number)).scalars())
        for address in sorted(noted - known):
            connection.execute(insert(table).values(tag=number, address=address, since=now))

    def lift_in(self, connection: Connection, tags: Collection[str]) -> None:
        """Take hashes off the list, inside a transaction; somebody asked, so that an audit misses none of them."""
        table, noted, gone = tables.suppression, tables.erased_address, set(filter(None, tags))
        connection.execute(delete(table).where(table.c.tag.in_(gone)))
        connection.execute(delete(noted).where(noted.c.address.in_(gone)))

    def erased(self) -> tuple[int, int]:
        """How many addresses erasures silenced, and how many of them stand on the list no more though nobody asked."""
        noted, table = tables.erased_address, tables.suppression
        there = select(table.c.tag).where(table.c.tag == noted.c.address, table.c.reason == ERASED).exists()
        with self._database.reading() as connection:
            count = select(func.count(noted.c.address.distinct()))
            return (
                int(connection.execute(count).scalar_one()),
                int(connection.execute(count.where(not_(there))).scalar_one()),
            )

    def note_asked_back_in(self, connection: Connection, tags: Collection[str], mark: str, now: datetime) -> None:
        """Note that addresses may be written to again, whoever said no before by a record that has them too.

        Args:
            connection: in a transaction.
            tags: of `SubjectTags.asked_back`; they are no hash of any number or address that is looked for.
            mark: of the key.
            now: aware time.
        """
        table = tables.suppression
        for tag in sorted(set(tags)):
            connection.execute(delete(table).where(table.c.tag == tag))
            connection.execute(insert(table).values(tag=tag, mark=mark, reason=ASKED_BACK, since=now))

    def asked_back(self, tags: Collection[str]) -> dict[str, datetime]:
        """Those of some such hashes that were noted, and when."""
        table = tables.suppression
        with self._database.reading() as connection:
            mine = (table.c.tag.in_(of_tags(connection, tags)), table.c.reason == ASKED_BACK)
            return {row.tag: row.since for row in connection.execute(select(table.c.tag, table.c.since).where(*mine))}

    def lift_own_in(self, connection: Connection, number: str, tags: Collection[str]) -> None:
        """Take off a person's number, and those addresses that stand there by this person's own wish alone.

        What an erasure left stays: a product can give a number anew.

        Args:
            connection: in a transaction.
            number: hash of the number.
            tags: hashes of addresses that stand on the record now. Whoever holds an account can type in anybody's.
        """
        table = tables.suppression
        connection.execute(delete(table).where(_own(number, tags)))

    def beyond(self, number: str, tags: Collection[str]) -> bool:
        """Whether one of a person's hashes stands there that `lift_own_in` would leave."""
        table, all_of_them = tables.suppression, {number, *filter(None, tags)}
        query = select(table.c.tag).where(table.c.tag.in_(all_of_them), not_(_own(number, tags))).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def among(self, tags: Collection[str], *, because: str = "") -> frozenset[str]:
        """Those of some hashes that stand on the list; with ``because`` only those that stand there for that reason."""
        table = tables.suppression
        with self._database.reading() as connection:
            mine = table.c.tag.in_(of_tags(connection, tags))
            why = table.c.reason == because if because else true()
            return frozenset(connection.execute(select(table.c.tag).where(mine, why)).scalars())

    def count(self) -> int:
        """How many hashes stand there; a person can have several."""
        with self._database.reading() as connection:
            listed = tables.suppression.c.reason != ASKED_BACK
            return int(
                connection.execute(select(func.count()).select_from(tables.suppression).where(listed)).scalar_one()
            )

    def sieve(self) -> TagSieve:
        """What holds back all hashes that stand there, and lets most others through."""
        table = tables.suppression
        with self._database.reading() as connection:
            count = connection.execute(select(func.count()).select_from(table)).scalar_one()
            return TagSieve(streamed(connection, select(table.c.tag)), count)


def _own(number: str, tags: Collection[str]) -> ColumnElement[bool]:
    """Entries that one person alone is behind."""
    table = tables.suppression
    mine = and_(table.c.tag.in_(set(filter(None, tags))), table.c.reason == own_wish(number))
    return or_(and_(table.c.tag == number, table.c.reason != ERASED), mine)
