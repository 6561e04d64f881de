"""The joins of a sweep that follow a live schema: from the person's rows, from the loan's rows, from words anywhere.

Nothing here knows the map's paths. Every query goes by key or by an indexed column where there is one, in batches for
all pairs together; tables that are only words are read once, up to a bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    TableClause,
    and_,
    case,
    column,
    distinct,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.types import NullType

from carrel.inventory.map_path import Role
from carrel.retention.sweep import Loan, Pair, Severity
from carrel.retention.trail import Trail, explained, names_person, speaks
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_namesakes import Namesakes
from carrel.systems.sql.sweep_pairs import Library, batches
from carrel.systems.sql.sweep_reading import AT_ONCE, as_text, filled, worth_reading
from carrel.systems.sql.sweep_shields import SPARED
from carrel.systems.sql.sweep_tally import Join, Tally
from carrel.systems.sql.sweep_words import Words

ROWS_READ = 2_000_000  # of one table, for words anywhere
_FEWEST = 3  # rows that must agree before a nameless number is taken for a person


@dataclass(frozen=True, slots=True)
class Sample:
    """The pairs by what a row can name, and what else explains a row.

    Attributes:
        pairs: in the order of the report.
        standing: by person, the loans that still name the person.
        held: numbers of standing loans under legal hold.
    """

    pairs: Sequence[Pair]
    standing: dict[int, list[Loan]]
    held: frozenset[int] = frozenset()
    by_person: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_loan: dict[int, int] = field(default_factory=dict)
    by_item: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for place, pair in enumerate(self.pairs):
            self.by_person[pair.person.key].append(place)
            self.by_loan[pair.loan.loan] = place
            if pair.loan.item is not None:
                self.by_item[pair.loan.item].append(place)

    def others(self, place: int) -> list[Loan]:
        """The loans that still name the person of a pair."""
        return self.standing.get(self.pairs[place].person.key, [])


@dataclass(slots=True)
class _Seen:
    """What the rows of the sampled loans hold: pseudonyms by column and value, and numbers that no map names."""

    pseudonyms: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    numbers: dict[str, list[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(list))


Grade = Callable[[Reach, Trail, int, str], tuple[Severity, str]]


class Attacks:
    """Runs every join of one schema on one sample.

    Args:
        library: where rows are read.
        sample: the pairs.
        grade: what a hit in a table means: it may be kept for a reason, or lie in a table that no rule covers yet.
        tally: where hits are counted.
        drawn_at: the database's time of the draw; a row that the server stamped later was touched by the cut.
    """

    def __init__(self, library: Library, sample: Sample, grade: Grade, tally: Tally, drawn_at: datetime | None) -> None:
        self._c, self._sample, self._grade, self._tally = library.connection, sample, grade, tally
        self._namesakes, self._words_of_pairs = Namesakes(library), Words(sample.pairs)
        self._suspects: list[tuple[Join, tuple[str, ...], frozenset[int], int]] = []
        self._people, self._catalogue = library.map.people.table, library.map.items
        self._drawn_at = drawn_at
        self._stand_in = library.stand_in
        paths = library.map.loans.paths
        self._waiting = {path.table: path.waits for path in paths if path.waits}
        self._readers = {library.map.loans.closed.person, *(path.person for path in paths if path.role is Role.READER)}

    def _rows(self, reach: Reach) -> TableClause:
        waiting = self._waiting.get(reach.name)
        return reach.clause(*(condition.column for condition in waiting.where) if waiting else ())

    def _waits(self, reach: Reach, rows: TableClause) -> ColumnElement[str]:
        """Why the product has still to work on a row; empty where it has not."""
        waiting = self._waiting.get(reach.name)
        if waiting is None:
            return literal("")
        return case((matching(rows.c, waiting.where), literal(waiting.why)), else_=literal(""))

    # -- from the person's rows -------------------------------------------------------------------------------------

    def from_person(self, reach: Reach) -> None:
        """Rows that name the person: do they name the loan, the copy, its second, or speak of it?"""
        if not (reach.loans or reach.items or reach.times or reach.texts):
            return
        rows = self._rows(reach)
        for name in reach.persons:
            person = rows.c[name]
            nobody_else = self._no_other_reader(reach, rows, name)
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
        query = select(person, self._waits(reach, rows), *(rows.c[name] for name in names)).where(where)
        for key, waits, *values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
            trail = _trail(reach, dict(zip(names, values, strict=True)), str(waits))
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

    # -- from the loan's rows ---------------------------------------------------------------------------------------

    def from_loan(self, reach: Reach) -> None:
        """Rows that name the loan or the copy: do their words, pseudonyms or nameless numbers name the person?"""
        if not (reach.loans or reach.items):
            return
        rows = self._rows(reach)
        names = (*reach.loans, *reach.items, *reach.times, *reach.texts, *reach.numbers, *reach.key)
        names = tuple(dict.fromkeys((*names, *reach.pseudonyms, *reach.persons)))
        seen = _Seen()
        for where in self._loan_rows(reach, rows):
            query = select(self._waits(reach, rows), *(rows.c[name] for name in names)).where(where)
            for waits, *values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
                row = dict(zip(names, values, strict=True))
                trail = _trail(reach, row, str(waits))
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

    def _suspect(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int, words: tuple[str, ...]) -> None:
        """Words of a row name loan and person; whom a name means is asked when the rows have been read."""
        if not explained(trail, self._sample.pairs[place].loan, self._sample.others(place)):
            readers = frozenset(int(row[n]) for n in self._readers if n is not None and row.get(n) is not None)
            severity, why = self._grade(reach, trail, place, "words")
            join = Join("discovered", "words", reach.name, words, severity, why)
            self._suspects.append((join, trail.texts, readers, place))

    def _settle_suspects(self) -> None:
        for join, texts, readers, place in self._suspects:
            if not self._namesakes.mean_another(texts, readers, self._sample.pairs[place].person):
                self._tally.hit(join, (place,))
        self._suspects.clear()

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

    # -- words anywhere ---------------------------------------------------------------------------------------------

    def anywhere(self, reach: Reach) -> None:
        """Rows, of whomever, whose words name both the person and the copy; read once for all pairs."""
        if not (reach.texts or reach.blobs):
            return
        words = (*reach.texts, *reach.blobs)
        plain = Join("discovered", "words", reach.name, words)
        self._tally.try_on(plain, len(self._sample.pairs))
        if reach.name in {self._catalogue.title_table, self._people}:
            return  # a title and its author are no reader's; a person's own record is read from the person
        rows, index = self._rows(reach), self._words_of_pairs
        worth = worth_reading(self._c, rows, words, index)
        if worth is None:
            return
        # Most rows are about nobody: their times are made times of only where the words are somebody's.
        plain_times = {name: type_coerce(rows.c[name], NullType()) for name in reach.times}
        names = tuple(dict.fromkeys((*words, *reach.times, *reach.persons)))
        query = select(*(plain_times.get(name, rows.c[name]) for name in names), self._waits(reach, rows)).where(worth)
        if len(reach.key) == 1:
            query = query.order_by(rows.c[reach.key[0]].desc())
        query = query.limit(ROWS_READ)
        if reach.rows and reach.rows > ROWS_READ:
            self._tally.read[reach.name] = ROWS_READ / reach.rows
        clock, dialect, wide = LocalTime(), self._c.dialect, len(words)
        for values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
            told = filled(values[:wide])
            if not told or not (places := index.candidates(told)):
                continue
            row = dict(zip(names, values, strict=False))
            times = (clock.process_result_value(row[n], dialect) for n in reach.times)
            trail = Trail(times=tuple(at for at in times if at is not None), texts=tuple(told), waits=str(values[-1]))
            for place in places:
                self._named(reach, row, trail, place, words)
        self._settle_suspects()

    def _named(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int, words: tuple[str, ...]) -> None:
        pair = self._sample.pairs[place]
        if speaks(trail, pair.loan) and any(names_person(text, pair.person) for text in trail.texts):
            self._suspect(reach, row, trail, place, words)


def _during(loan: Loan, at: datetime) -> bool:
    return loan.opened is not None and loan.closed is not None and loan.opened <= at <= loan.closed


def _trail(reach: Reach, row: dict[str, Any], waits: str) -> Trail:
    def numbers(names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(int(row[n]) for n in names if row.get(n) is not None)

    return Trail(
        numbers(reach.loans),
        numbers(reach.items),
        tuple(row[n] for n in reach.times if isinstance(row.get(n), datetime)),
        tuple(as_text(row[n]) for n in reach.texts if row.get(n)),
        waits,
    )
