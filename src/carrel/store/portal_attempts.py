"""How often somebody tried to sign in, under keyed digests: neither a name nor an address is kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from carrel.store.clock import TOLERANCE
from carrel.store.database import Database
from carrel.store.portal_tables import portal_attempt
from carrel.store.sealing_key import SealingKey


class PortalAttempts:
    """The attempts of a store within the last stretch of time.

    Args:
        database: of the store.
        folder: in which the key of the digests lies.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._path = database, folder / "portal" / "key"

    def key(self) -> bytes:
        """The pages' own key, drawn when it is not there yet."""
        SealingKey(self._path, "portal").ensure()
        return self._path.read_bytes()

    def allow(self, of: Iterable[tuple[str, str, int]], now: datetime, span: timedelta) -> bool:
        """Whether one more attempt may be made; it counts as made.

        Args:
            of: kind, value and how many are allowed in the span, such as ``("address", "192.0.2.7", 30)``. Each must
                have one left.
            now: an aware time.
            span: after the first attempt of it, a value is as new; it is the same one each time for a kind.

        Guarantees:
            Of any number of processes that ask at once, no more are allowed than there are left.
        """
        key, wanted = self.key(), list(of)
        ids = [self._id(key, kind, value) for kind, value, _ in wanted]
        with self._database.writing() as connection:
            connection.execute(delete(portal_attempt).where(portal_attempt.c.until <= now))
            # A clock that ran ahead and was set back: nobody waits for a day that only it saw. What is good once stays
            # used, and two processes may take their time in another order than they come here.
            counted = [one for one, (_, _, most) in zip(ids, wanted, strict=True) if most > 1]
            ahead = portal_attempt.c.until > now + span + TOLERANCE
            connection.execute(delete(portal_attempt).where(portal_attempt.c.id.in_(counted), ahead))
            tries = [self._tries(connection, one) for one in ids]
            if any(done >= most for done, (_, _, most) in zip(tries, wanted, strict=True)):
                return False
            for one, done in zip(ids, tries, strict=True):
                if done:
                    connection.execute(update(portal_attempt).where(portal_attempt.c.id == one).values(tries=done + 1))
                else:
                    connection.execute(insert(portal_attempt).values(id=one, tries=1, until=now + span))
        return True

    def knows(self, kind: str, value: str) -> bool:
        """Whether an attempt of a value stands on record; none is counted."""
        with self._database.reading() as connection:
            return self._tries(connection, self._id(self.key(), kind, value)) > 0

    def forget(self, kind: str, value: str) -> None:
        """A value whose attempt succeeded is as new."""
        with self._database.writing() as connection:
            connection.execute(delete(portal_attempt).where(portal_attempt.c.id == self._id(self.key(), kind, value)))

    def _tries(self, connection: Connection, one: str) -> int:
        query = select(portal_attempt.c.tries).where(portal_attempt.c.id == one)
        return int(connection.execute(query).scalar() or 0)

    @staticmethod
    def _id(key: bytes, kind: str, value: str) -> str:
        return hmac.new(key, f"{kind}\0{value}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
