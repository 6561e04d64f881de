"""The joins of a sweep that follow the map: every path that it declares, tried from the attacker's side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, column, literal, select, true

from carrel.inventory.map_path import Path, Role
from carrel.inventory.system_map import Method, SystemMap
from carrel.retention.sweep import Pair, Severity, latest
from carrel.retention.trail import SHARED, Trail, explained, names_item, names_person, shared, speaks
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table
from carrel.systems.sql.parted_loans import parted_anchor
from carrel.systems.sql.path_rows import holds
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_sample import Sample
from carrel.systems.sql.sweep_shields import SPARED, Shields
from carrel.systems.sql.sweep_tally import Join, Tally
from carrel.systems.sql.sweep_words import Copies
from carrel.systems.sql.way_rows import led_by

Rows = Iterator[tuple[Any, ...]]


class DeclaredPaths:
    """Tries the map's paths, and the loan's own row, on a sample.

    Args:
        library: where rows are read.
        sample: the pairs.
        tally: where hits are counted.
        shields: what legal holds and exceptions spare.
        last_borrower_cutoff: later links from an item to its last borrower are kept by the policy.
    """

    def __init__(
        self, library: Library, sample: Sample, tally: Tally, shields: Shields, last_borrower_cutoff: Any = None
    ) -> None:
        self._library, self._sample, self._tally, self._last = library, sample, tally, last_borrower_cutoff
        self._shields = shields

    def run(self) -> None:
        """Every path, and the row of the loan itself."""
        self._itself()
        for path in self._library.map.loans.paths:
            if path.link.by == "clock" and not path.cut.delete:
                continue  # names nobody itself; the discovered joins follow its keys to who it names
            join = Join("declared", path.name, path.table, _columns(path))
            self._tally.try_on(join, len(self._sample.pairs))
            for place, severity, why in self._places(path):
                self._tally.hit(join._replace(severity=severity, why=why), (place,))

    def _itself(self) -> None:
        closed = self._library.map.loans.closed
        self._own_row(closed.table, closed.key, (closed.person, *closed.cut.if_reader))
        if (aged := closed.cut.aged) is not None and aged.if_person:
            self._own_row(aged.table, parted_anchor(self._library.map).key, ("", *aged.if_person))

    def _own_row(self, name: str, key: str, columns: tuple[str, ...]) -> None:
        join = Join("declared", "the loan itself", name, tuple(filter(None, columns)))
        self._tally.try_on(join, len(self._sample.pairs))
        rows = self._library.shelf[name]
        said = [rows.c[one] if one else literal(None) for one in columns]
        for some in batches(self._sample.by_loan):
            query = select(rows.c[key], *said).where(rows.c[key].in_(some))
            for number, *named in self._library.connection.execute(query):
                place = self._sample.by_loan[int(number)]
                pair = self._sample.pairs[place]
                if pair.person.key == named[0] or (pair.person.key in named and not at_the_desk(pair)):
                    self._tally.hit(join, (place,))
                elif pair.person.key in named:
                    self._tally.hit(join._replace(severity=Severity.KEPT, why=AT_THE_DESK), (place,))

    def _places(self, path: Path) -> Iterator[tuple[int, Severity, str]]:
        link = path.link
        match link.by:
            case "key":
                rows = self._rows(path, link.column, self._sample.by_loan, (link.column, path.person))
                for loan, person in rows:
                    place = self._sample.by_loan[int(loan)]
                    if path.person is None or person == self._sample.pairs[place].person.key:
                        yield place, *self._acted(path, Trail(loans=(int(loan),)), place)
            case "second":
                for item, at in self._rows(path, link.item, self._sample.by_item, (link.item, link.at)):
                    for place in self._sample.by_item[int(item)]:
                        if at is not None and self._sample.pairs[place].loan.at_event(at):
                            trail = Trail(items=(int(item),), times=(at,))
                            if not self._explained(trail, place):
                                yield place, *self._spared(path, trail, place)
            case "clock":
                yield from self._stored(path)
            case _:
                yield from self._of_person(path)

    def _of_person(self, path: Path) -> Iterator[tuple[int, Severity, str]]:
        link = path.link
        person = path.person or ""
        names = (person, getattr(link, "at", None), getattr(link, "item", None), *getattr(link, "texts", ()))
        for named, at, item, *texts in self._rows(path, person, self._sample.by_person, names):
            words = tuple(str(text) for text in texts if text)
            items = (int(item),) if item is not None and str(item).isdecimal() else ()
            trail = Trail(items=items, times=() if at is None else (at,), texts=words)
            for place in self._sample.by_person[int(named)]:
                if self._matches(path, trail, place) and not self._explained(trail, place):
                    yield place, *self._grade(path, trail, place)

    def _matches(self, path: Path, trail: Trail, place: int) -> bool:
        link, loan = path.link, self._sample.pairs[place].loan
        match link.by:
            case "visit":
                return loan.item in trail.items and any(loan.covers(at) for at in trail.times)
            case "item":
                return loan.item in trail.items
            case "moment":
                return any(loan.at_event(at) for at in trail.times)
            case "text":
                low, high = loan.window
                in_time = any(at >= low and (link.any_time or at <= high) for at in trail.times)
                near = link.moments and any(loan.at_event(at) for at in trail.times)
                return in_time and (near or speaks(trail, loan))
            case _:
                return False

    def _explained(self, trail: Trail, place: int) -> bool:
        return explained(trail, self._sample.pairs[place].loan, self._sample.others(place))

    def _grade(self, path: Path, trail: Trail, place: int) -> tuple[Severity, str]:
        if path.keeps and self._last is not None and all(at > self._last for at in trail.times):
            return Severity.KEPT, path.keeps
        if path.role is Role.ACTOR and path.link.by in {"visit", "item"} and at_the_desk(self._sample.pairs[place]):
            return Severity.KEPT, AT_THE_DESK
        moment = path.link.by == "moment"
        if (moment or path.link.by == "text") and held(self._sample, trail, place, later=moment):
            return Severity.KEPT, SPARED
        if self._sample.pairs[place].rebuilt and path.table in redacted(self._library.map):
            return Severity.NOT_COVERED, UNSEARCHABLE
        pair = self._sample.pairs[place]
        if (
            path.link.by == "text"
            and pair.rebuilt
            and shared(trail, pair.loan, self._sample.others(place), parted=True)
        ):
            return Severity.KEPT, SHARED
        return self._spared(path, trail, place)

    def _acted(self, path: Path, trail: Trail, place: int) -> tuple[Severity, str]:
        if path.role is Role.ACTOR and at_the_desk(self._sample.pairs[place]):
            return Severity.KEPT, AT_THE_DESK
        return self._spared(path, trail, place)

    def _spared(self, path: Path, trail: Trail, place: int) -> tuple[Severity, str]:
        if why := self._shields.why(path, trail, self._sample.pairs[place]):
            return Severity.KEPT, why
        return Severity.SINGLED_OUT, ""

    def _stored(self, path: Path) -> Iterator[tuple[int, Severity, str]]:
        """Stored texts that no key leads to: read whole, they are few."""
        texts = [name for name in self._library.map.columns.get(path.table, ()) if name not in path.key]
        at = column(getattr(path.link, "at", path.key[0]), LocalTime())
        whole = table(path.table, at, *(column(name) for name in texts if name != at.name))
        condition = matching(whole.c, path.only)
        query = select(whole).where(condition)
        copies = Copies(self._sample.pairs)
        for moment, *values in self._library.connection.execute(query.execution_options(yield_per=5_000)):
            words = tuple(str(value) for value in values if value is not None)
            clock = Trail(times=() if moment is None else (moment,), texts=words)
            for place in copies.candidates(words):
                if _both(words, self._sample.pairs[place]) and not self._explained(Trail(texts=words), place):
                    yield place, *self._spared(path, clock, place)

    def _rows(self, path: Path, by: str, values: Any, names: tuple[str | None, ...]) -> Rows:
        rows = self._library.shelf[path.table]
        columns: list[ColumnElement[Any]] = [rows.c[n] if n else literal(None) for n in names]
        conditions = [matching(rows.c, (*path.only, *path.still))]
        if path.person and not (path.link.by == "key" and path.role is Role.READER and path.still):
            conditions.append(self._library.named(rows.c[path.person]))
        if path.among:
            conditions.append(led_by(rows, path.among))
        if path.link.by == "key" and path.person is None and not path.still:
            conditions.append(holds(rows, path, path.cut))
        for some in batches(values):
            query = select(*columns).where(and_(true(), *conditions), rows.c[by].in_(some))
            yield from (tuple(row) for row in self._library.connection.execute(query))


def held(sample: Sample, trail: Trail, place: int, *, later: bool = False) -> bool:
    """A text from the time of another loan of the person that is under legal hold is preserved whole.

    Args:
        sample: the pairs.
        trail: the row.
        place: of the pair in the sample.
        later: so is a second, from the held loan's beginning on: its payments can come long after its return.
    """
    others = [loan for loan in sample.others(place) if loan.loan in sample.held]
    return any(loan.covers(at) or (later and loan.window[0] <= latest(at)) for loan in others for at in trail.times)


# What an engine can do with such a text: it knows which words to take out only while the loan names its reader.
UNSEARCHABLE = "its loan had been parted from the reader before, so that nothing tells which words to take out"


# Of a loan that the product parted, the operator is all that is left; most of an operator's loans are other people's.
AT_THE_DESK = "the operator hands out other readers' loans, and nothing tells that this one was their own"


def at_the_desk(pair: Pair) -> bool:
    """The loan was parted before, and its operator handed out loans of other readers as well."""
    return pair.rebuilt and pair.operator


def redacted(system_map: SystemMap) -> frozenset[str]:
    """Tables whose texts stay without the words that name the copy."""
    texts = (path for path in system_map.loans.paths if path.link.by == "text")
    return frozenset(path.table for path in texts if Method.REDACT in path.cut.set.values())


def _both(words: tuple[str, ...], pair: Pair) -> bool:
    return any(names_item(text, pair.loan) for text in words) and any(names_person(t, pair.person) for t in words)


def _columns(path: Path) -> tuple[str, ...]:
    link = path.link
    names = (path.person, getattr(link, "column", None), getattr(link, "item", None), getattr(link, "at", None))
    return (*(name for name in names if name), *getattr(link, "texts", ()))
