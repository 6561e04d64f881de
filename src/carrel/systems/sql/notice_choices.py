"""By which way a patron wants each notice, as the product keeps it: read, written in one transaction, and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, TableClause, column, delete, insert, select, update

from carrel.errors import fault
from carrel.inventory.notices import NoticeSettings, Wishes
from carrel.inventory.system_map import SystemMap
from carrel.systems import faults
from carrel.systems.sql.named_table import table

ON = "on"  # the one way of a notice that is only on or off


@dataclass(frozen=True, slots=True)
class NoticeChoice:
    """One kind of notice, and how a patron wants it.

    Attributes:
        name: as the product calls it.
        offered: ways among which the patron may choose.
        chosen: of these, the ones that are on.
    """

    name: str
    offered: tuple[str, ...]
    chosen: frozenset[str]


class NoticeChoices:
    """The choices of one system's patrons.

    Args:
        system_map: of the system.
    """

    def __init__(self, system_map: SystemMap) -> None:
        wishes = system_map.notices.wishes
        self._wishes = wishes if wishes is not None and wishes.person else None
        self._settings, self._people = system_map.notices.settings, system_map.people

    @property
    def are_known(self) -> bool:
        """Whether the map tells where they stand."""
        return self._wishes is not None or self._settings is not None

    def read(self, connection: Connection, number: int) -> tuple[NoticeChoice, ...]:
        """How a patron wants each notice now, in the product's order."""
        if self._wishes is not None:
            return _wished(connection, self._wishes, number)
        return () if self._settings is None else _set(connection, self._settings, number)

    def write(self, connection: Connection, number: int, wanted: Mapping[str, Collection[str]]) -> None:
        """Write what differs, and read it back; the caller commits.

        Args:
            connection: in a transaction of the account that carries out.
            number: of the patron.
            wanted: name of a notice to the ways that shall be on; a notice that is not named is left as it is, and so
                is a way that is not offered.

        Raises:
            CarrelError: SQL-023, what is read back is something else; the caller undoes the transaction.
        """
        people = table(self._people.table, column(self._people.key))
        key = people.c[self._people.key]
        connection.execute(select(key).where(key == number).with_for_update())
        for one in self.read(connection, number):
            new = frozenset(wanted.get(one.name, one.chosen)) & frozenset(one.offered)
            if new == one.chosen:
                continue
            if self._wishes is not None:
                _wish(connection, self._wishes, number, one, new)
            elif self._settings is not None:
                _put(connection, self._settings, number, one, new)
        for one in self.read(connection, number):
            if one.name in wanted and one.chosen != frozenset(wanted[one.name]) & frozenset(one.offered):
                raise fault(
                    faults.NOT_READ_BACK,
                    at=f"notices: {one.name}",
                    wanted="the ways that were written",
                    found="others",
                    changed="nothing: it was rolled back",
                    fix="look at the triggers of the product's table of choices",
                )


# -- a row per wish ------------------------------------------------------------------------------------------------


def _wish_tables(wishes: Wishes) -> tuple[TableClause, TableClause, TableClause]:
    own = table(wishes.table, column(wishes.channel), column(wishes.key))
    chosen = table(
        wishes.chosen, *(column(one) for one in (wishes.key, wishes.message, wishes.person, *wishes.fresh))
    )  # fmt: skip
    return own, chosen, table(wishes.messages, column(wishes.message), column(wishes.name))


def _wished(connection: Connection, wishes: Wishes, number: int) -> tuple[NoticeChoice, ...]:
    own, chosen, messages = _wish_tables(wishes)
    query = (
        select(messages.c[wishes.name], own.c[wishes.channel])
        .select_from(messages)
        .outerjoin(
            chosen,
            (chosen.c[wishes.message] == messages.c[wishes.message]) & (chosen.c[wishes.person] == number),
        )
        .outerjoin(own, own.c[wishes.key] == chosen.c[wishes.key])
        .order_by(messages.c[wishes.message])
    )
    found: dict[str, set[str]] = {}
    for name, way in connection.execute(query):
        found.setdefault(str(name), set()).update([way] if way in wishes.offered else [])
    return tuple(NoticeChoice(name, wishes.offered, frozenset(ways)) for name, ways in found.items())


def _wish(connection: Connection, wishes: Wishes, number: int, one: NoticeChoice, new: frozenset[str]) -> None:
    own, chosen, messages = _wish_tables(wishes)
    named = select(messages.c[wishes.message]).where(messages.c[wishes.name] == one.name)
    message = connection.execute(named).scalars().first()
    key = chosen.c[wishes.key]
    mine = select(key).where(chosen.c[wishes.person] == number, chosen.c[wishes.message] == message).order_by(key)
    rows = list(connection.execute(mine).scalars())
    if not rows:
        fresh = {wishes.person: number, wishes.message: message, **wishes.fresh}
        connection.execute(insert(chosen).values(fresh))
        rows = list(connection.execute(mine).scalars())
    gone = one.chosen - new
    if gone:
        connection.execute(delete(own).where(own.c[wishes.key].in_(rows), own.c[wishes.channel].in_(sorted(gone))))
    for way in sorted(new - one.chosen):
        connection.execute(insert(own).values({wishes.key: rows[0], wishes.channel: way}))


# -- a setting per notice ------------------------------------------------------------------------------------------


def _rows(settings: NoticeSettings) -> TableClause:
    return table(settings.table, *(column(one) for one in (settings.person, settings.name, settings.value)))


def _set(connection: Connection, settings: NoticeSettings, number: int) -> tuple[NoticeChoice, ...]:
    known = table(settings.known, column(settings.known_name))
    rows, names = _rows(settings), list(settings.settings)
    there = set(
        connection.execute(
            select(known.c[settings.known_name]).where(known.c[settings.known_name].in_(names))
        ).scalars()
    )
    query = select(rows.c[settings.name], rows.c[settings.value])
    query = query.where(rows.c[settings.person] == number, rows.c[settings.name].in_(names))
    values = {str(name): _value(said) for name, said in connection.execute(query)}
    found = []
    for name, told in settings.settings.items():
        if name in there:
            ways = {ON} if not told.offered and values.get(name) is True else set()
            if told.offered and isinstance(text := values.get(name), str):
                ways = {one for one in re.split(f"[{re.escape(told.between)}]", text) if one in told.offered}
            found.append(NoticeChoice(name, told.offered or (ON,), frozenset(ways)))
    return tuple(found)


def _put(connection: Connection, settings: NoticeSettings, number: int, one: NoticeChoice, new: frozenset[str]) -> None:
    told, rows = settings.settings[one.name], _rows(settings)
    said: object = ON in new if not told.offered else told.between[0].join(way for way in told.offered if way in new)
    mine = (rows.c[settings.person] == number, rows.c[settings.name] == one.name)
    written = connection.execute(update(rows).where(*mine).values({settings.value: json.dumps(said)}))
    if written.rowcount == 0:
        values = {settings.person: number, settings.name: one.name, settings.value: json.dumps(said)}
        connection.execute(insert(rows).values(values))


def _value(said: object) -> object:
    try:
        return json.loads(str(said))
    except ValueError:
        return None
