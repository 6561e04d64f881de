"""Notices on a live database: rows by kind and way, gateways that are set up, templates that name what they need not.

Templates are the library's own texts; they are searched for the names of slots, and nothing of them is kept. Of a
notice itself only its template's code and its way are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Connection, column, func, literal, select

from carrel.inventory.channel import NoticeKind
from carrel.inventory.notices import Allowed, ChannelColumn, Gateway, Notices, SeenNotices, Template, Way, needless
from carrel.inventory.schema import LiveSchema
from carrel.systems.sql import live
from carrel.systems.sql.named_table import table
from carrel.systems.sql.permitted import Permitted

_OFF = frozenset({"", "0"})


def seen_notices(
    connection: Connection, notices: Notices, schema: LiveSchema, allowed: Allowed, waits_since: datetime | None
) -> SeenNotices:
    """Look at channels, gateways and templates.

    Args:
        connection: a read-only session.
        notices: of the map.
        schema: as it is now; a table that the site lacks holds nothing.
        allowed: channels of the policy, by kind.
        waits_since: naive local time; what is in the queue since before it waits too long. None for no limit.

    Returns:
        Codes, ways and counts. What the account may not read is named, and never counts as empty.
    """
    if not notices.transports:
        return SeenNotices()
    return _Looking(connection, notices, schema, allowed).seen(waits_since)


class _Looking:
    """One look at one database."""

    def __init__(self, connection: Connection, notices: Notices, schema: LiveSchema, allowed: Allowed) -> None:
        self._connection, self._notices, self._allowed = connection, notices, allowed
        self._looking = Permitted(connection, schema)

    def seen(self, waits_since: datetime | None) -> SeenNotices:
        codes = self._codes()
        ways = [way for one in self._notices.ways for way in self._at(one.name, partial(self._ways, one, codes))]
        ways += self._at("patrons' choices of a channel", self._wished)
        templates = self._at("templates of notices", partial(self._templates, codes))
        gateways = {one.name: tuple(self._at(one.name, partial(self._named, one))) for one in self._notices.gateways}
        begun: dict[NoticeKind, tuple[str, ...]] = {}
        for kind, name in self._at("what new patrons begin with", self._begun):
            begun[kind] = (*begun.get(kind, ()), name)
        waiting = self._at("notices in the queue", partial(self._waiting, waits_since))
        return SeenNotices(
            tuple(ways), tuple(templates), gateways, sum(waiting), tuple(self._looking.unread), begun, looked_at=True
        )

    def _at(self, name: str, look: Callable[[], Iterator[Any]]) -> list[Any]:
        """What a look finds; noted as unread where the account may not look."""
        with self._looking.at(name):
            return list(look())
        return []

    def _there(self, name: str, *columns: str) -> bool:
        return len(self._looking.there(name, *columns)) == len(columns)

    def _codes(self) -> dict[str, NoticeKind]:
        """Which templates are of which kind: the product's own, and those that the library names for it."""
        found: dict[str, NoticeKind] = {}
        for kind, letters in self._notices.kinds.items():
            found |= dict.fromkeys(letters.letters, kind)
            for name, columns in letters.named_in.items():
                for one in columns:
                    if self._there(name, one):
                        named = self._at(f"templates named in {name}", partial(self._all, name, one))
                        found |= dict.fromkeys(named, kind)
        return found

    def _all(self, name: str, one: str) -> Iterator[str]:
        value: ColumnElement[str] = column(one)
        rows = self._connection.execute(select(value).select_from(table(name)).where(value.is_not(None)).distinct())
        yield from (str(found) for (found,) in rows if str(found).strip())

    def _ways(self, one: ChannelColumn, codes: dict[str, NoticeKind]) -> Iterator[Way]:
        if not self._there(one.table, one.channel, *([one.code] if one.code else [])):
            return
        code: ColumnElement[Any] = column(one.code) if one.code else literal("")
        way: ColumnElement[str] = column(one.channel)
        query = select(code, way, func.count()).select_from(table(one.table)).where(live.all_hold(one.where))
        for word, transport, rows in self._connection.execute(query.group_by(*([code] if one.code else []), way)):
            if (kind := one.kind or codes.get(str(word))) is not None:
                yield Way(kind, str(transport), one.name, int(rows), one.offered)

    def _wished(self) -> Iterator[Way]:
        for message, transport, rows in self._chosen():
            if (kind := self._wishes_of().get(message)) is not None:
                yield Way(kind, transport, "patrons' choices", rows)

    def _begun(self) -> Iterator[tuple[NoticeKind, str]]:
        """Messages that are on, by some way, for whoever is registered from now on."""
        wishes = self._notices.wishes
        if wishes is not None and wishes.default_of and self._there(wishes.chosen, wishes.default_of):
            for name in sorted({message for message, _, _ in self._chosen(begun=True)}):
                if (kind := self._wishes_of().get(name)) is not None:
                    yield kind, name

    def _wishes_of(self) -> dict[str, NoticeKind]:
        return {wish: kind for kind, letters in self._notices.kinds.items() for wish in letters.wishes}

    def _chosen(self, *, begun: bool = False) -> Iterator[tuple[str, str, int]]:
        """Messages by name and way, with their rows; of defaults alone where these are asked for."""
        wishes = self._notices.wishes
        if wishes is None or not self._there(wishes.table, wishes.channel, wishes.key):
            return
        own = table(wishes.table, column(wishes.channel), column(wishes.key))
        of: list[ColumnClause[Any]] = [column(wishes.default_of)] if begun else []
        chosen = table(wishes.chosen, column(wishes.key), column(wishes.message), *of)
        messages = table(wishes.messages, column(wishes.message), column(wishes.name))
        by_key, by_message = (
            own.c[wishes.key] == chosen.c[wishes.key],
            messages.c[wishes.message] == chosen.c[wishes.message],
        )
        joined = own.join(chosen, by_key).join(messages, by_message)
        name, way = messages.c[wishes.name], own.c[wishes.channel]
        query = select(name, way, func.count()).select_from(joined).group_by(name, way)
        if begun:
            query = query.where(chosen.c[wishes.default_of].is_not(None))
        for message, transport, rows in self._connection.execute(query):
            yield str(message), str(transport), int(rows)

    def _templates(self, codes: dict[str, NoticeKind]) -> Iterator[Template]:
        where = self._notices.templates
        if where is None or not self._there(where.table, where.code, where.channel, *where.texts):
            return
        columns: list[ColumnElement[str]] = [column(name) for name in (where.code, where.channel, *where.texts)]
        for code, transport, *texts in self._connection.execute(select(*columns).select_from(table(where.table))):
            kind = codes.get(str(code))
            named = tuple(needless(self._notices, kind, str(transport), [str(t or "") for t in texts], self._allowed))
            if named:
                yield Template(str(code), str(transport), kind, named)

    def _named(self, gateway: Gateway) -> Iterator[str]:
        at = gateway.at
        if not self._there(at.table, at.column):
            return
        value: ColumnElement[Any] = column(at.column)
        query = select(value).select_from(table(at.table)).where(live.all_hold(at.where), value.is_not(None))
        for (found,) in self._connection.execute(query.distinct()):
            if str(found).strip() not in _OFF:
                yield gateway.called or str(found).strip()

    def _waiting(self, since: datetime | None) -> Iterator[int]:
        waiting = self._notices.waiting
        if since is None or waiting is None or not self._there(waiting.table, waiting.since):
            return
        moment: ColumnElement[Any] = column(waiting.since)
        query = select(func.count()).select_from(table(waiting.table))
        rows = self._connection.execute(query.where(live.all_hold(waiting.where), moment < since))
        yield int(rows.scalar_one())
