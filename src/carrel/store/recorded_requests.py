"""Patrons' requests as they are read: who asks, which are whose, and what was sealed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from carrel.consent.subject import SubjectTags
from carrel.errors import CarrelError, fault
from carrel.rights import faults
from carrel.rights.event import Act, Event, commitment
from carrel.rights.request import Channel, Request, Right
from carrel.store import tables
from carrel.store.database import Database
from carrel.store.request_key import RequestKey, request_key

_AT_ONCE = 500


@dataclass(frozen=True, repr=False, slots=True)
class Whose:
    """Whose a request is.

    Attributes:
        system: that holds the record.
        number: of it.
    """

    system: str
    number: int


class RecordedRequests:
    """The requests of a store, to be read.

    Args:
        database: of the store.
        folder: of the site; keys lie there, outside the database.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder, self.key = database, folder, RequestKey(folder)

    def request(self, name: str) -> Request:
        """One request.

        Raises:
            CarrelError: RGT-011.
        """
        with self._database.reading() as connection:
            return self._request(connection, name)

    def all(self, *, open_only: bool = False) -> tuple[Request, ...]:
        """Every request, the oldest first."""
        table = tables.request
        query = select(table).order_by(table.c.opened_at, table.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(table.c.ended_at.is_(None)) if open_only else query).all()
            return _requests(connection, rows)

    def of_person(self, system: str, number: int) -> tuple[Request, ...]:
        """The requests of one person, the oldest first, for as long as they can be told to be that person's.

        Raises:
            CarrelError: RGT-017, the key is gone, or requests were written under another.
        """
        tags, table = self.key.tags(system, self._marks()), tables.request
        if tags is None:
            return ()
        query = select(table).where(table.c.tag == tags.number(number)).order_by(table.c.opened_at, table.c.id)
        with self._database.reading() as connection:
            return _requests(connection, connection.execute(query).all())

    def people(self, system: str) -> tuple[SubjectTags | None, set[str]]:
        """The hashes of all of a system whose requests can be told to be theirs, and by which they are made.

        Raises:
            CarrelError: RGT-017.
        """
        tags, table = self.key.tags(system, self._marks()), tables.request
        query = select(table.c.tag).where(table.c.system == system, table.c.mark != "").distinct()
        with self._database.reading() as connection:
            return tags, set(connection.execute(query).scalars())

    def subject(self, name: str) -> Whose | None:
        """Whose it is; None where nobody knows yet.

        Raises:
            CarrelError: RGT-011; RGT-018, the request is over and forgotten, or its key is gone.
        """
        with self._database.reading() as connection:
            row = _row(connection, name)
        if row.subject is None:
            if row.ended_at is not None and not request_key(self._folder, name).exists():
                raise self._shut(name)
            return None
        system, number = json.loads(self._opened(name, row.subject))
        return Whose(system, number)

    def words(self, name: str) -> str:
        """The person's own words; empty where there were none.

        Raises:
            CarrelError: RGT-011, RGT-018.
        """
        with self._database.reading() as connection:
            row = _row(connection, name)
        return "" if row.words is None else self._opened(name, row.words)

    def words_beside(self, name: str) -> tuple[str, ...]:
        """What was sealed beside each event, in their order; empty where nothing was, or where it is forgotten."""
        table, own = tables.request_event, request_key(self._folder, name)
        with self._database.reading() as connection:
            rows = connection.execute(select(table.c.sealed).where(table.c.request == name).order_by(table.c.id)).all()
        return tuple("" if row.sealed is None else own.open_text(row.sealed) or "" for row in rows)

    def lost(self) -> tuple[str, ...]:
        """Open requests whose key is gone."""
        names = (one.id for one in self.all(open_only=True))
        return tuple(name for name in names if not request_key(self._folder, name).exists())

    def kept_too_long(self, now: datetime, kept: timedelta) -> int:
        """Of how many requests something is sealed that should be forgotten by now."""
        table = tables.request
        over = and_(table.c.ended_at.is_not(None), table.c.ended_at < now - kept)
        with self._database.reading() as connection:
            rows = connection.execute(select(table.c.id, table.c.subject, table.c.words).where(over)).all()
        return sum(
            row.subject is not None or row.words is not None or request_key(self._folder, row.id).exists()
            for row in rows
        )

    def commitments(self) -> tuple[str, ...]:
        """What the ledger was told of every event, reckoned anew from what stands in the store now."""
        table = tables.request_event
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.id)).all()
        return tuple(
            commitment(row.request, Event(Act(row.act), row.at, row.by, row.terms), row.sealed or b"", row.salt)
            for row in rows
        )

    def _request(self, connection: Connection, name: str) -> Request:
        return _requests(connection, [_row(connection, name)])[0]

    def _marks(self) -> set[str]:
        """Of the keys under which requests were written down."""
        table = tables.request
        with self._database.reading() as connection:
            query = select(table.c.mark).where(table.c.mark != "").distinct()
            return set(connection.execute(query).scalars())

    def _opened(self, name: str, sealed: bytes) -> str:
        text = request_key(self._folder, name).open_text(sealed)
        if text is None:
            raise self._shut(name)
        return text

    def _shut(self, name: str) -> CarrelError:
        return fault(
            faults.SHUT,
            at=name,
            wanted="a request whose key is in the site's folder",
            found="its key is gone",
            because="it goes with the time that the policy sets after the end of a request",
            fix="if the request is open, put the file back into the folder `requests` from a copy of the site's folder",
        )


def _row(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(tables.request).where(tables.request.c.id == name)).first()
    if row is None:
        raise fault(
            faults.UNKNOWN,
            wanted="the id of a request, such as req-abcdefghijkl",
            found="another",
            fix="look it up with `carrel request list`",
        )
    return row


def _requests(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Request, ...]:
    names = [row.id for row in rows]
    table = tables.request_event
    events: Mapping[str, list[Event]] = defaultdict(list)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        for row in connection.execute(select(table).where(table.c.request.in_(some)).order_by(table.c.id)):
            events[row.request].append(Event(Act(row.act), row.at, row.by, row.terms))
    return tuple(
        Request(
            row.id,
            Right(row.right),
            row.system,
            Channel(row.channel),
            row.language,
            tuple(events[row.id]),
            row.subject is not None,
            row.words is not None,
        )
        for row in rows
    )
