"""A row of one path by itself: whether it leads to a reader, how late it was written, what a hold may mean by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, false, func, not_, null, or_, select, text, true

from carrel.inventory.map_path import Beside, Cut, OwnLink, Path
from carrel.inventory.system_map import Method
from carrel.policy.schedule import Charges
from carrel.retention.legal_hold import Scope
from carrel.retention.predicate import Fact
from carrel.retention.records import RecordCase
from carrel.systems.sql.described_readers import DescribedReaders
from carrel.systems.sql.expressions import day_of, is_time, latest_of, shifted
from carrel.systems.sql.predicates import FactColumns
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.shields import shielded
from carrel.systems.sql.unit_rows import home_zone, zone_of
from carrel.systems.sql.way_rows import beside, led_by

Bool = ColumnElement[bool]
Condition = Callable[[FromClause], ColumnElement[bool]]
MOMENT_SECONDS = 2
_LAST_SECOND = text("86399")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the schedule and the site add to a path.

    Attributes:
        stray_cutoff: naive local time; a row without a loan is due when its own clock is at or before it.
        last_borrower_cutoff: the same for the link from an item to its last borrower.
        keeps_last_borrower: the policy has a period for that link; without one it goes with its loan.
        charges: whether settled charges lose the card.
        stand_in: the product's anonymous patron.
        by_day: the policy keeps no time of day of what is de-identified.
        any_held: a loan that still names its reader is under legal hold.
        shields: scopes of the legal holds and exceptions in force.
        records: when records of other kinds than loans are due.
    """

    stray_cutoff: datetime
    last_borrower_cutoff: datetime
    keeps_last_borrower: bool
    charges: Charges
    stand_in: int | None
    by_day: bool = False
    any_held: bool = True
    shields: tuple[Scope, ...] = ()
    records: tuple[RecordCase, ...] = ()


def holds(rows: FromClause, path: Path, cut: Cut) -> Bool:
    """Of a row that stays under the loan's number, whether it still holds what its cut takes out."""
    if cut.delete or getattr(path.link, "column", None) in cut.set:
        return true()
    tests: list[Bool] = []
    for name, method in cut.set.items():
        col = rows.c[name]
        match method:
            case Method.CLEAR:
                tests.append(col.is_not(None))
            case Method.BLANK:
                tests.append(and_(col.is_not(None), col != ""))
            case Method.DAY:
                tests.append(and_(is_time(col), col != day_of(col)))
            case _:
                return true()
    return or_(false(), *tests)


class PathRows:
    """The rows of a path, under the schedule's terms.

    Attributes:
        path: of the map.
        terms: of the schedule.
        shelf: with its tables.
        table: the path's own.
        cut: how its rows are parted, by the rule for charges that the policy has.
        readers: what of their description may stay in its rows; None where the path takes out none, or all of it.
    """

    def __init__(self, shelf: Shelf, path: Path, terms: Terms) -> None:
        self.path, self.terms, self.shelf = path, terms, shelf
        self.table = shelf[path.table]
        lose = terms.charges is Charges.LOSE_CARD and path.lose_card is not None
        self.cut: Cut = path.lose_card if lose and path.lose_card else path.cut
        readers = DescribedReaders.of(shelf, path.table)
        self.readers = readers if readers is not None and readers.columns & self.cut.set.keys() else None

    @property
    def redacts(self) -> bool:
        """Words are taken out of a text that stays."""
        return Method.REDACT in self.cut.set.values() and not self.cut.delete

    def named(self, person: ColumnElement[Any]) -> Bool:
        """The column names a reader, and not the product's anonymous patron."""
        there = person.is_not(None)
        return there if self.terms.stand_in is None else and_(there, person != self.terms.stand_in)

    def still(self, rows: FromClause) -> Bool:
        """The row still leads to a reader."""
        parts = [matching(rows.c, (*self.path.only, *self.path.still))]
        link = self.path.link
        anyhow = (link.by == "key" and self.path.still) or (link.by == "own" and link.everybody)
        if self.path.person and not anyhow:
            parts.append(self.named(rows.c[self.path.person]))
            if self.cut.set.get(self.path.person) is Method.ZERO:
                parts.append(rows.c[self.path.person] != 0)
        if link.by == "key" and not self.path.person and not self.path.still:
            parts.append(holds(rows, self.path, self.cut))
        if link.by == "own" and (link.everybody or not self.path.person):
            parts.append(holds(rows, self.path, self.cut))
        if link.by == "moment" or (link.by == "clock" and self.cut.set.get(link.at) is Method.DAY):
            at = rows.c[link.at]
            if link.by == "clock" and Method.CLEAR in self.cut.set.values():
                parts.append(holds(rows, self.path, self.cut))  # a time can be a day's first second by itself
            else:
                parts += [is_time(at), at != day_of(at)]
        if self.readers is not None:
            parts.append(not_(self.readers.is_fine(rows)))
        if self.path.among:
            parts.append(led_by(rows, self.path.among))  # by the row alone nobody could say what it is of
        return and_(true(), *parts)

    @property
    def by_day(self) -> bool:
        """An earlier cut of a row can have left only the day of its time."""
        at = getattr(self.path.link, "at", None)
        paths = (path for path in self.shelf.map.loans.paths if path.table == self.path.table)
        return any(path.cut.set.get(at) is Method.DAY for path in paths) if at else False

    def latest(self, rows: FromClause) -> ColumnElement[Any]:
        """The latest that the row can have been written: where only the day is left of its time, the day's end.

        What a kept loan or a hold accounted for, it accounts for still after the time was generalised.
        """
        if isinstance(self.path.link, OwnLink):
            return self.ended(rows)
        at = rows.c[self.path.link.at]  # type: ignore[union-attr]  # asked only of links with a time
        whole_day = and_(is_time(at), at == day_of(at))  # a zero date cannot be reckoned with
        return case((whole_day, shifted(at, _LAST_SECOND)), else_=at) if self.by_day else at

    def ended(self, rows: FromClause) -> ColumnElement[Any]:
        """When the active use of a record ended: the first usable of its times, at its latest; NULL without one."""
        link = self.path.link
        if not isinstance(link, OwnLink):
            return null()
        told = [(is_time(rows.c[name]), latest_of(rows.c[name])) for name in link.dated]
        elsewhere = null() if link.ends is None else self._latest_beside(rows, link.ends)
        return case(*told, else_=elsewhere) if told else elsewhere

    def undated(self, rows: FromClause) -> Bool:
        """No time tells when the active use of a record ended: `ended` is NULL."""
        link = self.path.link
        if isinstance(link, OwnLink) and link.ends is None and link.dated:
            return and_(*(func.coalesce(is_time(rows.c[name]), false()).is_(false()) for name in link.dated))
        return self.ended(rows).is_(None)

    def _early(self, rows: FromClause, link: OwnLink) -> Bool:
        """One of a record's own times lies before all that is due ended: asked first, for most rows it is not so."""
        latest = [one.latest for one in self.terms.records if (one.record, one.event) == (link.record, link.event)]
        if link.ends is not None or not link.dated or not latest:
            return true()
        return or_(*(and_(rows.c[name].is_not(None), rows.c[name] <= max(latest)) for name in link.dated))

    def _latest_beside(self, rows: FromClause, other: Beside) -> ColumnElement[Any]:
        """The latest time that the other table has of the row, at its latest; NULL without one."""
        far = self.shelf[other.table].alias("e")
        at = far.c[str(other.at)]
        found = select(func.max(latest_of(at))).select_from(far).where(is_time(at), beside(rows, far, other))
        return found.correlate(rows).scalar_subquery()

    def over(self, rows: FromClause) -> Bool:
        """The period of a record, counted from its end, has run out under the rule for its kind."""
        link = self.path.link
        if not isinstance(link, OwnLink):
            return false()
        ended = FactColumns({Fact.CLOSED: self.ended(rows)}, self._zones(rows, link))
        kinds = ((one.record, one.event, one.due) for one in self.terms.records)
        mine = (due for record, event, due in kinds if (record, event) == (link.record, link.event))
        passed = and_(self._early(rows, link), or_(false(), *(ended.compile(due) for due in mine)))
        return passed if link.unless is None else and_(passed, not_(self._in_use(rows, link.unless)))

    def _zones(self, rows: FromClause, link: OwnLink) -> dict[Fact, ColumnElement[Any]]:
        """The zones of the units that a record touches: where it was made, and its person's."""
        found = {} if link.branch is None else {Fact.BRANCH: zone_of(rows.c[link.branch])}
        if self.path.person and self.shelf.map.people.home:
            found[Fact.HOME] = home_zone(self.shelf, rows, rows.c[self.path.person])
        return found

    def _in_use(self, rows: FromClause, other: Beside) -> Bool:
        far = self.shelf[other.table].alias("u")
        return exists(select(1).select_from(far).where(beside(rows, far, other)).correlate(rows))

    def shielded(self, rows: FromClause, shields: tuple[Scope, ...]) -> Bool:
        """A legal hold or an exception may cover the row, by what the row itself tells."""
        link = self.path.link
        item = getattr(link, "item", None)
        loan = link.column if link.by == "key" else None
        if link.by == "clock" and link.nobody:  # the row is the loan itself
            item, loan = self.shelf.map.loans.closed.item, self.shelf.map.loans.closed.key
        return or_(
            self._frees_held(rows, shields),
            *(
                shielded(
                    shields,
                    person=rows.c[person] if person else None,
                    item=rows.c[item] if item else None,
                    loan=rows.c[loan] if loan else None,
                    at=self.latest(rows) if hasattr(link, "at") or link.by == "own" else None,
                    item_as_text=bool(getattr(link, "item_as_text", False)),
                )
                for person in self.people or (None,)
            ),
        )

    def _frees_held(self, rows: FromClause, shields: tuple[Scope, ...]) -> Bool:
        """A record whose going would change one that names a person under a legal hold or an exception."""
        persons = {one for scope in shields if not scope.only_loans for one in scope.persons}
        if not persons or not isinstance(self.path.link, OwnLink):
            return false()
        tests: list[Bool] = []
        for other in self.shelf.map.records:
            if (naming := self.cut.frees.get(other.table)) and other.person:
                far = self.shelf[other.table].alias("f")
                mine = and_(far.c[naming] == rows.c[self.path.key[0]], far.c[other.person].in_(persons))
                tests.append(exists(select(1).select_from(far).where(mine).correlate(rows)))
        return or_(false(), *tests)

    @property
    def people(self) -> tuple[str, ...]:
        """The columns by which a legal hold on a person is judged: whose row it is, and whom it is about."""
        about = getattr(self.path.link, "about", None)
        return tuple(name for name in (self.path.person, about) if name)

    def meant(self, rows: FromClause) -> Bool:
        """A hold on the row's person may cover a loan that names nobody any more, and the row may tell of that one.

        Loans of the person that still name them are told by `KeptLoans.hold`.
        """
        named = tuple(scope for scope in self.terms.shields if scope.persons and not scope.loans)
        return self.shielded(rows, named) if self.path.person else false()
