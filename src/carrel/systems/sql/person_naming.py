"""By which words a person is named, and everybody else whom a row about the person may name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, FromClause, Select, func, or_, select

from carrel.inventory.category import Category
from carrel.retention.identifiers import Subject
from carrel.rights.words_of_others import Own, words_of
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.in_lists import batches, parts
from carrel.systems.sql.person_elsewhere import meant, said_elsewhere
from carrel.systems.sql.person_layout import led_to
from carrel.systems.sql.person_selection import Bool, PersonSelection
from carrel.systems.sql.person_statement import once, place

_NAMED_BY = (
    Category.NAME,
    Category.LIBRARY_CARD_NUMBER,
    Category.INSTITUTIONAL_ID,
    Category.EMAIL_ADDRESS,
    Category.POSTAL_ADDRESS,
    Category.TELEPHONE_NUMBER,
    Category.CARD_OR_ACCOUNT_NUMBER,
)
_WORTH_A_WORD = 3  # letters of a contact's name


class Naming:
    """Looks up by indexes alone whom a number, a card or a name belongs to.

    Args:
        connection: reads only.
        selection: of the person.
        whole: names are looked up also where no index leads to them, and whoever a row names goes by surname alone
            too; who must leave nobody in waits for it.

    Attributes:
        called: whole names of the person, once `named` was asked.
    """

    def __init__(self, connection: Connection, selection: PersonSelection, *, whole: bool = False) -> None:
        self._connection, self._selection, self.whole = connection, selection, whole
        self._people, self._person = selection.map.people, selection.person
        self.called: frozenset[str] = frozenset()

    def named(self, subject: Subject) -> tuple[Subject, Own, bool]:
        """The person with cards and user name, the words that are the person's own, and whether the record is gone."""
        rows = self._records(self._people.table, subject.numbers)
        gone = not rows or (bool(self._people.gone) and self._is_gone(subject))
        for name in self._person.former:
            rows += self._records(name, subject.numbers)
        cards = [str(row[self._person.card]) for row in rows if self._person.card and row.get(self._person.card)]
        further = [one for one in (self._person.cards, *self._person.elsewhere) if one is not None]
        said = [
            [word for words in said_elsewhere(self._connection, self._rows_of(subject), one).values() for word in words]
            for one in further
        ]
        if self._person.cards is not None and said:
            cards += said[0]
        cards = list(dict.fromkeys(cards))
        users = [str(row[self._person.user]) for row in rows if row.get(self._person.user)]
        own = {
            str(value).strip().casefold() for row in rows for name, value in row.items() if self._is_own(name, value)
        }
        own |= {word.casefold() for words in said for word in words} | {one.casefold() for one in (*cards, *users)}
        self.called = frozenset(one.casefold() for one in words_of((), self._names(rows)))
        own |= self.called
        whole = replace(subject, card=cards[0] if cards else "", cards=tuple(cards[1:]), user=users[0] if users else "")
        return whole, Own(frozenset(map(str, subject.numbers)), frozenset(own - {""})), gone

    def of_others(
        self, numbers: Collection[str], cards: Collection[str], names: Collection[str], own: Own
    ) -> list[str]:
        """Words of other people: with these numbers, with one of these cards, or called by two of these words."""
        known = {int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) <= 18} - self._numbers  # noqa: PLR2004  (digits of a server's number)
        known |= self._with_cards(cards) - self._numbers
        found: list[str] = []
        for some in batches(known):
            records = self._records(self._people.table, some)
            identifiers = [str(row[name]) for row in records for name in self._person.identifiers if row.get(name)]
            found += words_of(identifiers, self._names(records))
            if self.whole:  # a note can name a guarantor by the surname alone
                found += [last for _, last in self._names(records)]
            others = self._selection.of(tuple(map(Subject, some)))
            for one in (self._person.cards, *self._person.elsewhere):
                if one is not None:
                    found += [w for ws in said_elsewhere(self._connection, others, one).values() for w in ws]
        return [*found, *self._called(names, own)]

    @staticmethod
    def of_relatives(values: Iterable[str]) -> list[str]:
        """Words of relatives and contacts, as the record itself writes them."""
        return [one.strip() for one in values if len(one.strip()) > _WORTH_A_WORD]

    # -- looked up ---------------------------------------------------------------------------------------------------

    @property
    def _numbers(self) -> set[int]:
        return {number for one in self._selection.subjects for number in one.numbers}

    def _rows_of(self, subject: Subject) -> Any:
        return self._selection.of((subject,))

    def _is_gone(self, subject: Subject) -> bool:
        query = once(self._selection, "is gone", self._gone)
        return self._connection.execute(query, {"persons": list(subject.numbers)}).first() is not None

    def _gone(self) -> Select[Any]:
        rows = self._selection.rows(self._people.table)
        key = rows.c[self._people.key]
        return select(key).where(key.in_(place("persons")), all_hold(rows.c, self._people.gone)).limit(1)

    def _records(self, name: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        if name not in self._selection.schema.tables:
            return []
        query = once(self._selection, ("record", name), partial(self._record, name))
        return [dict(one) for one in self._connection.execute(query, {"persons": list(numbers)}).mappings()]

    def _record(self, name: str) -> Select[Any]:
        rows = self._selection.rows(name)
        return select(*self._columns(name, rows)).where(rows.c[self._people.key].in_(place("persons")))

    def _columns(self, name: str, rows: FromClause) -> list[Any]:
        """The columns by which a record names its person; no secret among them."""
        labels, person = self._selection.map.labels, self._person
        wanted = {person.card, person.user, *person.identifiers, *(one for pair in person.names for one in pair)}
        names = self._selection.schema.tables[name].column_names
        return [rows.c[one] for one in names if one in wanted or labels.of(name, one) in _NAMED_BY]

    def _is_own(self, name: str, value: Any) -> bool:
        # A guardian's column is labelled as a relative's and not read; what else stands on a child's record is its own.
        told = self._person.tables.get(self._people.table)
        return isinstance(value, str) and name not in (told.texts if told else ())

    def _names(self, rows: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
        return [(str(row.get(a) or ""), str(row.get(b) or "")) for row in rows for a, b in self._person.names]

    def _with_cards(self, cards: Collection[str]) -> set[int]:
        queries = once(self._selection, "with cards", lambda: list(self._of_cards())) if cards else ()
        return {
            int(one)
            for some in batches(cards)
            for query in queries
            for one in self._connection.execute(query, {"cards": list(some)}).scalars()
            if one is not None
        }

    def _of_cards(self) -> Iterator[Select[Any]]:
        """Who has one of some cards, by each table that holds cards."""
        person, people, cards = self._person, self._people, place("cards")
        if person.card:
            rows = self._selection.rows(people.table)
            yield select(rows.c[people.key]).where(rows.c[person.card].in_(cards))
        if (other := person.cards) is not None:
            rows = self._selection.rows(other.table)
            named = or_(*(rows.c[one].in_(cards) for one in other.columns))
            yield select(rows.c[other.person]).where(named, meant(other, rows))

    def _is_called(self, first: str, last: str) -> Select[Any]:
        """Who else bears one of some surnames; where no index has to lead there, in letters of either size."""
        rows = self._selection.rows(self._people.table)
        surname, key = rows.c[last], rows.c[self._people.key]
        named: Bool = surname.in_(place("words"))
        if self.whole:
            named = or_(named, func.lower(surname).in_(place("small")))
        return select(rows.c[first], surname).where(named, key.not_in(place("persons")))

    def _called(self, names: Collection[str], own: Own) -> list[str]:
        """Whole names of people whose given name and surname both stand in the texts, where an index leads to them."""
        live = self._selection.schema.tables[self._people.table]
        found: list[tuple[str, str]] = []
        wanted = sorted(one for one in names if one.casefold() not in own.words)
        folded = {one.casefold() for one in names}
        for first, last in self._person.names:
            if not self.whole and not led_to(live, (last,)):
                continue
            query = once(self._selection, ("called", first, last, self.whole), partial(self._is_called, first, last))
            for some in parts(wanted, 200):
                values = {"words": list(some), "persons": list(self._numbers)}
                if self.whole:
                    values["small"] = [one.lower() for one in some]
                found += [
                    (a, b)
                    for a, b in self._connection.execute(query, values)
                    if a and str(a).split()[0].casefold() in folded
                ]
        return list(words_of((), found))
