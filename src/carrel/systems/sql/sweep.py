"""The loan sweep over one SQL database: draw pairs before a cut, look for them afterwards (DESIGN 5)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import ColumnElement, Connection, TableClause, select

from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import SystemMap
from carrel.retention.lifecycle import Lifecycle, State
from carrel.retention.look_back import LookBack
from carrel.retention.sweep import Loan, Pair, Pairs, Severity, SweepReport
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.parted_loans import renumbered
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.sweep_attacks import Attacks
from carrel.systems.sql.sweep_declared import DeclaredPaths
from carrel.systems.sql.sweep_discovery import reaches
from carrel.systems.sql.sweep_grades import Grades
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_pairs import draw
from carrel.systems.sql.sweep_sample import Sample
from carrel.systems.sql.sweep_shields import Shields
from carrel.systems.sql.sweep_tally import Join, Tally

_VISIT = timedelta(seconds=10)
_WRITTEN_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")  # as SQLite keeps it


class LoanSweep:
    """Draws and looks for pairs on one connection; it reads only, and makes no temporary table.

    Args:
        connection: to the database; a read-only one will do.
        system_map: of the product.
        live: the schema as it is now.
        stand_in: the product's anonymous patron, or None.
        life: the lifecycle that the cut follows.
        last_borrower_cutoff: naive local time; later links from an item to its last borrower are kept by the policy.
    """

    def __init__(
        self,
        connection: Connection,
        system_map: SystemMap,
        live: LiveSchema,
        stand_in: int | None,
        life: Lifecycle,
        last_borrower_cutoff: datetime | None = None,
    ) -> None:
        self._library = Library(connection, system_map, stand_in)
        self._live, self._life, self._last = live, life, last_borrower_cutoff

    def draw(self, count: int, rng: Random) -> Pairs:
        """Pairs of loans that are due, and of loans that the product parted from a reader whom a path still names."""
        return draw(self._library, self._live, self.due, count, rng)

    def due(self, rows: TableClause) -> ColumnElement[bool]:
        """A closed loan is due, whomever it names."""
        return LoanColumns(self._library.shelf, self._library.map.loans.closed, rows).compile(self._life.due)

    def look(
        self,
        pairs: Pairs,
        only: frozenset[str] | None = None,
        *,
        night: date | None = None,
        closely: frozenset[str] = frozenset(),
    ) -> SweepReport:
        """Try every join on every pair.

        Args:
            pairs: of loans that name nobody any more.
            only: tables in which joins are to be discovered; None for every table.
            night: of words that are older than nearly all of the loans only this night's part is read; None: all.
            closely: tables to which that does not apply.

        Returns:
            Names and counts. The pairs are left to the caller, who forgets them.
        """
        persons = {pair.person.key for pair in pairs}
        standing = self._library.standing(persons)
        sample = Sample(renumbered(self._library, pairs, self._library.moved), standing, self._held(standing))
        tally, look_back = Tally(), LookBack.of((pair.loan.window[0] for pair in sample.pairs), night)
        shields = Shields(self._library.map, self._life.shields, self._life.older_than, self._last)
        DeclaredPaths(self._library, sample, tally, shields, self._last).run()
        attacks = Attacks(
            self._library, sample, Grades(self._library.map, sample, shields, self._last).of, tally, pairs.drawn_at,
            look_back, closely,
        )  # fmt: skip
        for reach in reaches(self._live, self._library.map):
            if only is not None and reach.name not in only:
                continue
            attacks.from_person(reach)
            attacks.through_parents(reach)
            attacks.from_loan(reach)
            attacks.anywhere(reach)
        self._visits(sample, tally)
        self._new_values(list(pairs), tally)
        return replace(tally.report(pairs), look_back=look_back)

    def _held(self, standing: dict[int, list[Loan]]) -> frozenset[int]:
        closed = self._library.map.loans.closed
        rows = self._library.shelf[closed.table]
        held = [condition for state, condition in self._life.cases if state is State.LEGAL_HOLD]
        columns = LoanColumns(self._library.shelf, closed, rows)
        out: set[int] = set()
        for some in batches(loan.loan for loans in standing.values() for loan in loans):
            for condition in held:
                query = select(rows.c[closed.key]).where(rows.c[closed.key].in_(some), columns.compile(condition))
                out.update(int(key) for (key,) in self._library.connection.execute(query))
        return frozenset(out)

    # -- what the cut itself may leave ------------------------------------------------------------------------------

    def _visits(self, sample: Sample, tally: Tally) -> None:
        """A loan of the same visit that is kept names the person: the seconds lie side by side."""
        why = "another loan of the same visit is open or kept"
        closed = self._library.map.loans.closed
        join = Join("own", "visit", closed.table, (closed.opened, closed.closed), Severity.KEPT, why)
        tally.try_on(join, len(sample.pairs))
        for place, pair in enumerate(sample.pairs):
            mine = pair.loan
            for other in sample.others(place):
                if other.loan != mine.loan and other.branch == mine.branch and _side_by_side(mine, other):
                    tally.hit(join, (place,))

    def _new_values(self, pairs: list[Pair], tally: Tally) -> None:
        """A value that the cut wrote into several loans of one person and of nobody else marks them as a set."""
        closed = self._library.map.loans.closed
        after = self._library.snapshot(self._live, (pair.loan.loan for pair in pairs))
        written: dict[str, dict[str, set[int]]] = {}
        for place, pair in enumerate(pairs):
            row = after.get(pair.loan.loan, {})
            for name, was in pair.before.items():
                if row.get(name) is not None and row[name] != was and row[name] != _day(was):
                    written.setdefault(name, {}).setdefault(str(row[name]), set()).add(place)
        for name in next((tuple(p.before) for p in pairs if p.before), ()):
            join = Join("own", "marker", closed.table, (name,), Severity.LINKABLE)
            tally.try_on(join, len(pairs))
            values = written.get(name, {})
            if len(values) < 2:  # noqa: PLR2004  (one value for everybody marks nobody)
                continue
            for places in values.values():
                people = Counter(pairs[place].person.key for place in places)
                if len(people) == 1 and len(places) > 1:
                    tally.hit(join, places)


def _day(was: object) -> object:
    """A time generalised to its day, as the database gives it back: no new value, but the old one with less in it."""
    if isinstance(was, datetime):
        return was.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{was[:10]} 00:00:00" if isinstance(was, str) and _WRITTEN_TIME.match(was) else None


def _side_by_side(one: Loan, other: Loan) -> bool:
    return any(abs(a - b) <= _VISIT for a in one.events for b in other.events)


__all__ = ["LoanSweep", "Pairs", "SweepReport"]
