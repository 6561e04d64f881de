"""One person in one live database: found, counted, taken out piece by piece, and looked for again afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, column, delete, func, or_, select, table

from carrel.errors import CarrelError, Fault, fault
from carrel.inventory.person_map import Act, PersonMap
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.erasure import FINANCE, STAND_IN, Cascade, Going, Staying, Words, refuse
from carrel.retention.identifiers import Subject, sorted_out
from carrel.retention.legal_hold import Scope
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_rows import CASCADING, PersonRows, Step, is_text, lock
from carrel.systems.sql.person_texts import PersonTexts, Place, teach

OVERLAY = "name table and column under 'person' in the site's maps/local.yaml, with what becomes of the rows"


@dataclass(frozen=True, slots=True)
class Found:
    """What the sweep found of the person.

    Attributes:
        columns: per place, rows that still hold the number, the card or the user name in a column of persons.
        texts: per place, the keys of rows whose text holds an identifier.
        human: per place, the keys of rows for a human to judge: a name alone, or another person's own record.
        kept: per place, rows that stay on a ground.
    """

    columns: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    human: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def still(self) -> dict[str, int]:
        """Rows that should not be there, per place."""
        return {**self.columns, **{place: len(keys) for place, keys in self.texts.items()}}

    @property
    def hits(self) -> int:
        """Rows that should not be there."""
        return sum(self.still.values())


def person_map(system_map: SystemMap) -> PersonMap:
    """The map's section on persons.

    Raises:
        CarrelError: ERA-003, it has none.
    """
    if system_map.person is None:
        raise fault(faults.UNTOLD_ROWS, at=f"map {system_map.system}", wanted="a section 'person'", found="none")
    return system_map.person


def find(connection: Connection, system_map: SystemMap, said: str, *, by_card: bool, at: str) -> int:
    """The number of the person whose card, or number, this is.

    Raises:
        CarrelError: ERA-001, nobody's or several people's; what was given is not repeated.
    """
    people, person = system_map.people, person_map(system_map)
    with told(at):
        rows = table(people.table, column(people.key), column(person.card))
        given: Any = said if by_card else int(said) if said.isascii() and said.isdigit() and len(said) < 19 else -1  # noqa: PLR2004
        named = rows.c[person.card if by_card else people.key]
        numbers = connection.execute(select(rows.c[people.key]).where(named == given).limit(2)).scalars().all()
    if len(numbers) != 1:
        raise fault(
            faults.NO_SUBJECT,
            at=at,
            wanted=f"the {'card number' if by_card else 'internal number'} of one person",
            found="several people's" if numbers else "nobody's",
            fix="look at the person's record, and give it again",
        )
    return int(numbers[0])


class SqlErasure:
    """The erasure of one person.

    Args:
        engine: of the system.
        schema: live.
        system_map: with the site's overlay merged.
        subject: the person; before the plan only the number.
        stand_in: the product's anonymous patron.
        lose_card: whether the policy lets settled financial records lose their payer.
        at: the system's name, for errors.
    """

    def __init__(
        self,
        engine: Engine,
        schema: LiveSchema,
        system_map: SystemMap,
        subject: Subject,
        stand_in: int | None,
        *,
        lose_card: bool,
        at: str,
    ) -> None:
        self._engine, self._map, self._at, self._lose_card = engine, system_map, at, lose_card
        self.person = person_map(system_map)
        self._schema, self._stand_in = schema, stand_in
        self.subject = subject
        self.rows = PersonRows(schema, self.person, subject, stand_in)
        self.texts = PersonTexts(self.rows)

    def beat_with(self, beat: Callable[[], None]) -> None:
        """Have something done between the stretches of a long search, such as renewing a lease."""
        self.texts = PersonTexts(self.rows, beat)

    @property
    def last(self) -> Step:
        """The person's own row."""
        own = self._map.people
        return next(
            one for one in self.rows.steps if one.table == own.table and one.act is Act.DELETE and one.trace.column
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is carried out before the person's own row goes."""
        done = {Act.DELETE, Act.CHANGE}
        return tuple(one for one in self.rows.steps if one.act in done and one is not self.last)

    # -- before -----------------------------------------------------------------------------------------------------

    def known(self, connection: Connection) -> Subject | None:
        """The person as the database knows it now, with identifiers; None once the record is gone."""
        people, person = self._map.people, self.person
        with told(self._at):
            own = self._record(connection, people.table)
            if not own:
                return None
            former = [row for name in person.former for row in self._record(connection, name)]
            values = [str(row[name]) for row in (*own, *former) for name in person.identifiers if row.get(name)]
            names = [(str(row.get(a) or ""), str(row.get(b) or "")) for row in (*own, *former) for a, b in person.names]
            exact, said = sorted_out(values, names, self._shared(connection, values))
        card, user = (str(own[0].get(name) or "") for name in (person.card, person.user))
        return Subject(self.subject.number, card, user, exact, said)

    def _record(self, connection: Connection, name: str) -> list[dict[str, Any]]:
        if name not in self._schema.tables:
            return []
        rows = self.rows.rows(name)
        which = self.rows.names(name, self._map.people.key, rows)
        return [dict(row) for row in connection.execute(select(rows).where(which)).mappings()]

    def _shared(self, connection: Connection, values: list[str]) -> set[str]:
        """Identifiers that another person's record, or a copy of a title, has as well."""
        people, items = self._map.people, self._map.items
        others = self.rows.rows(people.table)
        found: set[str] = set()
        for value in dict.fromkeys(values):
            named = or_(*(others.c[name] == value for name in self.person.identifiers))
            query = select(others.c[people.key]).where(named, others.c[people.key] != self.subject.number).limit(1)
            copies = self.rows.rows(items.table)
            barcode = select(copies.c[items.key]).where(copies.c[items.barcode] == value).limit(1)
            if connection.execute(query).first() or connection.execute(barcode).first():
                found.add(value)
        return found

    def blocking(self, connection: Connection, scopes: Iterable[Scope], *, held: str) -> tuple[Staying, ...]:
        """Why this person cannot be erased now."""
        with told(self._at):
            found = []
            if self._stand_in == self.subject.number:
                found.append(Staying(self._map.people.table, self._map.people.key, 1, "the product's anonymous patron"))
            if self.subject.number == 0:  # what Koha writes for whoever registered and has no record yet
                found.append(Staying(self._map.people.table, self._map.people.key, 1, "a number that many rows share"))
            for step in self.rows.steps:
                ground = step.trace.ground or STAND_IN
                if step.trace.finance and not self._lose_card:
                    ground = FINANCE
                elif step.act is not Act.BLOCK:
                    continue
                if count := self.rows.count(connection, step):
                    found.append(Staying(step.table, step.by, count, ground))
            if any(self._covers(connection, scope) for scope in scopes):
                found.append(Staying("", "", 0, held))
        return tuple(found)

    def held(self, connection: Connection, scopes: Iterable[Scope]) -> bool:
        """Whether a legal hold or an exception may speak of this person, or of one of the person's loans."""
        with told(self._at):
            return any(self._covers(connection, scope) for scope in scopes)

    def _covers(self, connection: Connection, scope: Scope) -> bool:
        """Whether a scope may speak of this person: by number, or of one of the person's loans."""
        if self.subject.number in scope.persons or scope == Scope():
            return True
        if scope.persons:
            return False
        for anchor in (self._map.loans.open, self._map.loans.closed):
            rows = self.rows.rows(anchor.table)
            tests = [self.rows.names(anchor.table, anchor.person, rows)]
            named = ((anchor.item, scope.items), (anchor.key, scope.loans), (anchor.branch, scope.branches))
            tests += [rows.c[name].in_(values) for name, values in named if values]
            if scope.opened_from:
                tests.append(rows.c[anchor.opened] >= str(scope.opened_from))
            if scope.opened_until:
                tests.append(rows.c[anchor.opened] <= str(scope.opened_until))
            if connection.execute(select(func.count()).select_from(rows).where(*tests)).scalar_one():
                return True
        return False

    def going(self, connection: Connection) -> tuple[Going, ...]:
        """What would go, in order; the person's own row last."""
        with told(self._at):
            counted = [(step, self.rows.count(connection, step)) for step in (*self.steps, self.last)]
        return tuple(
            Going(
                step.table,
                str(step.act),
                step.by,
                {name: str(how) for name, how in step.trace.set.items()} if step.act is Act.CHANGE else {},
                rows,
                step.trace.why,
            )
            for step, rows in counted
            if rows
        )

    def staying(self, connection: Connection) -> tuple[Staying, ...]:
        """What stays although it names the person, and on which ground."""
        with told(self._at):
            kept = [one for one in self.rows.steps if one.act is Act.KEEP]
            found = [Staying(one.table, one.by, self.rows.count(connection, one), one.trace.ground) for one in kept]
        return tuple(one for one in found if one.rows)

    def cascades(self, connection: Connection) -> tuple[Cascade, ...]:
        """What the database itself would delete or empty, by every key of the live schema.

        Raises:
            CarrelError: ERA-003, rows among it with which no step deals, or a column that a step needs and that is
                not there.
        """
        found: dict[tuple[str, str, str], Cascade] = {}
        lost: dict[tuple[str, str], int] = {}
        with told(self._at):
            for step in (*self.steps, self.last):
                if step.act is not Act.DELETE:
                    continue
                for (child, key), total, left in self.rows.hanging(connection, step):
                    by = ", ".join(key.columns)
                    if key.on_delete in CASCADING:
                        before = found.get((child, by, step.table))
                        rows = total if before is None else before.rows + total
                        found[child, by, step.table] = Cascade(child, by, key.on_delete, step.table, rows)
                    if left:
                        lost[child, by] = lost.get((child, by), 0) + left
        lacking = [Fault(faults.UNTOLD_ROWS, at=one, found="no such column", fix=OVERLAY) for one in self.rows.lacking]
        untold = [*self._triggers()]
        untold += [
            Fault(faults.UNTOLD_ROWS, at=f"{child}.{by}", found=f"{rows} rows", fix=OVERLAY)
            for (child, by), rows in lost.items()
        ]
        if lacking or untold:
            raise CarrelError((*lacking, *untold))
        return tuple(found.values())

    def _triggers(self) -> Iterable[Fault]:
        """Triggers that would run with a row that is changed or deleted, and that nobody has looked at."""
        for name in dict.fromkeys(step.table for step in (*self.steps, self.last)):
            for trigger in self._schema.tables[name].triggers:
                if trigger.event != "INSERT" and trigger.name not in self._map.triggers.get(name, {}):
                    fix = "look at it; if it copies nothing, name it under 'triggers' in maps/local.yaml"
                    yield Fault(faults.UNTOLD_ROWS, at=f"{name}: {trigger.name}", found="a trigger", fix=fix)

    def words(self, connection: Connection) -> tuple[Words, ...]:
        """Texts of other rows that name the person, or may."""
        redacted: Counter[tuple[str, str]] = Counter()
        human: Counter[tuple[str, str]] = Counter()
        with told(self._at):
            teach(connection)
            for hit in self.texts.hits(connection, own=False):
                goes = hit.exact and (hit.place.redacts or hit.place.gone)
                (redacted if goes else human)[hit.place.table, hit.place.column] += 1
        places = sorted({*redacted, *human})
        return tuple(Words(*place, redacted[place], human[place]) for place in places)

    # -- the erasure itself -----------------------------------------------------------------------------------------

    def piece(self, connection: Connection, step: Step, size: int) -> int:
        """At most so many rows of a step; the caller commits. Nought when the step is done.

        Raises:
            CarrelError: ERA-005, rows hang on these that no step has dealt with; the caller undoes the transaction.
        """
        with told(self._at):
            done, hung = self.rows.piece(connection, step, size)
        if hung:
            raise self._hangs(step.table, hung)
        return done

    def text_places(self) -> list[tuple[str, list[Place]]]:
        """Tables in which identifiers are redacted, with their places."""
        return [(name, found) for name, found in self.texts.places() if any(p.redacts or p.gone for p in found)]

    def delete_person(self, connection: Connection, blocking: Callable[[], tuple[Staying, ...]]) -> int:
        """The last row: locked first, so that nobody borrows meanwhile; one row, and nothing with it.

        Returns:
            One, or nought when it is gone already.

        Raises:
            CarrelError: ERA-005; ERA-002 where something keeps the person since.
        """
        own = self.last
        rows = self.rows.rows(own.table)
        which = self.rows.those(own, rows)
        with told(self._at):
            if not lock(connection, rows, which):
                return 0
            refuse(self._at, blocking())
            hung = sum(self.rows.count_of_key(connection, one) for one in self._schema.incoming(own.table))
            if hung:
                raise self._hangs(own.table, hung)
            done = connection.execute(delete(rows).where(which)).rowcount
        if done != 1:
            raise self._hangs(own.table, done)
        return 1

    def _hangs(self, table: str, rows: int) -> CarrelError:
        return fault(
            faults.STILL_HANGS,
            at=f"{self._at}: {table}",
            wanted="no row that hangs on it",
            found=f"{rows} rows",
            because="they came since, or belong to a table that the map does not know",
            changed="nothing by this transaction; what earlier ones took out stays out",
            fix="apply the same plan again; if it is refused again, plan anew",
        )

    # -- afterwards -------------------------------------------------------------------------------------------------

    def sweep(self, connection: Connection) -> Found:
        """Look for the person in every column of persons, and for every identifier in every text."""
        found = Found()
        with told(self._at):
            teach(connection)
            for name, by, kept in self._person_columns():
                rows = self.rows.rows(name)
                steps = [one for one in self.rows.steps if one.table == name and one.trace.column == by]
                traced = or_(*(self.rows.those(one, rows) for one in steps)) if steps else None
                which = self.rows.names(name, by, rows) if traced is None else traced
                if count := connection.execute(select(func.count()).select_from(rows).where(which)).scalar_one():
                    (found.kept if kept else found.columns)[f"{name}.{by}"] = int(count)
            for hit in self.texts.hits(connection, own=True):
                place = f"{hit.place.table}.{hit.place.column}"
                # The key of such a row would be another patron's number.
                personal = set(self.rows.key(hit.place.table)) & set(self._map.person_columns.get(hit.place.table, ()))
                key = () if personal else hit.key
                if hit.exact and (hit.place.table != self._map.people.table or hit.place.redacts):
                    found.texts.setdefault(place, []).append(key)
                else:
                    found.human.setdefault(place, []).append(key)
        return found

    def _person_columns(self) -> Iterable[tuple[str, str, bool]]:
        """Every column that can hold the person: of the map, and by the keys of the live schema."""
        wanted: dict[tuple[str, str], bool] = {}
        for step in self.rows.steps:
            if step.trace.column:
                known = wanted.get((step.table, step.trace.column), True)
                wanted[step.table, step.trace.column] = known and step.act is Act.KEEP
        for child, key in self._schema.incoming(self._map.people.table):
            wanted |= {(child, one): wanted.get((child, one), False) for one in key.columns}
        for name, columns in self._map.person_columns.items():
            there = self._schema.tables.get(name)
            for one in columns:
                held = None if there is None else there.column(one)
                if held is not None and not is_text(held) and "blob" not in held.type.lower():
                    wanted.setdefault((name, one), False)
        return [(*place, kept) for place, kept in wanted.items()]
