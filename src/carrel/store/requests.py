"""Patrons' requests as the store keeps them: events that are added and never changed; whose they are, sealed.

There is no statement in here that updates an event, and none that deletes one.
"""

from __future__ import annotations

import enum
import json
import secrets
import string
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, func, insert, select, update

from carrel.consent.subject import SubjectTags
from carrel.errors import fault
from carrel.ledger.leaf import OpenLeaf
from carrel.rights import faults
from carrel.rights.admission import admit
from carrel.rights.clocks import KEPT, NO_CLOCKS, Clocks
from carrel.rights.event import Act, Event, commitment
from carrel.rights.request import Channel, Request, Right, free_words
from carrel.store import clock, tables
from carrel.store.owed_leaves import owe
from carrel.store.recorded_requests import RecordedRequests, Whose
from carrel.store.request_going_on import require_going_on
from carrel.store.request_key import FOLDER, request_key

__all__ = ["Once", "Requests", "Whose"]

_LETTERS, _SALT = 12, 32
_GONE = "gone"  # the hash of nobody's number
_UTC = ZoneInfo("UTC")
_LEFT = timedelta(days=1)


class Once(enum.StrEnum):
    """What makes a request the same as one that is open."""

    RIGHT = "right"  # a second one beside it would change nothing
    WORDS = "words"  # right and words: a form that was sent twice


class Requests(RecordedRequests):
    """The requests of a store, to be read and written."""

    def open(
        self,
        right: Right,
        system: str,
        number: int | None,
        words: str,
        channel: str,
        language: str,
        by: str,
        now: datetime,
        *,
        received: datetime | None = None,
        how: str = "",
        once: Once | None = None,
        most: int | None = None,
    ) -> str:
        """Write a request down.

        Args:
            right: that is exercised.
            system: of the person's record; empty where it is not known.
            number: of the record; None where nobody knows yet whose it is.
            words: the person's own, sealed; empty for none.
            channel: how it came, of `Channel`.
            language: a language tag.
            by: who of the staff wrote it down; `PERSON` of a page.
            now: aware time.
            received: when it came, where that was before: the clock runs from then.
            how: how it was made sure that it is the person, where that is known already.
            once: what would be the same request of the same person; None where each is another.
            most: of one person's requests that may be open, this one among them; None for any number.

        Returns:
            Its id; that of the same one where it is open.

        Raises:
            CarrelError: RGT-016, too many words; RGT-017; RGT-019, it came in the future;
                RGT-025, as many are open as may be.

        Guarantees:
            Where an error is raised nothing was written, and no key is left. Of two who ask the same at once, the
            second gets the request of the first; however many ask at once, no more than ``most`` are open after it.
        """
        said, way = free_words(words), Channel(channel)
        name = "req-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))
        at = now if received is None else received
        events = [Event(Act.RECEIVED, at, by, {"channel": str(way)})]
        if at > now:
            raise fault(faults.MOMENT, wanted="now, or a time before", found="a time to come", fix="write when it came")
        if how:
            events.append(Event(Act.IDENTIFIED, now, by, {"how": how}))
        tags = None if number is None else self.key.own_tags(system, self._marks())
        own = request_key(self._folder, name)
        own.create()
        try:
            with self._database.writing() as connection:
                clock.observe(connection, now)
                tag = "" if tags is None else tags.number(number or 0)
                if same := self._same(connection, once, right, said, tag):
                    own.shred()
                    return same
                if most is not None:
                    self._require_room(connection, tag, most)
                connection.execute(
                    insert(tables.request).values(
                        id=name,
                        right=str(right),
                        system=system,
                        channel=str(way),
                        language=language,
                        opened_at=now,
                        words=own.seal_text(said) if said else None,
                        **self._whose(name, tags, number),
                    )
                )
                for event in events:
                    self._write(connection, name, event, "", now)
        except BaseException:
            own.shred()
            raise
        return name

    def add(
        self,
        name: str,
        event: Event,
        sealed: str = "",
        *,
        clocks: Clocks = NO_CLOCKS,
        zone: ZoneInfo = _UTC,
        now: datetime | None = None,
        whose: tuple[str, int] | None = None,
    ) -> Request:
        """Write an event down, if it may be done to the request as it stands.

        Args:
            name: of the request.
            event: what was done.
            sealed: somebody's own words about it, such as a reason; readable while the request's key is there.
            clocks: of the policies in force; without them nothing can be extended.
            zone: of the library.
            now: aware time; that of the event, if left out.
            whose: system and number, where it is known only now.

        Returns:
            The request afterwards.

        Raises:
            CarrelError: RGT-001, RGT-011 to RGT-019 as `admit` says; RGT-018, its key is gone; RGT-020, it is known
                to be somebody else's: what was sealed in it is that person's, and goes to nobody else.

        Guarantees:
            Of two who write at once, the second is judged by what the first wrote.
        """
        said, at = free_words(sealed), now or event.at
        tags = None if whose is None else self.key.own_tags(whose[0], self._marks())
        with self._database.writing() as connection:
            clock.observe(connection, at)
            before = self._request(connection, name)
            admit(before, event, said, clocks, zone, at)
            require_going_on(connection, name, event, _GONE)
            if said and not request_key(self._folder, name).exists():
                raise self._shut(name)
            if whose is not None:
                self._require_same(connection, name, tags, whose[1])
            self._write(connection, name, event, said, at)
            changes: dict[str, Any] = {"ended_at": event.at} if event.act.is_final else {}
            if whose is not None:
                changes |= {"system": whose[0], **self._whose(name, tags, whose[1])}
            if changes:
                connection.execute(update(tables.request).where(tables.request.c.id == name).values(**changes))
            return self._request(connection, name)

    def add_all(self, name: str, events: Iterable[Event], sealed: str = "") -> Request:
        """Write several events down, each judged by those before it: all of them, or nothing.

        Args:
            name: of the request.
            events: none of them identifies somebody or gives more time.
            sealed: words that are kept beside each.

        Returns:
            The request afterwards.

        Raises:
            CarrelError: as `add`.
        """
        said = free_words(sealed)
        with self._database.writing() as connection:
            for event in events:
                clock.observe(connection, event.at)
                admit(self._request(connection, name), event, said, NO_CLOCKS, _UTC, event.at)
                if said and not request_key(self._folder, name).exists():
                    raise self._shut(name)
                self._write(connection, name, event, said, event.at)
            return self._request(connection, name)

    def part(self, gone: Collection[str]) -> None:
        """Have requests be nobody's any more: a product can give their persons' numbers to somebody else.

        Args:
            gone: of `people`.

        Guarantees:
            No other person can come to be the one of such a request.
        """
        table = tables.request
        with self._database.writing() as connection:
            for tag in sorted(gone):
                change = update(table).where(table.c.tag == tag)
                connection.execute(change.values(tag=_GONE, mark="", subject=None))
        if gone:
            self._database.tidy()

    def purge(self, now: datetime, kept: timedelta = KEPT) -> int:
        """Forget whose requests were that are over long enough, and every free word of them; events stay.

        Args:
            now: aware time.
            kept: how long after its end a request can be read, by the policy.

        Returns:
            How many were forgotten.

        Guarantees:
            A key that a process left which died before it wrote its request goes too, a day later.
        """
        table = tables.request
        over = and_(table.c.ended_at.is_not(None), table.c.ended_at < now - kept)
        held = table.c.subject.is_not(None) | table.c.words.is_not(None) | (table.c.tag != "")
        with self._database.writing() as connection:
            names = connection.execute(select(table.c.id).where(over)).scalars().all()
            there = [name for name in names if request_key(self._folder, name).exists()]
            gone = {"subject": None, "words": None, "tag": "", "mark": ""}
            connection.execute(update(table).where(over, held).values(**gone))
            known = set(connection.execute(select(table.c.id)).scalars())
        left = [
            place.stem
            for place in (self._folder / FOLDER).glob("req-*.key")
            if place.stem not in known and place.stat().st_mtime < (now - _LEFT).timestamp()
        ]
        for name in (*there, *left):
            request_key(self._folder, name).shred()
        if there:
            self._database.tidy()
        return len(there)

    def _write(self, connection: Connection, name: str, event: Event, said: str, now: datetime) -> None:
        hidden = request_key(self._folder, name).seal_text(said) if said else None
        salt = secrets.token_bytes(_SALT)
        connection.execute(
            insert(tables.request_event).values(
                request=name,
                act=str(event.act),
                at=event.at,
                recorded_at=now,
                by=event.by,
                terms=dict(event.terms),
                sealed=hidden,
                salt=salt,
            )
        )
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        owe(connection, [OpenLeaf("request", day, {"commitment": commitment(name, event, hidden or b"", salt)})], now)

    def _whose(self, name: str, tags: SubjectTags | None, number: int | None) -> dict[str, Any]:
        if tags is None or number is None:
            return {"tag": "", "mark": "", "subject": None}
        # The seal names the system too, so that one that is renamed in the site file is noticed.
        sealed = request_key(self._folder, name).seal_text(json.dumps([tags.system, number]))
        return {"tag": tags.number(number), "mark": tags.mark, "subject": sealed}

    def _same(self, connection: Connection, once: Once | None, right: Right, said: str, tag: str) -> str:
        """An open request of the same person that is the same; empty for none."""
        table = tables.request
        if once is None or not tag:
            return ""
        mine = (table.c.tag == tag, table.c.right == str(right), table.c.ended_at.is_(None))
        for row in connection.execute(select(table.c.id, table.c.words).where(*mine).order_by(table.c.opened_at)):
            words = "" if row.words is None else request_key(self._folder, row.id).open_text(row.words)
            if once is Once.RIGHT or words == said:
                return str(row.id)
        return ""

    @staticmethod
    def _require_room(connection: Connection, tag: str, most: int) -> None:
        table = tables.request
        mine = select(func.count()).select_from(table).where(table.c.tag == tag, table.c.ended_at.is_(None))
        if tag and connection.execute(mine).scalar_one() >= most:
            raise fault(
                faults.MANY,
                wanted=f"fewer than {most} open requests of one person",
                found=f"{most}",
                changed="nothing",
                fix="wait until one of them is answered, or take one back",
            )

    @staticmethod
    def _require_same(connection: Connection, name: str, tags: SubjectTags | None, number: int) -> None:
        row = connection.execute(select(tables.request.c.tag).where(tables.request.c.id == name)).one()
        if row.tag and tags is not None and row.tag != tags.number(number):
            raise fault(
                faults.OTHER_PERSON,
                at=name,
                wanted="the person whose request it is",
                found="another record",
                because="what was sealed in a request is its person's; another card would hand it over",
                fix="compare the card; where records were merged, note it, open a new request for the record that is "
                "left (`--on` the day on which this one came), and end this one",
            )
