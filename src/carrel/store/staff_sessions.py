"""Sessions of the staff pages. They bear a name, so that one person's can be listed and ended.

A row is found by the digest of a token that only the browser has. Patrons' sessions lie elsewhere: no token of theirs
is looked for here, and none of these there.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from carrel.store.database import Database
from carrel.store.staff_tables import staff_session

IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=8)
BEGINNING = "beginning"  # the way of a session that only leads to a second factor
_TOKEN, _LONGEST_TOKEN = 32, 64
_TELLS = timedelta(hours=12)  # how long after its end it is known whose it was: what was sent too late is theirs
_AGAIN = timedelta(minutes=1)  # use is noted no more often: a page that is only read should write nothing


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One session.

    Attributes:
        id: by which it is named in the store and on pages.
        name: of the person.
        way: how the person signed in.
        began, used, proved, ends: when; ``proved``, when the person last showed password and code, or a passkey.
        token: that the browser has; empty where the session was only listed.
    """

    id: str
    name: str
    way: str
    began: datetime
    used: datetime
    proved: datetime
    ends: datetime
    token: str = ""

    @property
    def until(self) -> datetime:
        """When it ends, if nothing is done from now on."""
        return min(self.used + IDLE, self.ends)

    def __repr__(self) -> str:
        return f"StaffSession({self.name!r}, {self.way!r})"


class StaffSessions:
    """The sessions of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, name: str, way: str, now: datetime, longest: timedelta = LONGEST) -> StaffSession:
        """A session with a token of its own; nothing of an earlier one lives on in it.

        Args:
            name: of the person.
            way: how the person signed in.
            now: an aware time.
            longest: it ends then, however much it is used.
        """
        token = secrets.token_urlsafe(_TOKEN)
        made = StaffSession(_id(token), name, way, now, now, now, now + longest, token)
        values = {one: getattr(made, one) for one in ("id", "name", "way", "began", "used", "proved", "ends")}
        with self._database.writing() as connection:
            before = now - _TELLS
            over = staff_session.c.ends <= before, staff_session.c.used <= before - IDLE
            connection.execute(delete(staff_session).where(or_(*over)))
            connection.execute(insert(staff_session).values(**values))
        return made

    def find(self, token: str, now: datetime, idle: timedelta = IDLE) -> StaffSession | None:
        """The session of a token, if it is still one; that it was used is noted.

        Args:
            token: as a browser sent it: anything at all.
            now: an aware time. A clock that was set back ends the session too.
            idle: it ends when it was not used for so long.
        """
        if not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
            return None
        one = _id(token)
        with self._database.reading() as connection:
            row = connection.execute(select(staff_session).where(staff_session.c.id == one)).one_or_none()
        if row is None or not row.began - _AGAIN <= now < row.ends or now - row.used >= idle:
            return None
        used = row.used
        if now - used >= _AGAIN:
            used = now
            with self._database.writing() as connection:
                connection.execute(update(staff_session).where(staff_session.c.id == one).values(used=now))
        return replace(_session(row), token=token, used=used)

    def over(self, token: str) -> StaffSession | None:
        """The session that a token was of, even if it ran out meanwhile. It opens nothing: it tells whose it was.

        One that somebody ended is gone, and what was sent with it is nobody's.
        """
        if not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(staff_session).where(staff_session.c.id == _id(token))).one_or_none()
        return None if row is None else replace(_session(row), token=token)

    def before(self, name: str) -> tuple[StaffSession, ...]:
        """All of one person's that nobody ended, those that ran out too."""
        query = select(staff_session).where(staff_session.c.name == name)
        with self._database.reading() as connection:
            return tuple(map(_session, connection.execute(query).all()))

    def of(self, name: str | None, now: datetime, idle: timedelta = IDLE) -> tuple[StaffSession, ...]:
        """Those of one person, or of all, that are still sessions, the newest first."""
        table = staff_session
        query = select(table).where(table.c.ends > now, table.c.used > now - idle).order_by(table.c.began.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query if name is None else query.where(table.c.name == name)).all()
        return tuple(map(_session, rows))

    def prove(self, one: StaffSession, now: datetime) -> None:
        """Note that the person has shown again who it is."""
        with self._database.writing() as connection:
            connection.execute(update(staff_session).where(staff_session.c.id == one.id).values(proved=now))

    def end(self, one: str, name: str) -> bool:
        """End a session of that person by its id; whether there was one."""
        which = (staff_session.c.id == one, staff_session.c.name == name)
        with self._database.writing() as connection:
            return bool(connection.execute(delete(staff_session).where(*which)).rowcount)

    def end_all(self, name: str, *, but: str = "") -> int:
        """End every session of a person, but one if named; how many there were."""
        which = (staff_session.c.name == name, staff_session.c.id != but)
        with self._database.writing() as connection:
            return connection.execute(delete(staff_session).where(*which)).rowcount


def _id(token: str) -> str:
    return hashlib.sha256(b"carrel staff session\0" + token.encode()).hexdigest()


def _session(row: Row[Any]) -> StaffSession:
    return StaffSession(row.id, row.name, row.way, row.began, row.used, row.proved, row.ends)
