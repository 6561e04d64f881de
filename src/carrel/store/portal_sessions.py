"""Sessions of the pages. Whoever reads the store, or a copy of it, cannot tell who was signed in.

A row is found by the digest of the token that only the browser has, and sealed under a key that follows from it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import bindparam, delete, insert, select, update

from carrel.store.database import Database
from carrel.store.portal_tables import portal_session

_FOUND = select(portal_session).where(portal_session.c.id == bindparam("found"))  # asked with every page
_TOKEN, _NONCE, _LONGEST = 32, 12, 64
_AGAIN = timedelta(minutes=1)  # use is noted no more often: a page that is only read should write nothing


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """One session, as long as it lasts.

    Attributes:
        token: that the browser has.
        said: what was put into it as it began.
        until: when it ends, if nothing is done from now on; None of one that has just begun.
    """

    token: str
    said: Mapping[str, str]
    until: datetime | None = None


class PortalSessions:
    """The sessions of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, said: Mapping[str, str], now: datetime, longest: timedelta) -> Session:
        """A session with a token of its own; nothing of an earlier one lives on in it.

        Args:
            said: who it is of, and how.
            now: an aware time.
            longest: it ends then, however much it is used.
        """
        token = secrets.token_urlsafe(_TOKEN)
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(_key(token)).encrypt(nonce, json.dumps(dict(said)).encode(), _id(token).encode())
        with self._database.writing() as connection:
            connection.execute(delete(portal_session).where(portal_session.c.ends <= now))
            connection.execute(
                insert(portal_session).values(id=_id(token), sealed=sealed, began=now, used=now, ends=now + longest)
            )
        return Session(token, dict(said))

    def find(self, token: str, now: datetime, idle: timedelta) -> Session | None:
        """The session of a token, if it is still one; that it was used is noted.

        Args:
            token: as a browser sent it: anything at all.
            now: an aware time. A clock that was set back ends the session too.
            idle: it ends when it was not used for so long.
        """
        if not 0 < len(token) <= _LONGEST or not token.isascii():
            return None
        with self._database.reading() as connection:
            row = connection.execute(_FOUND, {"found": _id(token)}).one_or_none()
        if row is None or not row.began - _AGAIN <= now < row.ends or now - row.used >= idle:
            return None
        try:
            text = AESGCM(_key(token)).decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], row.id.encode())
        except InvalidTag:
            return None
        used = row.used
        if now - used >= _AGAIN:
            used = now
            with self._database.writing() as connection:
                connection.execute(update(portal_session).where(portal_session.c.id == row.id).values(used=now))
        return Session(token, json.loads(text), min(used + idle, row.ends))

    def end(self, token: str) -> bool:
        """End a session.

        Returns:
            Whether there was one: of any number of processes that end it at once, one is told so.
        """
        with self._database.writing() as connection:
            return connection.execute(delete(portal_session).where(portal_session.c.id == _id(token))).rowcount == 1

    def end_all(self) -> int:
        """End every session; how many there were."""
        with self._database.writing() as connection:
            return connection.execute(delete(portal_session)).rowcount


def _id(token: str) -> str:
    return hashlib.sha256(b"carrel session\0" + token.encode()).hexdigest()


def _key(token: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"carrel session").derive(token.encode())
