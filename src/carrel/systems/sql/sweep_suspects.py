"""From the loan's side, with nothing known of its reader: does any join lead to exactly one person?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, column, or_, select, true

from carrel.inventory.map_path import Role
from carrel.inventory.schema import LiveSchema
from carrel.retention.sweep import Loan, Pairs, SweepReport
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.sweep import LoanSweep
from carrel.systems.sql.sweep_discovery import Reach, reaches
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_pairs import cut_loans, pairs_of

_AT_ONCE = 5_000
_WORDS_READ = 500_000  # rows of one table, newest first


def sweep_cut_loans(library: Library, live: LiveSchema, sweep: LoanSweep, count: int, rng: Random) -> SweepReport:
    """Sample loans that name nobody any more, and try to find out who had them.

    Args:
        library: on a connection that may be read-only.
        live: the schema as it is now.
        sweep: tries every join on those for whom exactly one person was found.
        count: loans wanted.
        rng: where the randomness comes from.

    Returns:
        How many loans were tried; how many led to a person; and by which tables and columns.
    """
    return sweep_loans(library, live, sweep, cut_loans(library, sweep.due, count, rng))


def sweep_loans(library: Library, live: LiveSchema, sweep: LoanSweep, loans: Sequence[Loan]) -> SweepReport:
    """As `sweep_cut_loans`, on loans that were drawn already."""
    found = suspects(library, live, loans)
    known = {loan.loan: loan for loan in loans}
    drawn = [(known[number], next(iter(people)), True) for number, people in found.items() if len(people) == 1]
    pairs: Pairs = pairs_of(library, live, drawn, None)
    report = sweep.look(pairs)
    pairs.forget()
    return replace(report, pairs=len(loans), swept=len(loans))


def suspects(library: Library, live: LiveSchema, loans: Sequence[Loan]) -> dict[int, set[int]]:
    """By loan, everybody to whom a row leads: by the loan's number, by copy and second, or by the barcode in a text."""
    found: dict[int, set[int]] = defaultdict(set)
    side = _LoanSide(library, loans)
    apart = {path.table for path in library.map.ruled} | library.map.kept_tables
    apart -= {path.table for path in library.map.loans.paths}
    for reach in reaches(live, library.map):
        if reach.name in library.map.beyond_loans or reach.name in apart:
            continue
        for loan, person in side.by_keys(reach):
            if person != library.stand_in:
                found[loan].add(person)
        for loan, person in side.by_words(reach):
            if person != library.stand_in:
                found[loan].add(person)
    return found


class _LoanSide:
    """The joins, as far as they begin at a loan."""

    def __init__(self, library: Library, loans: Sequence[Loan]) -> None:
        self._library, self._loans = library, {loan.loan: loan for loan in loans}
        self._items: dict[int, list[Loan]] = defaultdict(list)
        self._labels = {loan.barcode: [] for loan in loans if loan.barcode}  # type: dict[str, list[Loan]]
        for loan in loans:
            if loan.item is not None:
                self._items[loan.item].append(loan)
            if loan.barcode:
                self._labels[loan.barcode].append(loan)
        m = library.map
        # Whoever acted may be anybody at the desk, unless the map can tell a reader's own act from that.
        told = (path for path in m.loans.paths if path.role is not Role.ACTOR or path.stray_only)
        self._readers = {m.loans.closed.person, *(path.person for path in told if path.person)}
        # Whoever a record of another kind belongs to is a patron: a loan that names the record names the reader.
        self._patrons = {(one.table, one.person) for one in m.records}

    def _reader_columns(self, reach: Reach) -> tuple[str, ...]:
        """Columns in which a reader stands; in a table that no map knows, any person's column may be one."""
        if reach.name not in self._library.map.person_columns:
            return reach.persons
        return tuple(name for name in reach.persons if name in self._readers)

    def by_keys(self, reach: Reach) -> Iterator[tuple[int, int]]:
        """Rows with the loan's number, or with its copy at the second of one of its events."""
        rows = reach.clause()
        names = (*reach.loans, *reach.items, *reach.times)
        for person, source, join in self._persons(reach, rows):
            query = select(person, *(reach.read(rows, name) for name in names)).select_from(source)
            for where in self._mine(reach, rows):
                for key, *values in self._library.connection.execute(query.where(and_(join, where))):
                    if key is not None:
                        row = dict(zip(names, values, strict=True))
                        yield from ((loan, int(key)) for loan in self._told(reach, row))

    def _persons(self, reach: Reach, rows: Any) -> Iterator[tuple[Any, Any, Any]]:
        for name in self._reader_columns(reach):
            yield rows.c[name], rows, and_(rows.c[name].is_not(None), self._by_reader(reach, name))
        for parent in reach.parents:
            if parent.person in self._readers or (parent.table, parent.person) in self._patrons:
                far = table(parent.table, column(parent.key), column(parent.person, Integer())).alias("far")
                same = far.c[parent.key] == rows.c[parent.column]
                yield far.c[parent.person], rows.join(far, same), far.c[parent.person].is_not(None)

    def _by_reader(self, reach: Reach, name: str) -> ColumnElement[bool]:
        """Whoever did something to a loan is its reader only where the map says so; at the desk it was staff."""
        done = [path for path in self._library.map.loans.paths if path.role is Role.ACTOR and path.table == reach.name]
        return and_(
            true(),
            *(
                matching({one.column: column(one.column) for one in path.stray_only}, path.stray_only)
                for path in done
                if path.person == name
            ),
        )

    def _mine(self, reach: Reach, rows: Any) -> Iterator[Any]:
        if reach.loans:
            for some in batches(self._loans):
                yield or_(*(rows.c[name].in_(some) for name in reach.loans))
        elif reach.items:
            for some in batches(self._items):
                yield or_(*(rows.c[name].in_(some) for name in reach.items))

    def _told(self, reach: Reach, row: dict[str, Any]) -> Iterator[int]:
        for name in reach.loans:
            if row[name] in self._loans:
                yield int(row[name])
        if any(row[name] is not None for name in reach.loans):
            return
        times = [row[name] for name in reach.times if row[name] is not None]
        for name in reach.items:
            for loan in self._items.get(row[name], ()):
                if any(loan.at_event(at) for at in times):
                    yield loan.loan

    def by_words(self, reach: Reach) -> Iterator[tuple[int, int]]:
        """Rows of a reader whose words hold the copy's barcode while it was out."""
        readers = self._reader_columns(reach)
        if not readers or not reach.texts or not self._labels or reach.items:
            return
        rows = reach.clause()
        names = (*readers, *reach.times, *reach.texts)
        query = select(*(rows.c[name] for name in names)).where(or_(*(rows.c[name].is_not(None) for name in readers)))
        if len(reach.key) == 1:
            query = query.order_by(rows.c[reach.key[0]].desc())
        query = query.limit(_WORDS_READ).execution_options(yield_per=_AT_ONCE)
        for values in self._library.connection.execute(query):
            row = dict(zip(names, values, strict=True))
            words = {word for name in reach.texts if row[name] for word in _words(str(row[name]))}
            for label in words & self._labels.keys():
                for loan in self._labels[label]:
                    times = [row[name] for name in reach.times if row[name] is not None]
                    if not times or any(loan.covers(at) for at in times):
                        yield from ((loan.loan, int(row[name])) for name in readers if row[name] is not None)


def _words(text: str) -> list[str]:
    return [word.strip("()[]{}<>.,;:!?\"'") for word in text.split()]
