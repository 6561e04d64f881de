"""What a live database collects beyond what lending needs: switches, and counts of rows that are filled."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, String, and_, cast, column, func, or_, select

from carrel.inventory.category import Category
from carrel.inventory.collection import (
    DEMANDS,
    Attributes,
    Collectable,
    Collects,
    Demand,
    Filled,
    IdentityNumbers,
    Seen,
    kind_of,
)
from carrel.inventory.contradiction import holds
from carrel.inventory.identity_number import holds_identity_number
from carrel.inventory.schema import LiveSchema
from carrel.systems.sql import live
from carrel.systems.sql.named_table import table
from carrel.systems.sql.permitted import Permitted

_SHORTEST = 9  # no identity number that is looked for has fewer signs


def collected(connection: Connection, collects: Collects, schema: LiveSchema) -> Seen:
    """Look at everything that a map says can be collected.

    Args:
        connection: a read-only session.
        collects: of the map.
        schema: as it is now. A table or column that the product lacks collects nothing.

    Returns:
        Counts only. What the account may not read is named in ``unread``, and never counts as empty.
    """
    looking = _Looking(connection, schema)
    for thing in collects.things:
        with looking.at(thing.name):
            looking.thing(thing)
    if (attributes := collects.attributes) is not None:
        with looking.at(*(kind.name for kind in attributes.kinds)):
            looking.attributes(attributes)
    if (numbers := collects.identity_numbers) is not None:
        with looking.at(numbers.name):
            looking.identity_numbers(numbers)
    for demand in collects.demands:
        with looking.at(DEMANDS):
            looking.demand(demand)
    unread = tuple(dict.fromkeys(looking.unread))
    return Seen(looking.on, looking.rows, unread, looking.unchosen, frozenset(looking.demanded))


class _Looking(Permitted):
    """One look at one database."""

    def __init__(self, connection: Connection, schema: LiveSchema) -> None:
        super().__init__(connection, schema)
        self.on: dict[str, bool] = {}
        self.rows: dict[str, int] = {}
        self.unchosen = 0
        self.demanded: set[Category] = set()

    def thing(self, thing: Collectable) -> None:
        """One switch, and the rows that it filled."""
        if (switch := thing.switch) is not None:
            value = live.look_up(self.connection, switch.at)
            self.on[thing.name] = all(holds(test, value) for test in switch.when)
        if thing.filled is not None and (columns := self.there(thing.filled.table, *thing.filled.columns)):
            self.rows[thing.name] = self._filled(thing.filled, columns)

    def attributes(self, where: Attributes) -> None:
        """The fields of the library's own making, by kind. What patrons gave in them is not read."""
        if not self.there(where.table, where.code) or not self.there(where.types, where.types_code):
            return
        own, types = table(where.table, column(where.code)), table(where.types, column(where.types_code))
        code: ColumnElement[str] = own.c[where.code]
        named: ColumnElement[str] = column(where.description)
        query = (
            select(code, func.max(named), func.count())
            .select_from(own.outerjoin(types, types.c[where.types_code] == code))
            .group_by(code)
        )
        for word, description, count in self.connection.execute(query):
            kind = kind_of(f"{word} {description or ''}", where.kinds)
            if kind is not None:
                self.rows[kind] = self.rows.get(kind, 0) + int(count)
        if where.mandatory is not None and self.there(where.types, where.mandatory):
            of_kind = {kind.name: kind.need.categories for kind in where.kinds}
            must: ColumnElement[int] = column(where.mandatory)
            asked = select(types.c[where.types_code], named).select_from(types).where(must == 1)
            for word, description in self.connection.execute(asked):
                self.demanded.update(of_kind.get(kind_of(f"{word} {description or ''}", where.kinds) or "", ()))

    def demand(self, demand: Demand) -> None:
        """Whether a preference makes a field mandatory."""
        value = live.look_up(self.connection, demand.switch.at)
        if all(holds(test, value) for test in demand.switch.when):
            self.demanded.add(demand.category)

    def identity_numbers(self, where: IdentityNumbers) -> None:
        """How many rows hold an identity number by its shape. Values are looked at one by one and let go of."""
        whose: list[object] = []
        for name, wanted in where.columns.items():
            if not (columns := self.there(name, *wanted)):
                continue
            person: ColumnElement[object] = column(where.person)
            texts: list[ColumnElement[str]] = [column(one) for one in columns]
            long = or_(*(func.length(text) >= _SHORTEST for text in texts))
            query = select(person, *texts).select_from(table(name)).where(long)
            # Of this query alone: told to the connection, it would hold for every statement after it.
            with self.connection.execute(query, execution_options={"yield_per": 2000}) as values:
                whose += [one for one, *row in values if any(holds_identity_number(text) for text in row if text)]
        self.rows[where.name] = len(whose)
        chosen = self._chosen(where) if whose else set()
        self.unchosen = sum(one not in chosen for one in whose)

    def _chosen(self, where: IdentityNumbers) -> set[object]:
        """Who chose to give the number, as the product records it."""
        if (choices := where.chosen) is None or not self.there(choices.table, where.person):
            return set()
        person: ColumnElement[object] = column(where.person)
        query = select(person).select_from(table(choices.table)).where(live.all_hold(choices.where))
        return set(self.connection.execute(query).scalars())

    def _filled(self, filled: Filled, columns: tuple[str, ...]) -> int:
        values: list[ColumnElement[str]] = [column(name) for name in columns]
        something = or_(*(and_(one.is_not(None), func.trim(cast(one, String)) != "") for one in values))
        where = and_(something, live.all_hold(filled.where))
        query = select(func.count()).select_from(table(filled.table)).where(where)
        return int(self.connection.execute(query).scalar_one())
