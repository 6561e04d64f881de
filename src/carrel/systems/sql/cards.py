"""The cards of one live database: which have lapsed, which are in use, and what keeps the others."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, cast, false, func, literal, not_, or_, select

from carrel.inventory.card import Cards
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention.identifiers import Subject
from carrel.retention.lapsed_card import CardCount, CardState, state
from carrel.retention.legal_hold import Scope
from carrel.retention.payer import Payer
from carrel.retention.predicate import Predicate
from carrel.systems.sql import person_grounds
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.expressions import NO_DATE
from carrel.systems.sql.failure import told
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.person_grounds import SHARED_NUMBER, Grounds
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_steps import emptied

_BATCH = 500
_PARTIAL = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What cards are judged by at one moment.

    Attributes:
        due: from `retention.lapsed_card.due_when`.
        now: naive local time.
        shields: scopes of what the library keeps and tells: legal holds without a seal, and exceptions.
        sealed: scopes of sealed legal holds.
        horizons: per table whose rows are cut by a rule of their own, the time before which they are no witness.
    """

    due: Predicate
    now: datetime
    shields: tuple[Scope, ...] = ()
    sealed: tuple[Scope, ...] = ()
    horizons: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Card:
    """One person's card, as the person's own record tells it."""

    subject: Subject
    expires: datetime | None
    seen: list[datetime]
    home: str | None

    @property
    def number(self) -> int:
        return self.subject.number

    def state(self, by: Judgement, used: Iterable[datetime] = (), grounds: Iterable[str] = ()) -> str:
        return state(self.expires, (*self.seen, *used), grounds, by.due, by.now, self.home)


class SqlCards:
    """The cards of one live database.

    Args:
        schema: live.
        system_map: whose section on cards is in force.
        stand_in: the product's anonymous patron; it is nobody's card.
        payer: what the policy keeps of payers; None where settled charges lose the card.
        reduced_to: the columns to which records of payers have been reduced here before, by whatever policy.
        at: the system's name, for errors.
    """

    def __init__(
        self,
        schema: LiveSchema,
        system_map: SystemMap,
        stand_in: int | None,
        *,
        payer: Payer | None,
        reduced_to: Iterable[frozenset[str]],
        at: str,
    ) -> None:
        if system_map.lapsing is None:
            raise ValueError("no rule for lapsed cards is in force")
        self.cards: Cards = system_map.lapsing
        self._map, self._stand_in, self._payer, self._at = system_map, stand_in, payer, at
        self._reduced_to = tuple(reduced_to)
        self._rows = PersonRows(schema, system_map, (), stand_in)

    def count(self, connection: Connection, by: Judgement) -> CardCount:
        """Cards by what becomes of them."""
        found = Counter(one for _, one in self.judged(connection, by))
        with told(self._at):
            people = self._rows.rows(self._map.people.table)
            later = people.c[self.cards.expires] > by.now
            query = select(func.count()).select_from(people).where(self._somebody(people), later)
            found[CardState.IN_USE] += int(connection.execute(query).scalar_one())
        due = found.pop(CardState.DUE, 0)
        found.pop(CardState.SEALED, None)
        kept = {str(reason): number for reason, number in found.items() if number}
        return CardCount(due, kept, found[CardState.UNDATED])

    def people(self, connection: Connection) -> int:
        """How many people have a record."""
        with told(self._at):
            people = self._rows.rows(self._map.people.table)
            there = not_(is_gone(self._map.people, people))
            return int(connection.execute(select(func.count()).select_from(people).where(there)).scalar_one())

    def due(self, connection: Connection, by: Judgement) -> tuple[int, ...]:
        """The numbers of those whose cards are due."""
        return tuple(number for number, found in self.judged(connection, by) if found == CardState.DUE)

    def spared(self, connection: Connection, subjects: tuple[Subject, ...], by: Judgement) -> set[int]:
        """Of some persons, those whose cards are not due, or not any more; whose record is gone is not among them."""
        rows = self._rows.of(subjects)
        with told(self._at):
            people = rows.rows(self._map.people.table)
            named = rows.names(self._map.people.table, self._map.people.key, people)
            named = and_(named, not_(is_gone(self._map.people, people)))
            # What hangs on their rows is asked by every step itself, and not of everybody in each piece once more.
            found = self._batch(connection, self._read(connection, people, named), by, below=False)
            return {number for number, one in found if one != CardState.DUE}

    def judged(self, connection: Connection, by: Judgement) -> Iterator[tuple[int, str]]:
        """Every card that is not plainly in use, and where it stands."""
        people, after = self._rows.rows(self._map.people.table), None
        key, expires = people.c[self._map.people.key], people.c[self.cards.expires]
        while True:
            here = [self._somebody(people), or_(expires.is_(None), expires <= by.now)]
            here += [] if after is None else [key > after]
            with told(self._at):
                found = self._read(connection, people, *here, limit=_BATCH)
                judged = list(self._batch(connection, found, by))
            if not found:
                return
            yield from judged
            after = found[-1].number

    def _somebody(self, people: Any) -> Any:
        nobody = {SHARED_NUMBER, *(() if self._stand_in is None else (self._stand_in,))}
        return and_(people.c[self._map.people.key].not_in(nobody), not_(is_gone(self._map.people, people)))

    def _read(self, connection: Connection, people: Any, *which: Any, limit: int | None = None) -> list[_Card]:
        """Persons with the expiry of their card, the uses that their own record tells, and where they belong."""
        key, person = people.c[self._map.people.key], self._rows.person
        # Where cards stand in a table of their own, no ground for keeping one is told by its number.
        card = people.c[person.card] if person.card else literal("").label("card")
        columns = [card, people.c[person.user]]
        # As texts: of a day without a month a driver tells nothing at all.
        columns += [cast(people.c[name], String) for name in (self.cards.expires, *self.cards.seen)]
        home = self._map.people.home
        columns.append(literal(None, String).label("home") if home is None else cast(people.c[home], String))
        was_reduced = or_(false(), *(self._reduced(people, one) for one in self._reduced_to))
        query = select(key, was_reduced.label("reduced"), *columns).where(*which).order_by(key).limit(limit)
        found = []
        for number, reduced, card, user, expires, *seen, unit in connection.execute(query).all():
            subject = Subject(int(number), str(card or ""), str(user or ""))
            # Of a reduced record the expiry is gone: it lapsed long ago, whatever the policy was by then.
            ends = NO_DATE if reduced else _moment(expires)
            found.append(_Card(subject, ends, [at for at in map(_latest, seen) if at is not None], unit))
        return found

    def _batch(
        self,
        connection: Connection,
        found: list[_Card],
        by: Judgement,
        *,
        below: bool = True,
    ) -> Iterator[tuple[int, str]]:
        past = [one for one in found if one.state(by) == CardState.DUE]
        used = self._uses(connection, tuple(one.subject for one in past), by)
        lapsed = [one.subject for one in past if one.state(by, used[one.number]) == CardState.DUE]
        grounds = self._grounds(connection, tuple(lapsed), by, below=below)
        for one in found:
            yield one.number, one.state(by, used[one.number], grounds.get(one.number, ()))

    def _reduced_payers(self, connection: Connection, rows: PersonRows) -> Grounds:
        """Payers of whom all is gone that a financial record does not need."""
        if self._payer is None:
            return {}
        payers = person_grounds.payers(connection, rows, self._payer)
        people = rows.rows(self._map.people.table)
        key = people.c[self._map.people.key]
        which = rows.names(self._map.people.table, self._map.people.key, people)
        found = connection.execute(select(key).where(which, self._reduced(people, self._payer.columns))).scalars()
        return {int(number): [self._payer.ground] for number in found if number in payers}

    def _reduced(self, people: Any, stays: Collection[str]) -> Any:
        """Whether a record is one of which only stays what a financial record needs, or needed."""
        return and_(*(people.c[one].is_(None) for one in emptied(self._rows.schema, self._rows.own, stays)))

    def _uses(
        self, connection: Connection, subjects: tuple[Subject, ...], by: Judgement
    ) -> defaultdict[int, list[datetime]]:
        used: defaultdict[int, list[datetime]] = defaultdict(list)
        rows = self._rows.of(subjects)
        for sign in self.cards.signs if subjects else ():
            if sign.table not in rows.schema.tables:
                continue
            source = rows.rows(sign.table)
            person = source.c[sign.person]
            latest = [cast(func.max(source.c[name]), String) for name in sign.at]
            query = select(person, *latest).where(
                rows.names(sign.table, sign.person, source), all_hold(source.c, sign.only)
            )
            query = query.group_by(person)
            # What is cut tonight, or was cut before, must not decide: the card would be judged by whether it still is.
            since = by.horizons.get(sign.table, NO_DATE)
            for number, *times in connection.execute(query):
                used[int(number)] += [at for at in map(_latest, times) if at is not None and at > since]
        return used

    def _grounds(self, connection: Connection, subjects: tuple[Subject, ...], by: Judgement, *, below: bool) -> Grounds:
        if not subjects:
            return {}
        rows = self._rows.of(subjects)
        found: defaultdict[int, list[str]] = defaultdict(list)
        for number in person_grounds.covered(connection, rows, self._map, by.shields):
            found[number].append(CardState.HELD)
        for more in (
            person_grounds.refusing(connection, rows),
            self._reduced_payers(connection, rows),
            person_grounds.keeping(connection, rows, self.cards.keeps, by.now),
            person_grounds.untold(connection, rows, self._map.people.table),
            person_grounds.below(connection, rows) if below else {},
        ):
            for number, grounds in more.items():
                found[number] += grounds
        for number in person_grounds.covered(connection, rows, self._map, by.sealed):
            found[number].append(CardState.SEALED)
        return found


def _moment(value: str | None) -> datetime | None:
    """A time or a day; a zero date is none, and one without month or day is not usable."""
    try:
        # What stands before an offset is the wall that staff see: sessions are in the declared zone.
        found = datetime.fromisoformat(value or "").replace(tzinfo=None)
    except ValueError:
        return None
    return found if found >= NO_DATE else None


def _latest(value: str | None) -> datetime | None:
    """As `_moment`; of a use in a month or a year without a day, the last moment that it can mean."""
    found = _PARTIAL.match(value or "")
    if found is None:
        return _moment(value)
    year, month = int(found["year"]), int(found["month"]) or 12
    if year < NO_DATE.year or month > 12 or not (found["month"] == "00" or found["day"] == "00"):  # noqa: PLR2004  (of a year)
        return _moment(value)
    return datetime(year, month, monthrange(year, month)[1], 23, 59, 59)  # noqa: DTZ001  (naive local time, as told)
