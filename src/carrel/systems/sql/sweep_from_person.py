"""From the rows that name the person: do they name the loan, the copy, its second, or speak of it?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    column,
    or_,
    select,
    true,
)

from carrel.retention.sweep import Loan
from carrel.retention.trail import Trail, explained, speaks
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table
from carrel.systems.sql.sweep_direction import Direction, trail_of
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_reading import AT_ONCE
from carrel.systems.sql.sweep_tally import Join


class FromPerson(Direction):
    """Attacks that begin at the person's rows."""

    def from_person(self, reach: Reach) -> None:
        """Rows that name the person: do they name the loan, the copy, its second, or speak of it?"""
        if not (reach.loans or reach.items or reach.times or reach.texts):
            return
        rows = self._rows(reach)
        for name in reach.persons:
            person = rows.c[name]
            nobody_else = and_(self._no_other_reader(reach, rows, name), reach.holds_person(rows, name))
            for some in batches(self._sample.by_person):
                self._judge(reach, rows, (name,), person, and_(person.in_(some), nobody_else))

    def _no_other_reader(self, reach: Reach, rows: Any, name: str) -> ColumnElement[bool]:
        """A member of staff stands in the row of another reader: it tells of that reader's loan, not of theirs."""
        readers = [rows.c[other] for other in reach.persons if other in self._readers]
        if name in self._readers or not readers:
            return true()
        nobody = (0,) if self._stand_in is None else (0, self._stand_in)
        return and_(*(or_(one.is_(None), one.in_(nobody), one == rows.c[name]) for one in readers))

    def through_parents(self, reach: Reach) -> None:
        """Rows that name the person one step further, through a key."""
        if not (reach.loans or reach.items or reach.times or reach.texts):
            return
        rows = self._rows(reach)
        for parent in reach.parents:
            far = table(parent.table, column(parent.key), column(parent.person, Integer())).alias("far")
            for some in batches(self._sample.by_person):
                joined = and_(rows.c[parent.column] == far.c[parent.key], far.c[parent.person].in_(some))
                self._judge(
                    reach, rows, (parent.column, f"{parent.table}.{parent.person}"), far.c[parent.person], joined
                )

    def _judge(
        self, reach: Reach, rows: Any, by: tuple[str, ...], person: ColumnElement[Any], where: ColumnElement[bool]
    ) -> None:
        for way, columns in (
            ("loan", reach.loans), ("copy", reach.items), ("second", reach.times), ("text", reach.texts),
        ):  # fmt: skip
            if columns:
                self._tally.try_on(Join("discovered", way, reach.name, (*by, *columns)), len(self._sample.pairs))
        names = (*reach.loans, *reach.items, *reach.times, *reach.texts)
        query = select(person, self._waits(reach, rows), *(reach.read(rows, name) for name in names)).where(where)
        for key, waits, *values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
            trail = trail_of(reach, dict(zip(names, values, strict=True)), str(waits))
            for place in self._sample.by_person.get(int(key), ()):
                if (way := self._tells(reach, trail, place)) and not self._acting(reach, by, trail, place):
                    self._hit("discovered", way, reach, by, trail, place)

    def _acting(self, reach: Reach, by: tuple[str, ...], trail: Trail, place: int) -> bool:
        """A member of staff acted on a copy at a time that is none of the loan's: on the next reader's loan."""
        staff = by[0] not in self._readers and any(name in self._readers for name in reach.persons)
        loan = self._sample.pairs[place].loan
        return staff and not trail.loans and bool(trail.times) and not any(loan.at_event(at) for at in trail.times)

    def _tells(self, reach: Reach, trail: Trail, place: int) -> str:
        """How a row of the person tells of the loan; empty if it does not, or another loan accounts for it."""
        loan = self._sample.pairs[place].loan
        if trail.loans:
            return "loan" if loan.loan in trail.loans else ""
        if trail.items:
            near = not trail.times or any(loan.covers(at) for at in trail.times)
            way = "copy" if loan.item in trail.items and near else ""
        elif self._speaks(reach, trail, loan):
            way = "text"
        else:
            # A bare number is the key of some other record: the row is about that one.
            other = any(text.strip().isdecimal() for text in trail.texts)
            way = "second" if not other and any(loan.at_event(at) for at in trail.times) else ""
        return "" if way and explained(trail, loan, self._sample.others(place)) else way

    def _speaks(self, reach: Reach, trail: Trail, loan: Loan) -> bool:
        alone = reach.name != self._people and any(loan.covers(at) for at in trail.times)
        return speaks(trail, loan, alone=alone)

    def _hit(self, kind: str, way: str, reach: Reach, by: tuple[str, ...], trail: Trail, place: int) -> None:
        columns = {"loan": reach.loans, "copy": reach.items, "second": reach.times, "text": reach.texts}.get(way, ())
        severity, why = self._grade(reach, trail, place, way)
        self._tally.hit(Join(kind, way, reach.name, (*by, *columns), severity, why), (place,))
