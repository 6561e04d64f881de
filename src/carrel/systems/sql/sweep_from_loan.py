"""From the rows that name the loan or the copy: do words, pseudonyms or nameless numbers name the person?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    distinct,
    func,
    or_,
    select,
)

from carrel.retention.sweep import Loan, Severity
from carrel.retention.trail import Trail, explained, names_person
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.sweep_direction import Direction, trail_of
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_namesakes import Namesakes
from carrel.systems.sql.sweep_reading import AT_ONCE
from carrel.systems.sql.sweep_sample import Grade, Sample
from carrel.systems.sql.sweep_shields import SPARED
from carrel.systems.sql.sweep_tally import Join, Tally

_FEWEST = 3  # rows that must agree before a nameless number is taken for a person


@dataclass(slots=True)
class _Seen:
    """What the rows of the sampled loans hold: pseudonyms by column and value, and numbers that no map names."""

    pseudonyms: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    numbers: dict[str, list[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(list))


class FromLoan(Direction):
    """Attacks that begin at the loan's rows; ``drawn_at`` is the database's time of the draw."""

    def __init__(
        self,
        library: Library,
        sample: Sample,
        grade: Grade,
        tally: Tally,
        namesakes: Namesakes,
        drawn_at: datetime | None,
    ) -> None:
        super().__init__(library, sample, grade, tally, namesakes)
        self._drawn_at = drawn_at

    def from_loan(self, reach: Reach) -> None:
        """Rows that name the loan or the copy: do their words, pseudonyms or nameless numbers name the person?"""
        if not (reach.loans or reach.items):
            return
        rows = self._rows(reach)
        names = (*reach.loans, *reach.items, *reach.times, *reach.texts, *reach.numbers, *reach.key)
        names = tuple(dict.fromkeys((*names, *reach.pseudonyms, *reach.persons)))
        seen = _Seen()
        for where in self._loan_rows(reach, rows):
            query = select(self._waits(reach, rows), *(reach.read(rows, name) for name in names)).where(where)
            for waits, *values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
                row = dict(zip(names, values, strict=True))
                trail = trail_of(reach, row, str(waits))
                for place in self._places(reach, trail):
                    self._words(reach, row, trail, place)
                    self._touched(reach, row, place)
                    self._note(reach, row, trail, place, seen)
        self._settle_suspects()
        self._pseudonyms(reach, seen.pseudonyms)
        self._nameless(reach, seen)

    def _note(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int, seen: _Seen) -> None:
        pair = self._sample.pairs[place]
        accounted = explained(trail, pair.loan, self._sample.others(place))
        accounted = accounted or self._grade(reach, trail, place, "pseudonym")[1] == SPARED
        for name in reach.pseudonyms:
            if row[name] and not accounted:
                seen.pseudonyms[name][str(row[name])].add(place)
        for name in reach.numbers:
            if row[name] is not None:
                seen.numbers[name].append((place, str(row[name]) == str(pair.person.key)))

    def _nameless(self, reach: Reach, seen: _Seen) -> None:
        """A column of a table that no map knows holds the person's number in every row of a sampled loan."""
        for name in reach.numbers:
            join = Join("discovered", "nameless number", reach.name, (name,))
            self._tally.try_on(join, len(self._sample.pairs))
            told = seen.numbers[name]
            if len(told) >= _FEWEST and all(same for _, same in told):
                self._tally.hit(join, (place for place, _ in told))

    def _loan_rows(self, reach: Reach, rows: Any) -> Iterator[ColumnElement[bool]]:
        for some in batches(self._sample.by_loan):
            if reach.loans:
                yield or_(*(rows.c[name].in_(some) for name in reach.loans))
        for some in batches(self._sample.by_item):
            if reach.items:
                yield or_(*(rows.c[name].in_(some) for name in reach.items))

    def _places(self, reach: Reach, trail: Trail) -> list[int]:
        """The pairs whose loan a row tells of: by number, or by copy while the copy was out."""
        by_loan = [self._sample.by_loan[n] for n in trail.loans if n in self._sample.by_loan]
        if trail.loans:
            return by_loan
        own = reach.name == self._catalogue.table
        out = []
        for item in trail.items:
            for place in self._sample.by_item.get(item, ()):
                loan = self._sample.pairs[place].loan
                during = any(loan.at_event(at) or _during(loan, at) for at in trail.times)
                if own or not trail.times or during:
                    out.append(place)
        return out

    def _words(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int) -> None:
        pair = self._sample.pairs[place]
        if not reach.texts:
            return
        self._tally.try_on(Join("discovered", "words", reach.name, reach.texts), len(self._sample.pairs))
        if any(names_person(text, pair.person) for text in trail.texts):
            self._suspect(reach, row, trail, place, reach.texts)

    def _touched(self, reach: Reach, row: dict[str, Any], place: int) -> None:
        """A time that the server set by itself after the draw: the row carries the second of its cut."""
        for name in reach.automatic:
            join = Join("own", "automatic time", reach.name, (name,), Severity.LINKABLE)
            self._tally.try_on(join, len(self._sample.pairs))
            at = row.get(name)
            if self._drawn_at and isinstance(at, datetime) and at >= self._drawn_at:
                self._tally.hit(join, (place,))

    def _pseudonyms(self, reach: Reach, seen: dict[str, dict[str, set[int]]]) -> None:
        """A pseudonym that other copies' rows bear as well ties the loans of one person together."""
        rows = reach.clause()
        for name in reach.pseudonyms:
            join = Join("discovered", "pseudonym", reach.name, (name,))
            self._tally.try_on(join, len(self._sample.pairs))
            for some in batches(seen[name]):
                column, item = rows.c[name], rows.c[(reach.items or reach.loans)[0]]
                query = select(column, func.count(distinct(item))).where(column.in_(some)).group_by(column)
                for value, copies in self._c.execute(query):
                    if copies > 1:
                        self._tally.hit(join, seen[name][str(value)])


def _during(loan: Loan, at: datetime) -> bool:
    return loan.opened is not None and loan.closed is not None and loan.opened <= at <= loan.closed
