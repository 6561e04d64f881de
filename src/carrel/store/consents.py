"""Consents as the store keeps them: events that are added and never changed, and the texts that they rest on.

There is no statement in here that updates an event, and none that deletes one.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from carrel.consent.event import Act, Channel, ConsentEvent, commitment, in_order
from carrel.consent.sieve import TagSieve
from carrel.consent.subject import SubjectTags
from carrel.consent.text import ConsentText, require_same
from carrel.ledger.leaf import OpenLeaf
from carrel.store import clock, tables
from carrel.store.consent_key import ConsentKey
from carrel.store.database import Database
from carrel.store.objectors import Objectors
from carrel.store.owed_leaves import owe
from carrel.store.suppressions import ASKED, Suppressions, own_wish
from carrel.store.tag_set import of_tags, streamed

_SALT = 32
_FIELDS = tuple(one.name for one in fields(ConsentEvent))
_ACTS = {str(one): one for one in Act}
_CHANNELS = {str(one): one for one in Channel}
Leaves = Callable[[ConsentEvent, str], Iterable[OpenLeaf]]


@dataclass(frozen=True, slots=True)
class Untold:
    """An event that no mailing tool was told of yet.

    Attributes:
        id: of the event.
        event: itself.
        number: of the person; None where nobody can tell any more, because the person was erased.
    """

    id: int
    event: ConsentEvent
    number: int | None


class Consents:
    """The consents of a store.

    Args:
        database: of the store.
        folder: of the site; the key lies there, outside the database.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self.key = database, ConsentKey(folder)
        self.suppressions = Suppressions(database)
        self.objectors = Objectors(database, self.key)

    def tags(self, system: str) -> SubjectTags | None:
        """The hashes of a system's people; None while nothing was written down yet.

        Raises:
            CarrelError: CNS-007, the key is gone, or something was made under another one.
        """
        return self.key.tags(system, self._marks())

    def own_tags(self, system: str) -> SubjectTags:
        """As `tags`; with the first thing to be written down the key is drawn."""
        return self.key.own_tags(system, self._marks())

    def _marks(self) -> set[str]:
        with self._database.reading() as connection:
            return _marks(connection)

    def add(
        self,
        system: str,
        number: int,
        events: Iterable[ConsentEvent],
        text: ConsentText | None,
        leaves: Leaves,
        *,
        silence: Collection[str] | None = None,
        lift: Collection[str] = (),
        lift_own: bool = False,
    ) -> tuple[int, ...]:
        """Write events down, and owe the ledger's leaves with them.

        Args:
            system: of the person.
            number: of the person; it is kept sealed and hashed.
            events: in any order.
            text: that was agreed to; it is kept with its words.
            leaves: what the ledger is told of an event, by its commitment.
            silence: addresses of a person who is never written to any more; None of whoever did not ask for that.
            lift: addresses of a person who asks to be written to again.
            lift_own: of them only those that this person put on the list, as on the pages: nobody of the library
                looked whose address it is.

        Returns:
            The events' ids.

        Raises:
            CarrelError: CNS-002, the text had other words when it was used first; CNS-007.
        """
        tags, events = self.own_tags(system), tuple(events)
        tag, mark, written = tags.number(number), tags.mark, []
        with self._database.writing() as connection:
            for event in events:
                clock.observe(connection, event.recorded_at)
                if text is not None:
                    _use(connection, text, event.recorded_at)
                salt = secrets.token_bytes(_SALT)
                added = insert(tables.consent_event).values(tag=tag, mark=mark, system=system, salt=salt, **_row(event))
                written.append(int(connection.execute(added).inserted_primary_key[0]))  # type: ignore[index]  # has one
                owe(connection, leaves(event, commitment(event, tag, salt)), event.recorded_at)
                if silence is not None:
                    who = (tag, *map(tags.address, silence))
                    self.suppressions.add_in(connection, who[:1], mark, ASKED, event.recorded_at)
                    self.suppressions.add_in(connection, who[1:], mark, own_wish(tag), event.recorded_at)
            if lift and lift_own:
                self.suppressions.lift_own_in(connection, tag, tuple(map(tags.address, lift)))
            elif lift:
                self.suppressions.lift_in(connection, (tag, *map(tags.address, lift)))
                back, when = [tags.asked_back(one) for one in lift if one], max(one.recorded_at for one in events)
                self.suppressions.note_asked_back_in(connection, back, mark, when)
            known = select(tables.consent_subject.c.tag).where(tables.consent_subject.c.tag == tag)
            if written and connection.execute(known).first() is None:
                sealed = self.key.seal(number)
                connection.execute(
                    insert(tables.consent_subject).values(tag=tag, system=system, mark=mark, sealed=sealed)
                )
        if lift:
            self._database.tidy()
        return tuple(written)

    def of(self, tag: str) -> tuple[ConsentEvent, ...]:
        """Every event of one person, in the order in which they were written down."""
        table = tables.consent_event
        with self._database.reading() as connection:
            rows = connection.execute(select(table).where(table.c.tag == tag).order_by(table.c.id)).all()
        return tuple(map(_event, rows))

    def among(self, tags: Collection[str], purpose: str) -> dict[str, list[ConsentEvent]]:
        """The events for one purpose of each of these persons; of whoever has none, nothing."""
        table, found = tables.consent_event, defaultdict(list)
        with self._database.reading() as connection:
            mine = (table.c.tag.in_(of_tags(connection, tags)), table.c.purpose == purpose)
            # By thousands: only what an event is made of is read, and nothing of a row is looked up by name.
            read = select(table.c.tag, *(table.c[name] for name in _FIELDS)).where(*mine).order_by(table.c.id)
            for tag, act, said_on, channel, *rest in connection.execute(read).all():
                found[tag].append(ConsentEvent(_ACTS[act], said_on, _CHANNELS[channel], *rest))
        return dict(found)

    def sieve(self, purpose: str) -> TagSieve:
        """What holds back the hashes of all who said something on a purpose, and lets most others through."""
        table = tables.consent_event
        mine = table.c.purpose == purpose
        with self._database.reading() as connection:
            count = connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
            return TagSieve(streamed(connection, select(table.c.tag).where(mine)), count)

    def each(self, system: str, purpose: str) -> Iterable[list[ConsentEvent]]:
        """The events for a purpose, one person after another; nobody is told apart."""
        table, last = tables.consent_event, None
        mine: list[ConsentEvent] = []
        query = select(table).where(table.c.system == system, table.c.purpose == purpose)
        with self._database.reading() as connection:
            for row in connection.execute(query.order_by(table.c.tag, table.c.id)):
                if row.tag != last and mine:
                    yield mine
                    mine = []
                mine.append(_event(row))
                last = row.tag
        if mine:
            yield mine

    def purposes(self, system: str) -> tuple[str, ...]:
        """Every purpose for which somebody said something."""
        table = tables.consent_event
        query = select(table.c.purpose).where(table.c.system == system).distinct().order_by(table.c.purpose)
        with self._database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def given(self, system: str) -> int:
        """How many times somebody said yes."""
        table = tables.consent_event
        which = (table.c.system == system, table.c.act == str(Act.GIVEN))
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())

    def used(self) -> tuple[ConsentText, ...]:
        """Every text by which somebody agreed, in its words."""
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.consent_text)).all()
        return tuple(
            ConsentText(row.text, row.version, row.language, row.purpose, row.asks_again, row.title, row.says)
            for row in rows
        )

    def state(self) -> tuple[int, ...]:
        """What changes with every event, and with every entry of the list of silence."""
        with self._database.reading() as connection:
            return self.state_in(connection)

    @staticmethod
    def state_in(connection: Connection) -> tuple[int, ...]:
        """As `state`, inside a transaction."""
        one, other = tables.consent_event, tables.suppression
        last = connection.execute(select(func.coalesce(func.max(one.c.id), 0))).scalar_one()
        return int(last), int(connection.execute(select(func.count()).select_from(other)).scalar_one())

    # -- mailing tools ----------------------------------------------------------------------------------------------

    def untold(self, system: str) -> tuple[Untold, ...]:
        """Events of which no mailing tool was told yet, the oldest first."""
        table, told, whom = tables.consent_event, tables.consent_told, tables.consent_subject
        query = (
            select(table, whom.c.sealed)
            .outerjoin(whom, whom.c.tag == table.c.tag)
            .where(table.c.system == system, table.c.id.not_in(select(told.c.event)))
            .order_by(table.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Untold(row.id, _event(row), None if row.sealed is None else self.key.opened(row.sealed)) for row in rows
        )

    def tell(self, ids: Iterable[int], file: str, now: datetime) -> None:
        """Note that a file with these changes is in its place; of an event that two processes told, the first file."""
        table, events = tables.consent_told, sorted(ids)
        with self._database.writing() as connection:
            since = table.c.event >= min(events, default=0)
            there = set(connection.execute(select(table.c.event).where(since)).scalars())
            for one in events:
                if one not in there:
                    connection.execute(insert(table).values(event=one, file=file, at=now))

    # -- erasure ----------------------------------------------------------------------------------------------------

    def forget(self, system: str, erased: Mapping[int, Collection[str]], now: datetime, *, silence: bool) -> None:
        """Forget whom events were about; they stay, and tell nobody any more.

        Args:
            system: of the records that are gone.
            erased: number to the addresses that the person had.
            now: aware time.
            silence: whether they are never written to again. It is what an erasure on somebody's wish leaves; of a
                card that lapsed nothing is left, or whoever comes back could never be asked.
        """
        if not erased:
            return
        tags = self.own_tags(system) if silence else self.tags(system)
        if tags is None:
            return
        with self._database.writing() as connection:
            for number, addresses in erased.items():
                tag = tags.number(number)
                self._forget_in(connection, system, tag, tags.mark, now)
                if silence:
                    hashes = tuple(map(tags.address, addresses))
                    self.suppressions.add_erased_in(connection, tag, hashes, tags.mark, now)
        self._database.tidy()

    def people(self, system: str) -> set[str]:
        """The hashes of all of whom something was written down, and who were not forgotten since."""
        whom = tables.consent_subject
        with self._database.reading() as connection:
            return set(connection.execute(select(whom.c.tag).where(whom.c.system == system)).scalars())

    def forget_tags(self, system: str, gone: Collection[str], now: datetime) -> None:
        """As `forget`, of persons whom nobody can name: only the hashes of their numbers are known.

        Args:
            system: whose people they were.
            gone: of `people`.
            now: aware time.

        Raises:
            CarrelError: CNS-007.
        """
        tags = self.tags(system)
        if not gone or tags is None:
            return
        with self._database.writing() as connection:
            for tag in sorted(gone):
                self._forget_in(connection, system, tag, tags.mark, now)
        self._database.tidy()

    def _forget_in(self, connection: Connection, system: str, tag: str, mark: str, now: datetime) -> None:
        self._end_in(connection, system, tag, mark, now)
        connection.execute(delete(tables.consent_subject).where(tables.consent_subject.c.tag == tag))

    @staticmethod
    def _end_in(connection: Connection, system: str, tag: str, mark: str, now: datetime) -> None:
        """End what stands of one person; a product can give the number to somebody else one day."""
        table = tables.consent_event
        rows = connection.execute(select(table).where(table.c.tag == tag).order_by(table.c.id)).all()
        last = {one.purpose: one for one in in_order(map(_event, rows))}
        for purpose, event in last.items():
            if event.act is Act.GIVEN:
                at = max(now, event.at)
                end = ConsentEvent(Act.WITHDRAWN, purpose, Channel.RECORD_ERASED, "carrel", at, now)
                salt = secrets.token_bytes(_SALT)
                connection.execute(insert(table).values(tag=tag, mark=mark, system=system, salt=salt, **_row(end)))


def _marks(connection: Connection) -> set[str]:
    found: set[str] = set()
    for table in (tables.consent_event, tables.suppression, tables.consent_subject, tables.list_member):
        found |= set(connection.execute(select(table.c.mark).distinct()).scalars())
    return found


def _use(connection: Connection, text: ConsentText, now: datetime) -> None:
    table = tables.consent_text
    which = (table.c.text == text.text, table.c.version == text.version, table.c.language == text.language)
    row = connection.execute(select(table).where(*which)).first()
    if row is not None:
        old = ConsentText(row.text, row.version, row.language, row.purpose, row.asks_again, row.title, row.says)
        require_same(text, old)
        return
    connection.execute(
        insert(table).values(
            text=text.text,
            version=text.version,
            language=text.language,
            purpose=text.purpose,
            asks_again=text.asks_again,
            title=text.title,
            says=text.says,
            digest=text.digest,
            first_used_at=now,
        )
    )


def _row(event: ConsentEvent) -> dict[str, Any]:
    return {
        "act": str(event.act),
        "purpose": event.purpose,
        "channel": str(event.channel),
        "taker": event.taker,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "text": event.text,
        "version": event.version,
        "language": event.language,
        "digest": event.digest,
    }


def _event(row: Row[Any]) -> ConsentEvent:
    return ConsentEvent(
        Act(row.act),
        row.purpose,
        Channel(row.channel),
        row.taker,
        row.at,
        row.recorded_at,
        row.text,
        row.version,
        row.language,
        row.digest,
    )
