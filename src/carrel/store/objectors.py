"""Who said no to a purpose, by their numbers: by these an address is known that stands on another's record too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from carrel.consent.event import Act, Channel, ConsentEvent, in_order
from carrel.store import tables
from carrel.store.consent_key import ConsentKey
from carrel.store.database import Database


class Objectors:
    """Those of a system who said no.

    Args:
        database: of the store.
        key: opens their numbers.
    """

    def __init__(self, database: Database, key: ConsentKey) -> None:
        self._database, self._key = database, key

    def numbers(self, system: str, purpose: str) -> Iterator[tuple[int, datetime]]:
        """Whoever withdrew a purpose, objected to it, or asked for silence, and is still known by a number; with when.

        Args:
            system: of the people.
            purpose: that was said no to.

        Guarantees:
            Nobody who said yes later. Whom an erasure made forget is not among them: those addresses stand on the list
            of silence by themselves.
        """
        event, whom, silent = tables.consent_event, tables.consent_subject, tables.suppression
        said: dict[str, list[ConsentEvent]] = defaultdict(list)
        mine = (event.c.system == system, event.c.purpose == purpose)
        ever = select(event.c.tag).where(*mine, event.c.act == str(Act.WITHDRAWN))
        acts = select(event.c.tag, event.c.act, event.c.channel, event.c.at, event.c.recorded_at).where(
            *mine, event.c.tag.in_(ever)
        )
        with self._database.reading() as connection:
            for row in connection.execute(acts.order_by(event.c.id)):
                one = ConsentEvent(Act(row.act), purpose, Channel(row.channel), "", row.at, row.recorded_at)
                said[row.tag].append(one)
            last = {tag: in_order(events)[-1] for tag, events in said.items()}
            no = {tag: one.at for tag, one in last.items() if one.act is Act.WITHDRAWN}
            listed = select(whom.c.tag, silent.c.since).join(silent, silent.c.tag == whom.c.tag)
            for tag, since in connection.execute(listed.where(whom.c.system == system)).all():
                no[tag] = max(no.get(tag, since), since)
            sealed = [
                (row.sealed, no[row.tag])
                for row in connection.execute(select(whom.c.tag, whom.c.sealed).where(whom.c.system == system))
                if row.tag in no
            ]
        for one, at in sealed:
            if (number := self._key.opened(one)) is not None:
                yield number, at
