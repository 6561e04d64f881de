"""Persons in one live database before anything is done to them: what would go, what stays, and what hinders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from sqlalchemy import Connection, func, not_, select

from carrel.errors import CarrelError, Fault
from carrel.inventory.drift import untold_triggers
from carrel.inventory.person_map import Act
from carrel.inventory.schema import LiveSchema, Table
from carrel.inventory.system_map import SystemMap
from carrel.retention import faults
from carrel.retention.erasure import STAND_IN, TAKEN_NUMBER, Cascade, Going, Staying, Words
from carrel.retention.identifiers import Subject
from carrel.retention.legal_hold import Scope
from carrel.retention.payer import Payer
from carrel.systems.sql.failure import told
from carrel.systems.sql.gone_people import is_gone
from carrel.systems.sql.person_grounds import SHARED_NUMBER, covered, payers
from carrel.systems.sql.person_identity import batches, known, still_own
from carrel.systems.sql.person_rows import CASCADING, PersonRows
from carrel.systems.sql.person_steps import Step, own_step, person_map, told_apart, unmoved
from carrel.systems.sql.person_texts import Hit, PersonTexts

OVERLAY = "name table and column under 'person' in the site's maps/local.yaml, with what becomes of the rows"


class ErasureOutlook:
    """What the erasure of one person would do, or of several whose rows go mixed.

    Args:
        schema: live.
        system_map: with the site's overlay merged.
        subjects: whom; before the plan only the number.
        stand_in: the product's anonymous patron.
        payer: what the policy keeps of payers; None where settled charges lose the card.
        stays: their financial record needs a payer still: it stays, and of their own record what it needs.
        at: the system's name, for errors.
    """

    def __init__(
        self,
        schema: LiveSchema,
        system_map: SystemMap,
        subjects: tuple[Subject, ...],
        stand_in: int | None,
        *,
        payer: Payer | None,
        at: str,
        stays: bool = False,
    ) -> None:
        self._map, self._at, self._payer, self._stays = system_map, at, payer, stays
        self.person = person_map(system_map)
        self._schema, self._stand_in = schema, stand_in
        self.subjects = subjects
        self.rows = PersonRows(schema, system_map, subjects, stand_in, payer if stays else None)
        self.texts = PersonTexts(self.rows, payers=self.rows if stays else None)

    def beat_with(self, beat: Callable[[], None]) -> None:
        """Have something done between the stretches of a long search, such as renewing a lease."""
        self.texts = self.texts.beating(beat)

    @property
    def last(self) -> Step:
        """The person's own row."""
        return own_step(self.rows.steps, self._map.people.table)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is carried out before the person's own row goes."""
        last = self.last
        return tuple(one for one in self._done if one is not last and one.table not in self.person.audits)

    @property
    def late(self) -> tuple[Step, ...]:
        """What comes after it: tables into which the product copies whatever is changed or deleted."""
        return tuple(one for one in self._done if one.table in self.person.audits)

    @property
    def _done(self) -> tuple[Step, ...]:
        return tuple(one for one in self.rows.steps if one.act in {Act.DELETE, Act.CHANGE})

    @property
    def _in_order(self) -> tuple[Step, ...]:
        return (*self.steps, self.last, *self.late)

    def known(self, connection: Connection) -> Subject | None:
        """The person as the database knows it now, with identifiers; None once the record is gone."""
        return next(iter(self.all_known(connection)), None)

    def all_known(self, connection: Connection) -> tuple[Subject, ...]:
        """As `known`, of each of them whose record is there."""
        with told(self._at):
            return known(connection, self.rows, self._map)

    def still_own(self, connection: Connection) -> tuple[Subject, ...]:
        """These persons, as they were sealed, without words that are somebody else's by now."""
        with told(self._at):
            return still_own(connection, self.rows, self._map)

    def of(self, subjects: tuple[Subject, ...], *, stays: bool | None = None) -> Self:
        """The erasure of others, in the same database; around their financial record, or not."""
        stays = self._stays if stays is None else stays
        return type(self)(
            self._schema, self._map, subjects, self._stand_in, payer=self._payer, at=self._at, stays=stays
        )

    def after(self, schema: LiveSchema) -> Self:
        """The same erasure by the schema as it is after the last step, for the search that follows."""
        return type(self)(
            schema,
            self._map,
            self.subjects,
            self._stand_in,
            payer=self._payer,
            at=self._at,
            stays=self._stays,
        )

    def payers(self, connection: Connection) -> frozenset[int]:
        """Of these persons, those whose financial record needs a payer still."""
        with told(self._at):
            batched = (self.rows.of(batch) for batch in batches(self.subjects))
            return frozenset(one for rows in batched for one in payers(connection, rows, self._payer))

    def around_record(self, connection: Connection) -> Self:
        """The same erasure, of one person; around the financial record where that needs its payer."""
        return self.of(self.subjects, stays=bool(self.payers(connection)))

    def blocking(self, connection: Connection, scopes: Iterable[Scope], *, held: str) -> tuple[Staying, ...]:
        """Why these persons cannot be erased now."""
        with told(self._at):
            found = []
            people, numbers = self._map.people, {one.number for one in self.subjects}
            if self._stand_in in numbers:
                found.append(Staying(people.table, people.key, 1, "the product's anonymous patron"))
            if SHARED_NUMBER in numbers:
                found.append(Staying(people.table, people.key, 1, "a number that many rows share"))
            if taken := self._taken(connection):
                found.append(Staying(people.table, people.key, taken, TAKEN_NUMBER))
            blocks = [(one, self.rows.count(connection, one)) for one in self.rows.steps if one.act is Act.BLOCK]
            found += [Staying(one.table, one.by, rows, one.trace.ground or STAND_IN) for one, rows in blocks if rows]
            if covered(connection, self.rows, self._map, scopes):
                found.append(Staying("", "", 0, held))
        return tuple(found)

    def _taken(self, connection: Connection) -> int:
        """Records that stand by now under an older number: somebody else's, whose rows are not to be touched."""
        people = self._map.people
        older = [number for one in self.subjects for number in one.also]
        rows = self.rows.rows(people.table)
        query = select(func.count()).select_from(rows).where(rows.c[people.key].in_(older))
        return int(connection.execute(query).scalar_one()) if older else 0

    def held(self, connection: Connection, scopes: Iterable[Scope]) -> bool:
        """Whether a legal hold or an exception may speak of these persons, or of one of their loans."""
        with told(self._at):
            return bool(covered(connection, self.rows, self._map, scopes))

    def going(self, connection: Connection) -> tuple[Going, ...]:
        """What would go, in order; the person's own row last."""
        with told(self._at):
            counted = [self.rows.count_at_last(connection, step) for step in self._in_order]
        return tuple(
            Going(step.table, str(step.act), by, _sets(step), rows, step.trace.why)
            for step, by, rows in zip(self._in_order, told_apart(self._in_order), counted, strict=True)
            if rows
        )

    def staying(self, connection: Connection) -> tuple[Staying, ...]:
        """What stays although it names the person, and on which ground."""
        with told(self._at):
            kept = [one for one in self.rows.steps if one.act is Act.KEEP]
            found = [
                Staying(one.table, by, self.rows.count(connection, one), one.trace.ground)
                for one, by in zip(kept, told_apart(kept), strict=True)
            ]
            if self._stays and self._payer is not None:
                people = self.rows.schema.tables[self.last.table].column_names
                stays = ", ".join(one for one in people if one in self._payer.columns)
                found.append(Staying(self.last.table, stays, len(self.numbers(connection)), self._payer.ground))
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
            for step in self._in_order:
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
        untold = tuple(
            Fault(faults.UNTOLD_ROWS, at=f"{child}.{by}", found=f"{rows} rows", fix=OVERLAY)
            for (child, by), rows in lost.items()
        )
        self.require_told((*untold, *self._not_empty(connection)))
        return tuple(found.values())

    def _not_empty(self, connection: Connection) -> Iterator[Fault]:
        """Columns that a step would empty, in rows that are there, and that this database does not let be empty."""
        for step in self._in_order:
            table = self._schema.tables[step.table]
            bound = [name for name in self.rows.emptied(step) if not _may_be_empty(table, name)]
            if bound and (rows := self.rows.count(connection, step)):
                fix = "say what becomes of these rows in maps/local.yaml, or let the column be empty"
                at = f"{step.table}.{', '.join(bound)}"
                yield Fault(faults.UNTOLD_ROWS, at=at, found=f"{rows} rows, and it may not be empty", fix=fix)

    def require_told(self, more: tuple[Fault, ...] = ()) -> None:
        """Refuse a database in which a step would find no column, or set off a trigger that nobody has looked at.

        Raises:
            CarrelError: ERA-003.
        """
        lacking = (Fault(faults.UNTOLD_ROWS, at=one, found="no such column", fix=OVERLAY) for one in self.rows.lacking)
        if problems := (*lacking, *self._triggers(), *more):
            raise CarrelError(problems)

    def _triggers(self) -> Iterable[Fault]:
        """Triggers that would run with a row that is changed or deleted, and that nobody has looked at."""
        for name in unmoved(self._schema, self.steps, self.rows.moves):
            fix = "have the product's own trigger made again: it moves what is kept without its person"
            yield Fault(faults.UNTOLD_ROWS, at=name, found="no trigger that runs", fix=fix)
        tables = (step.table for step in self._in_order)
        fix = "look at it; if it copies nothing, name it under 'triggers' in maps/local.yaml"
        for name, trigger in untold_triggers(self._map, self._schema, tables):
            if trigger.event != "INSERT":
                yield Fault(faults.UNTOLD_ROWS, at=f"{name}: {trigger.name}", found="a trigger", fix=fix)

    def _of_own_record(self, hit: Hit) -> bool:
        """A row that stays, emptied, is no other's: what becomes of it stands among the steps."""
        return hit.place.table == self._map.people.table and hit.key in {(one.number,) for one in self.subjects}

    def words(self, connection: Connection) -> tuple[Words, ...]:
        """Texts of other rows that name the person, or may."""
        redacted: Counter[tuple[str, str]] = Counter()
        human: Counter[tuple[str, str]] = Counter()
        with told(self._at):
            for hit in self.texts.hits(connection, own=False):
                goes = hit.exact and (hit.place.redacts or hit.place.gone)
                if not goes and self._of_own_record(hit):
                    continue
                (redacted if goes else human)[hit.place.table, hit.place.column] += 1
        places = sorted({*redacted, *human})
        return tuple(Words(*place, redacted[place], human[place]) for place in places)

    def numbers(self, connection: Connection) -> frozenset[int]:
        """Of these persons, those whose record is there, and is not only an empty row."""
        own = self._map.people
        people = self.rows.rows(own.table)
        there = not_(is_gone(own, people))
        with told(self._at):
            query = select(people.c[own.key])
            which = (self.rows.of(batch).names(own.table, own.key, people) for batch in batches(self.subjects))
            return frozenset(
                int(one) for test in which for one in connection.execute(query.where(test, there)).scalars()
            )


def _may_be_empty(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is None or column.nullable


def _sets(step: Step) -> dict[str, str]:
    """What a step sets each column to, as a plan tells it."""
    if step.act is not Act.CHANGE:
        return {}
    trace = step.trace
    told_values = {name: str(value).lower() for name, value in trace.told.items()}
    return {
        **{name: str(how) for name, how in trace.set.items()},
        **told_values,
        **dict.fromkeys(trace.own_key, "own key"),
    }
