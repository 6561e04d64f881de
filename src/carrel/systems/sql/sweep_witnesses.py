"""Witnesses: the rows of one table that tell of a loan, and everybody whom they name beside it.

An ordinary look from loans that name nobody asks by number, by copy and second, or by barcode. A join that once led a
sweep back is looked at more closely: by words for copy and person, by columns of staff, one key further. A second alone
is not asked for: at every second somebody else stands at the desk, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, column, or_, select, true

from carrel.inventory.map_path import Role
from carrel.retention.open_join import OpenJoin
from carrel.retention.sweep import Loan, Pair, Person
from carrel.retention.trail import Trail, names_person, speaks
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table
from carrel.systems.sql.sweep_anywhere import ROWS_READ
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_reading import AT_ONCE, as_text
from carrel.systems.sql.sweep_words import Copies

# Joins whose rows are found by a key; for all others the whole table is read, as the sweep of a run reads it.
BY_KEY = frozenset({"loan", "copy", "nameless number", "pseudonym"})
NOBODY = 0  # a person with whom a join is tried that needs none, such as a pseudonym
_TOKEN = re.compile(r"\w+")
_FAR = "one key further"
_Named = dict[str, ColumnElement[Any]]


class Witnesses:
    """Asks the rows of one table after another.

    Args:
        library: where rows are read.
        loans: that name nobody any more.
    """

    def __init__(self, library: Library, loans: Sequence[Loan]) -> None:
        self._library, self._loans = library, {loan.loan: loan for loan in loans}
        self._items: dict[int, list[Loan]] = defaultdict(list)
        for loan in loans:
            if loan.item is not None:
                self._items[loan.item].append(loan)
        self._order = list(loans)
        self._copies = Copies([Pair(loan, Person(NOBODY)) for loan in loans])
        loans_map = library.map.loans
        readers = (path.person for path in loans_map.paths if path.role is Role.READER)
        self._readers = {loans_map.closed.person, *readers}

    def people(self, reach: Reach, joins: Collection[OpenJoin]) -> dict[int, int]:
        """By loan, the one person whom the rows of this table name beside it; loans with none or several are left out.

        Args:
            reach: the table.
            joins: of this table, those that are tried again.
        """
        names = {one.name for one in joins}
        if names <= {"pseudonym"}:
            return dict.fromkeys(self._loans, NOBODY)
        found: dict[int, set[int]] = defaultdict(set)
        staff: dict[int, set[int]] = defaultdict(set)
        told: dict[int, set[str]] = defaultdict(set)
        rows, by_key = reach.clause(), names <= BY_KEY
        numbers = tuple(name for one in joins if one.name == "nameless number" for name in one.columns)
        for persons, source, join in self._sources(reach, rows, numbers):
            for loan, named, texts in self._rows(reach, rows, persons, source, join, by_key=by_key):
                for column_name, person in named:
                    place = found if column_name in {*self._readers, *numbers, _FAR} else staff
                    place[loan].add(person)
                told[loan].update(texts)
        if not by_key:
            for loan, person in self._by_words(told):
                found[loan].add(person)
        desk = self._library.operators({person for people in staff.values() for person in people})
        for loan, people in staff.items():
            # Most rows of whoever works at the desk are about other readers.
            found[loan] = found[loan] or people - desk
        living = self._living({person for people in found.values() for person in people})
        nobody = {NOBODY, self._library.stand_in}
        # A column can hold a person's number in one row and some other in the next: whoever exists goes first.
        alone = {loan: (people & living or people) - nobody for loan, people in found.items()}
        return {loan: next(iter(people)) for loan, people in alone.items() if len(people) == 1}

    def _living(self, persons: set[int]) -> set[int]:
        people = self._library.map.people
        key = self._library.shelf[people.table].c[people.key]
        return {one.key for some in batches(persons) for one in self._library.everybody(key.in_(some))}

    def _sources(self, reach: Reach, rows: Any, numbers: tuple[str, ...]) -> Iterator[tuple[_Named, Any, Any]]:
        """The table with the columns that may name a person, and with each table one key further."""
        names = numbers or reach.persons
        persons: _Named = {name: case((reach.holds_person(rows, name), rows.c[name])) for name in names}
        yield persons, rows, true()
        for parent in reach.parents:
            far = table(parent.table, column(parent.key), column(parent.person, Integer())).alias("far")
            same = far.c[parent.key] == rows.c[parent.column]
            yield {_FAR: far.c[parent.person]}, rows.join(far, same), far.c[parent.person].is_not(None)

    def _rows(
        self, reach: Reach, rows: Any, persons: _Named, source: Any, join: ColumnElement[bool], *, by_key: bool
    ) -> Iterator[tuple[int, list[tuple[str, int]], tuple[str, ...]]]:
        words = (*reach.texts, *reach.blobs)
        names = (*reach.loans, *reach.items, *reach.times, *words)
        query = select(
            *(person.label(f"person_{n}") for n, person in enumerate(persons.values())),
            *(reach.read(rows, n) for n in names),
        )
        for where in self._wanted(reach, rows) if by_key else (true(),):
            wanted = query.select_from(source).where(and_(join, where))
            if len(reach.key) == 1:
                wanted = wanted.order_by(rows.c[reach.key[0]].desc())
            limited = wanted.limit(ROWS_READ).execution_options(yield_per=AT_ONCE)
            for values in self._library.connection.execute(limited):
                row = dict(zip(names, values[len(persons) :], strict=True))
                trail = Trail(
                    tuple(int(row[n]) for n in reach.loans if row[n] is not None),
                    tuple(int(row[n]) for n in reach.items if row[n] is not None),
                    tuple(row[n] for n in reach.times if isinstance(row[n], datetime)),
                    tuple(as_text(row[n]) for n in words if row[n]),
                )
                told = zip(persons, values, strict=False)
                named = [(name, int(value)) for name, value in told if value is not None]
                for loan in self._told(trail):
                    yield loan, named, trail.texts

    def _wanted(self, reach: Reach, rows: Any) -> Iterator[ColumnElement[bool]]:
        for names, known in ((reach.loans, self._loans), (reach.items, self._items)):
            if names:
                for some in batches(known):
                    yield or_(*(rows.c[name].in_(some) for name in names))

    def _told(self, trail: Trail) -> set[int]:
        """The loans that a row may tell of; whether it does is asked with the person."""
        found = {number for number in trail.loans if number in self._loans}
        for item in trail.items:
            out = (one for one in self._items.get(item, ()) if not trail.times or any(map(one.covers, trail.times)))
            found.update(one.loan for one in out)
        if trail.texts:
            about = (self._order[place] for place in self._copies.candidates(trail.texts))
            near = (one for one in about if not trail.times or any(map(one.covers, trail.times)))
            found.update(one.loan for one in near if speaks(trail, one, alone=True))
        return found

    def _by_words(self, told: dict[int, set[str]]) -> Iterator[tuple[int, int]]:
        """Everybody whom these texts name in words; people are read once."""
        by_token: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for loan, texts in told.items():
            for text in texts:
                for token in _TOKEN.findall(text.casefold()):
                    by_token[token].add((loan, text))
        if not by_token:
            return
        for person in self._library.everybody(true()):
            if person.key == self._library.stand_in:
                continue
            seen: set[tuple[int, str]] = set()
            for needle in (*person.strong, *person.names[:1], str(person.key)):
                if tokens := _TOKEN.findall(needle.casefold()):
                    seen |= by_token.get(max(tokens, key=len), set())
            yield from ((loan, person.key) for loan, text in seen if names_person(text, person))
