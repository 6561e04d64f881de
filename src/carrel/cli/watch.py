"""The loan sweep around one run: pairs drawn before its first chunk, looked for after its last, then forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from carrel.inventory.schema import LiveSchema
from carrel.retention.cutoff import local_cutoff
from carrel.retention.lifecycle import Lifecycle
from carrel.retention.sweep import Pairs, SweepReport, not_swept
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.sweep import LoanSweep
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_pairs import draw


class Watch:
    """Draws before, looks after, in the memory of this process only.

    Args:
        loans: the run's own session.
        live: the schema as it was read for this run.
        as_of: of the plan.
    """

    def __init__(self, loans: SqlLoans, live: LiveSchema, as_of: datetime) -> None:
        self._loans, self._live, self._as_of = loans, live, as_of
        self._library = Library(loans.connection, loans.map, loans.stand_in)
        self._pairs = Pairs([])

    def draw(self, life: Lifecycle, count: int, at_most: int | None) -> None:
        """Draw pairs among the loans that this run will come to: all that are due, or the first of a stage.

        A run that comes to all of them cuts strays as well: then some pairs are loans that the product's own batch
        parted from a reader whom a row of a declared path still names.
        """
        closed = self._loans.map.loans.closed
        if life.zoning is not None:
            self._loans.prepare(life)  # the units must be known before anything is asked by them
        edge = self._edge(life, at_most)

        def coming(rows: Any) -> ColumnElement[bool]:
            due = LoanColumns(self._library.shelf, closed, rows).compile(life.due)
            if edge is None:
                return due  # whomever it names
            person, key = rows.c[closed.person], rows.c[closed.key]
            return and_(due, or_(person < edge[0], and_(person == edge[0], key <= edge[1])))

        self._pairs = draw(self._library, self._live, coming, count, SystemRandom(), also_cut=at_most is None)
        self._loans.connection.rollback()

    def look(
        self,
        live: LiveSchema,
        life: Lifecycle,
        until: int | None = None,
        *,
        in_parts: bool = False,
        closely: Iterable[str] = (),
    ) -> SweepReport:
        """Try every join on every pair whose loan was cut; one that a legal hold took out meanwhile is left alone.

        Args:
            live: the schema as it is after the cut.
            life: as of now.
            until: of a stage, the last reader whose loans and late traces were all reached; the next one's wait.
            in_parts: old words are read in turns, a part each night.
            closely: tables to which that does not apply.
        """
        cut = self._cut(until)
        if not cut:
            return not_swept(0)
        limit = self._loans.schedule.last_borrower.at_most
        last = local_cutoff(limit.before(self._as_of), self._loans.zone) if limit else None
        sweep = LoanSweep(self._loans.connection, self._loans.map, live, self._loans.stand_in, life, last)
        night = self._as_of.astimezone(self._loans.zone).date() if in_parts else None
        report = replace(sweep.look(cut, night=night, closely=frozenset(closely)), days=_days(cut))
        self._loans.connection.rollback()
        cut.forget()
        self._pairs.forget()
        return report

    def _edge(self, life: Lifecycle, at_most: int | None) -> tuple[int, int] | None:
        """The last loan of a stage, in the order in which the run walks."""
        if at_most is None:
            return None
        closed = self._loans.map.loans.closed
        rows = self._library.shelf[closed.table]
        person, key = rows.c[closed.person], rows.c[closed.key]
        due = LoanColumns(self._library.shelf, closed, rows).compile(life.due)
        query = select(person, key).where(self._library.named(person), due).order_by(person, key)
        last = self._loans.connection.execute(query.limit(1).offset(max(0, at_most - 1))).first()
        return (int(last[0]), int(last[1])) if last else None

    def _cut(self, until: int | None) -> Pairs:
        closed = self._loans.map.loans.closed
        rows = self._library.shelf[closed.table]
        named: set[int] = set()
        for some in batches(pair.loan.loan for pair in self._pairs):
            query = select(rows.c[closed.key]).where(
                rows.c[closed.key].in_(some), self._library.named(rows.c[closed.person])
            )
            named.update(int(key) for (key,) in self._loans.connection.execute(query))
        whole = (pair for pair in self._pairs if until is None or pair.person.key <= until)
        return Pairs([pair for pair in whole if pair.loan.loan not in named], self._pairs.drawn_at)


def _days(pairs: Pairs) -> tuple[date, date] | None:
    """The days in which most of these loans came back: a few that waited for a payment would stretch them to years."""
    days = sorted(pair.loan.closed.date() for pair in pairs if pair.loan.closed is not None)
    return (days[len(days) // 10], days[-1 - len(days) // 10]) if days else None
