"""Patrons' addresses out of a system, in pages: read-only, and never more than one page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, FromClause, Row, String, and_, cast, false, not_, select

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


@dataclass(frozen=True, slots=True, repr=False)
class ContactPage:
    """The records of some persons, column by column, for as long as the page is in hand.

    Attributes:
        numbers, deleted, expires, emails: as of a `Contact`, one for each person.
        columns: that go, each with a value for each person.
        reachable: whether there is an address among what goes.
    """

    numbers: Sequence[int]
    deleted: Sequence[bool]
    expires: Sequence[str]
    emails: Sequence[str]
    columns: Sequence[Sequence[str]]
    reachable: Sequence[bool]

    def expired(self, today: date) -> list[bool]:
        """Whose card has expired by a day; one without a day does not expire."""
        last = today.isoformat()
        known = {day: _is_over(day[:10], last) for day in set(self.expires)}
        return [known[day] for day in self.expires]


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
        self._read = list(self._places)
        if not any(one.category is Category.EMAIL_ADDRESS for one in self._places):
            self._read.append(self._place(Category.EMAIL_ADDRESS))
        before = next(n for n, one in enumerate(self._read) if one.category is Category.EMAIL_ADDRESS)
        self._email_at = sum(len(one.columns) for one in self._read[:before])

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the columns that go."""
        return tuple(head for place in self._places for head, _ in place.columns)

    def pages(self, connection: Connection) -> Iterator[ContactPage]:
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
            if not page:
                return
            yield self._as_page(page)
            if len(page) < PAGE:
                return
            after = int(page[-1][0])

    def of(self, connection: Connection, numbers: Sequence[int]) -> dict[int, Contact]:
        """Some persons by their numbers; whose record is gone is left out."""
        with told(self._at):
            found = self._page(connection, None, numbers)
        if not found:
            return {}
        page = self._as_page(found)
        values = zip(*page.columns, strict=True) if page.columns else repeat((), len(found))
        columns = zip(page.numbers, page.deleted, page.expires, page.emails, values, strict=True)
        return {one[0]: Contact(*one) for one in columns}

    def _as_page(self, rows: Sequence[Row[Any]]) -> ContactPage:
        keys, deleted, expires, *texts = zip(*rows, strict=True)
        clean = [_texts(column) for column in texts]
        going, start, addresses = clean[: len(self.heads)], 0, []
        for place in self._places:
            end = start + len(place.columns)
            if place.category is not Category.NAME:  # every kind of address that goes counts, and one is enough
                addresses += going[start:end]
            start = end
        return ContactPage(
            list(map(int, keys)),
            list(map(bool, deleted)),
            [one or "" for one in expires],
            clean[self._email_at],
            going,
            list(map(any, zip(*addresses, strict=True))) if addresses else [True] * len(rows),
        )

    def _page(self, connection: Connection, after: int | None, numbers: Sequence[int] | None) -> Sequence[Row[Any]]:
        people = self._rows.rows(self._map.people.table)
        key = people.c[self._map.people.key]
        source: FromClause = people
        joined: dict[str, FromClause] = {}
        for place in self._read:
            name = _joint(place.field)
            if place.field.table and name not in joined:
                other = self._rows.rows(place.field.table).alias(f"joined_{len(joined)}")
                same = [people.c[own] == other.c[theirs] for own, theirs in place.field.pairs.items()]
                source = source.outerjoin(other, and_(*same, all_hold(other.c, place.field.only)))
                joined[name] = other
        named = [
            (joined[_joint(place.field)] if place.field.table else people).c[column]
            for place in self._read
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
        return connection.execute(query).all()

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


def _texts(column: Sequence[Any]) -> list[str]:
    """The values of a column without blanks around them; nearly all columns hold texts alone."""
    try:
        return list(map(str.strip, column))
    except TypeError:
        return ["" if one is None else str(one).strip() for one in column]


def _is_over(day: str, today: str) -> bool:
    return bool(day) and not day.startswith(_YEARLESS) and day < today
