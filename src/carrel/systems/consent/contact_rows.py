"""Patrons' addresses out of a system, in pages: read-only, and never more than one page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, FromClause, String, and_, cast, false, not_, select

from carrel.consent import faults
from carrel.errors import CarrelError, fault
from carrel.inventory.category import Category
from carrel.inventory.correction_map import CorrectableField
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.failure import told
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.person_rows import PersonRows

PAGE = 10_000
_NAME_PARTS = ("given", "family")
_YEARLESS = "0000"


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """One person's record, for as long as its page is in hand.

    Attributes:
        number: of the person.
        deleted: the product says that the record is deleted.
        expires: the day on which the card expires, as text; empty for none.
        email: the address for email, whether it goes or not: it is looked up on the list of silence.
        values: of the columns that go.
    """

    number: int
    deleted: bool
    expires: str
    email: str
    values: tuple[str, ...]

    def expired(self, today: date) -> bool:
        """Whether the card has expired by a day; one without a day does not expire."""
        day = self.expires[:10]
        return bool(day) and not day.startswith(_YEARLESS) and day < today.isoformat()


@dataclass(frozen=True, slots=True)
class _Place:
    category: Category
    field: CorrectableField
    columns: tuple[tuple[str, str], ...]  # head, column


class ContactRows:
    """The addresses of one live database.

    Args:
        schema: live.
        system_map: says where the fields of a record stand.
        stand_in: the product's anonymous patron; it is nobody.
        fields: categories that go.
        at: the system's name, for errors.

    Raises:
        CarrelError: CNS-014, the map does not say where a field stands.
    """

    def __init__(
        self,
        schema: LiveSchema,
        system_map: SystemMap,
        stand_in: int | None,
        fields: Sequence[Category],
        *,
        at: str,
    ) -> None:
        self._map, self._stand_in, self._at = system_map, stand_in, at
        self._rows = PersonRows(schema, system_map, (), stand_in)
        self._places = [self._place(one) for one in fields]
        self._email = self._place(Category.EMAIL_ADDRESS)

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the columns that go."""
        return tuple(head for place in self._places for head, _ in place.columns)

    def reachable(self, values: Sequence[str]) -> bool:
        """Whether there is an address among what goes: every kind of address that goes counts, and one is enough."""
        found, start = [], 0
        for place in self._places:
            end = start + len(place.columns)
            if place.category is not Category.NAME:
                found.append(any(values[start:end]))
            start = end
        return any(found) or not found

    def pages(self, connection: Connection) -> Iterator[list[Contact]]:
        """Every person of the people's table, page after page, in order of number.

        Args:
            connection: reads only.

        Guarantees:
            No more than one page is held. Rows that the product keeps of nobody are left out.
        """
        after: int | None = None
        while True:
            with told(self._at):
                page = self._page(connection, after, None)
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = page[-1].number

    def of(self, connection: Connection, numbers: Sequence[int]) -> dict[int, Contact]:
        """Some persons by their numbers; whose record is gone is left out."""
        with told(self._at):
            return {one.number: one for one in self._page(connection, None, numbers)}

    def _page(self, connection: Connection, after: int | None, numbers: Sequence[int] | None) -> list[Contact]:
        people = self._rows.rows(self._map.people.table)
        key = people.c[self._map.people.key]
        source: FromClause = people
        joined: dict[str, FromClause] = {}
        for place in (*self._places, self._email):
            name = _joint(place.field)
            if place.field.table and name not in joined:
                other = self._rows.rows(place.field.table).alias(f"joined_{len(joined)}")
                same = [people.c[own] == other.c[theirs] for own, theirs in place.field.pairs.items()]
                source = source.outerjoin(other, and_(*same, all_hold(other.c, place.field.only)))
                joined[name] = other
        named = [
            (joined[_joint(place.field)] if place.field.table else people).c[column]
            for place in (*self._places, self._email)
            for _, column in place.columns
        ]
        expires = self._map.cards.expires if self._map.cards is not None else ""
        conditions = self._map.people.deleted
        query = select(
            key,
            (all_hold(people.c, conditions) if conditions else false()).label("is_deleted"),
            (cast(people.c[expires], String) if expires else cast("", String)).label("expires_on"),
            *(one.label(f"value_{n}") for n, one in enumerate(named)),
        ).select_from(source)
        nobody = {0, *(() if self._stand_in is None else (self._stand_in,))}
        query = query.where(key.not_in(nobody), not_(is_gone(self._map.people, people)))
        if numbers is not None:
            query = query.where(key.in_(numbers))
        else:
            query = (query if after is None else query.where(key > after)).order_by(key).limit(PAGE)
        first = len(self.heads)
        return [
            Contact(
                int(row[0]),
                bool(row[1]),
                row[2] or "",
                _text(row[3 + first]),
                tuple(map(_text, row[3 : 3 + first])),
            )
            for row in connection.execute(query)
        ]

    def _place(self, category: Category) -> _Place:
        fields = {} if self._map.rectify is None else self._map.rectify.fields
        field = next((one for one in fields.values() if one.category is category), None)
        if field is None:
            raise self._unknown(category)
        if category is Category.NAME:
            parts = [(f"{part} name", field.parts[part]) for part in _NAME_PARTS if part in field.parts]
        elif field.main:
            parts = [(str(category), field.parts[field.main])]
        else:
            parts = list(field.parts.items())
        there = self._rows.schema.tables.get(field.table or self._map.people.table)
        columns = tuple((head, column) for head, column in parts if there and there.column(column) is not None)
        if not columns:
            raise self._unknown(category)
        return _Place(category, field, columns)

    def _unknown(self, category: Category) -> CarrelError:
        return fault(
            faults.NO_COLUMN,
            at=f"map {self._map.system}",
            wanted=f"a field of category '{category}' under 'rectify:'",
            found="none that this database has",
            fix="leave the field out",
        )


def _joint(field: CorrectableField) -> str:
    return repr((field.table, field.pairs, field.only))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
