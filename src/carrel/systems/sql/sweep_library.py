"""What a sweep reads of loans, copies and people: by key and in batches, whatever the joins are that need it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, column, not_, null, select

from carrel.inventory.map_path import Role
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import Anchor, SystemMap
from carrel.retention.sweep import Loan, Person
from carrel.systems.sql.anchor_rows import meant, moments, over, titled
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.named_table import table
from carrel.systems.sql.parted_loans import parted_anchor
from carrel.systems.sql.shelf import Shelf, matching
from carrel.systems.sql.worktables import TITLE_LENGTH

_AT_ONCE = 5_000


class Library:
    """What a sweep reads of loans, copies and people, always by key and in batches."""

    def __init__(self, connection: Connection, system_map: SystemMap, stand_in: int | None) -> None:
        self.connection, self.map, self.stand_in = connection, system_map, stand_in
        self.shelf = Shelf(system_map)

    def named(self, person: ColumnElement[Any]) -> ColumnElement[bool]:
        """The column names somebody."""
        there = person.is_not(None)
        return there if self.stand_in is None else and_(there, person != self.stand_in)

    def loans(self, anchor: Anchor, condition: ColumnElement[bool]) -> list[tuple[Loan, int | None]]:
        """Loans of one table with the person that each names, if any."""
        rows = self.shelf[anchor.table]
        c = rows.c
        person = c[anchor.person] if anchor.person else null()
        query = select(
            c[anchor.key], person, c[anchor.item], c[anchor.opened], over(anchor, rows), c[anchor.renewed],
            c[anchor.branch], *moments(anchor, rows),
        ).where(meant(anchor, rows), condition)  # fmt: skip
        found = [tuple(row) for row in self.connection.execute(query)]
        labels = self._labels({row[2] for row in found if row[2] is not None})
        out = []
        for key, named, item, opened, closed, renewed, branch, *more in found:
            barcode, title = labels.get(item, ("", ""))
            others = tuple(at for at in more if at is not None)
            loan = Loan(int(key), item, opened, closed, renewed, str(branch or ""), barcode, title, others)
            out.append((loan, named))
        return out

    def moved(self, items: Sequence[int]) -> list[Loan]:
        """The loans of some items that name nobody any more and stand in a table of their own."""
        anchor = parted_anchor(self.map)
        rows = self.shelf[anchor.table]
        return [loan for loan, _ in self.loans(anchor, rows.c[anchor.item].in_(items))]

    def _labels(self, items: set[int]) -> dict[int, tuple[str, str]]:
        m = self.map.items
        copies, titles = self.shelf[m.table], self.shelf[m.title_table]
        joined = titled(self.shelf, copies, titles)
        out: dict[int, tuple[str, str]] = {}
        for some in batches(items):
            query = select(copies.c[m.key], copies.c[m.barcode], titles.c[m.title]).select_from(joined)
            for key, barcode, title in self.connection.execute(query.where(copies.c[m.key].in_(some))):
                out[int(key)] = (str(barcode or ""), str(title or "")[:TITLE_LENGTH])
        return out

    def people(self, keys: set[int]) -> dict[int, Person]:
        """The words that name each person; one who was deleted has none left."""
        m = self.map.people
        rows = self.shelf[m.table]
        out = {key: Person(key) for key in keys}
        for some in batches(keys):
            out.update((one.key, one) for one in self.everybody(rows.c[m.key].in_(some)))
        return out

    def everybody(self, where: ColumnElement[bool]) -> Iterator[Person]:
        """Everybody of whom a condition is true, one by one."""
        m = self.map.people
        rows = self.shelf[m.table]
        names, apart = self._names
        strong = [name for name in m.needles if name not in apart]
        query = select(rows.c[m.key], *(rows.c[n] for n in (*strong, *names))).where(where)
        for key, *values in self.connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            words = [str(value or "").strip() for value in values]
            sure = tuple(w for w in words[: len(strong)] if len(w) >= _SHORTEST_WORD)
            yield Person(int(key), sure, tuple(w for w in words[len(strong) :] if w))

    @property
    def _names(self) -> tuple[tuple[str, ...], frozenset[str]]:
        """Given and family name, which only together name somebody; and every part of a name, which alone does not."""
        pairs = (_NAMES,) if self.map.person is None else self.map.person.names
        parts = {part for pair in pairs for part in pair}
        alone = parts | {name for name in self.map.people.needles if _PART_OF_A_NAME.search(name)}
        return tuple(name for name in pairs[0] if name in self.map.people.needles), frozenset(alone)

    def standing(self, persons: set[int]) -> dict[int, list[Loan]]:
        """The loans, open or closed, that still name each person."""
        out: dict[int, list[Loan]] = defaultdict(list)
        for anchor in (self.map.loans.open, self.map.loans.closed):
            person = self.shelf[anchor.table].c[anchor.person]
            for some in batches(persons):
                for loan, named in self.loans(anchor, person.in_(some)):
                    out[int(named or 0)].append(loan)
        return out

    def operators(self, persons: set[int]) -> set[int]:
        """Those of them who handed out loans that name somebody else, or renewed loans where only staff can."""
        out: set[int] = set()
        for anchor in (self.map.loans.open, self.map.loans.closed):
            rows = self.shelf[anchor.table]
            reader = rows.c[anchor.person]
            for name in _acted_in(self.map.loans.closed):
                by = column(name, Integer())
                for some in batches(persons - out):
                    query = select(by).select_from(rows).where(by.in_(some), self.named(reader), reader != by)
                    out.update(int(key) for (key,) in self.connection.execute(query.distinct()))
        for path in self.map.loans.paths:
            if path.role is not Role.ACTOR or path.person is None:
                continue
            rows = self.shelf[path.table]
            by = rows.c[path.person]
            desk = not_(matching(rows.c, path.stray_only))
            for some in batches(persons - out):
                query = select(by).select_from(rows).where(by.in_(some), desk)
                out.update(int(key) for (key,) in self.connection.execute(query.distinct()))
        return out

    def snapshot(self, live: LiveSchema, keys: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The whole rows of closed loans, for comparing them before and after."""
        closed = self.map.loans.closed
        known = live.tables[closed.table]
        rows = table(closed.table, *(column(name) for name in known.column_names))
        out: dict[int, dict[str, Any]] = {}
        for some in batches(keys):
            for row in self.connection.execute(select(rows).where(rows.c[closed.key].in_(some))).mappings():
                out[int(row[closed.key])] = dict(row)
        return out


def _acted_in(anchor: Anchor) -> tuple[str, ...]:
    """Columns of a loan with whoever acted, and which are cut where that is the reader."""
    aged = anchor.cut.aged
    moved = () if aged is None else (here for here, there in aged.columns.items() if there in aged.if_person)
    return (*anchor.cut.if_reader, *moved)


_NAMES = ("firstname", "surname")
_PART_OF_A_NAME = re.compile(r"(?:given|family|first|last|middle)_?name|surname")
_SHORTEST_WORD = 4
