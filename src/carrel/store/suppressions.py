"""Who is never written to: keyed hashes of numbers and addresses, which stay when the person's record is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from carrel.consent.sieve import TagSieve
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.tag_set import of_tags, streamed


class Suppressions:
    """The list of silence of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_in(self, connection: Connection, tags: Collection[str], mark: str, reason: str, now: datetime) -> None:
        """Put hashes on the list, inside a transaction; what stands there stays as it is."""
        table, wanted = tables.suppression, set(filter(None, tags))
        known = set(connection.execute(select(table.c.tag).where(table.c.tag.in_(wanted))).scalars())
        for tag in sorted(wanted - known):
            connection.execute(insert(table).values(tag=tag, mark=mark, reason=reason, since=now))

    def lift_in(self, connection: Connection, tags: Collection[str]) -> None:
        """Take hashes off the list, inside a transaction."""
        table = tables.suppression
        connection.execute(delete(table).where(table.c.tag.in_(set(filter(None, tags)))))

    def among(self, tags: Collection[str]) -> frozenset[str]:
        """Those of some hashes that stand on the list."""
        table = tables.suppression
        with self._database.reading() as connection:
            mine = table.c.tag.in_(of_tags(connection, tags))
            return frozenset(connection.execute(select(table.c.tag).where(mine)).scalars())

    def count(self) -> int:
        """How many hashes stand there; a person can have several."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.suppression)).scalar_one())

    def sieve(self) -> TagSieve:
        """What holds back all hashes that stand there, and lets most others through."""
        table = tables.suppression
        with self._database.reading() as connection:
            count = connection.execute(select(func.count()).select_from(table)).scalar_one()
            return TagSieve(streamed(connection, select(table.c.tag)), count)
