"""One person's rows in the tables and CSV files of a site, as the answer to that person tells them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import column, select
from sqlalchemy.sql.expression import ColumnClause

from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.inventory.csv_writing import BrokenCsvError
from carrel.inventory.dated_table import DatedTable, Named
from carrel.inventory.row_clock import RowClock
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.retention.row_person import SubjectRows, Whose
from carrel.rights.answer import Acted, DatedRow, HeldInSystem, HeldRecords, HeldTable, TableAsker, Unread
from carrel.rights.ending import Ends, Keeping, goes_on, keeping
from carrel.rights.third_persons import HeldColumn, Role, Telling
from carrel.rights.words_of_others import Others, Own
from carrel.systems.faults import GRANTS
from carrel.systems.folders import event_file
from carrel.systems.folders.rewriting import is_own
from carrel.systems.folders.walk import files
from carrel.systems.outside import opened
from carrel.systems.sql.dated_rows import DatedRows
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table
from carrel.systems.tables import csv_text

FIRST = 500
PRODUCT = "a table that the library declares"
_SECRET = re.compile(
    r"pass(word|wd|phrase|code)?|pwd|pin(_?code)?|.*(_hash|_token|secret|password|api_?key)|token|hash"
)
_HOLDS = {
    Named.CARD: Category.LIBRARY_CARD_NUMBER,
    Named.USER: Category.INSTITUTIONAL_ID,
    Named.EMAIL: Category.EMAIL_ADDRESS,
    Named.NUMBER: Category.INSTITUTIONAL_ID,
}
_CLOSED = "TBL-001"
Row = dict[str, Any]
_BROKEN = (*event_file.BROKEN, BrokenCsvError, UnicodeError)


def answers(
    stack: ExitStack, site: Site, askers: Sequence[tuple[str, TableAsker]], policy: Policy, at: datetime
) -> tuple[tuple[HeldInSystem, ...], tuple[str, ...]]:
    """What the tables of a site hold of one person.

    Args:
        stack: keeps what is opened for as long as the answer is told.
        site: whose.
        askers: name of each system that knows the person, and how it does.
        policy: in force.
        at: aware time.

    Returns:
        One part for each entry that was looked into, and the names of these. One that cannot be read stands there with
        its error.
    """
    found: list[HeldInSystem] = []
    for entry in site.tables:
        those = [asker for name, asker in askers if entry.is_about(name)]
        if not those:
            continue
        name = f"table {entry.name}"
        try:
            found.append(_Table(entry, those, policy).read(stack, site, at))
        except CarrelError as wrong:
            first = wrong.faults[0].condition
            unread = (Unread("*", "the whole table", first.code, first.title),)
            found.append(HeldInSystem(name, PRODUCT, entry.zone or "UTC", found=False, unread=unread))
    return tuple(found), tuple(one.name for one in found)


@dataclass(frozen=True)
class Source:
    """The rows of one entry, before anybody is taken out of them.

    Attributes:
        columns: of the rows; secrets are not read.
        before: what could not be read when it was opened.
        looked: each row, its time, and whose it is.
        late: files that went, or broke, while they were read for it.
    """

    columns: tuple[HeldColumn, ...]
    before: tuple[Unread, ...]
    looked: Callable[[], Iterator[tuple[Row, Any, Whose]]]
    late: list[str] = field(default_factory=list)
    name: str = ""

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read until now; to be asked after the rows were read."""
        known = any(one.code == _CLOSED for one in self.before)
        return self.before if known or not self.late else (*self.before, _closed(self.name))

    def theirs(self) -> tuple[list[tuple[Row, Any]], int]:
        """The rows of the person, each with its time, and how many may be another person's."""
        found, perhaps = [], 0
        for row, at, whose in self.looked():
            if whose is Whose.THEIRS:
                found.append((row, at))
            perhaps += whose is Whose.PERHAPS
        return found, perhaps


def source_of(stack: ExitStack, site: Site, entry: DatedTable, askers: Sequence[TableAsker], at: datetime) -> Source:
    """The rows of one entry, for whoever tells them to somebody else than the person.

    Args:
        stack: keeps what is opened.
        site: whose.
        entry: with ``person``.
        askers: how each system that the entry is about knows the person.
        at: aware time.

    Raises:
        CarrelError: SIT-004, SIT-005, FIL-001, of the SQL and TBL codes.
    """
    return _Table(entry, askers, None).source(stack, site, at)


@dataclass
class _Table:
    entry: DatedTable
    askers: Sequence[TableAsker]
    policy: Policy | None
    unread: list[Unread] = field(default_factory=list)

    def source(self, stack: ExitStack, site: Site, at: datetime) -> Source:
        entry = self.entry
        rows = stack.enter_context(opened(entry, at, site))(entry)
        late: list[str] = []
        pages, names = self._of_database(rows) if isinstance(rows, DatedRows) else self._of_files(rows, late)
        in_utc = isinstance(rows, DatedRows) and rows.shape.in_utc
        clock = RowClock(entry.zone_info, entry.format, in_utc=in_utc)
        zone = entry.zone_info or ZoneInfo("UTC")

        def time_of(row: Row) -> Any:
            over = clock.of(row.get(entry.clock or ""))
            # On the wall clock, so that an hour that comes twice is read both ways.
            return over if over is None or in_utc else over.astimezone(zone).replace(tzinfo=None)

        def looked() -> Iterator[tuple[Row, Any, Whose]]:
            return ((row, time_of(row), whose) for row, whose in self._looked(pages()))

        return Source(tuple(self._column(one) for one in names), tuple(self.unread), looked, late, entry.name)

    def read(self, stack: ExitStack, site: Site, at: datetime) -> HeldInSystem:
        entry, name = self.entry, f"table {self.entry.name}"
        rows = stack.enter_context(opened(entry, at, site))(entry)
        pages, names = self._of_database(rows) if isinstance(rows, DatedRows) else self._of_files(rows, [])
        columns = tuple(self._column(one) for one in names)
        rules = self._rules()
        zone = entry.zone_info or ZoneInfo("UTC")
        numbers = frozenset(number for one in self.askers for number in one.own.numbers)
        own = Own(numbers, frozenset(word for one in self.askers for word in one.own.words))
        telling = Telling(columns, own, Others((), own))
        in_utc = isinstance(rows, DatedRows) and rows.shape.in_utc
        clock, ends = RowClock(entry.zone_info, entry.format, in_utc=in_utc), Ends((entry.clock or "",))
        by = rules.rules_for(entry.until or "")

        def dated(row: Row) -> DatedRow:
            over = clock.of(row.get(entry.clock or ""))
            here = {} if over is None else {entry.clock or "": over.astimezone(zone).replace(tzinfo=None)}
            return DatedRow(telling(row), goes_on(here, ends, by, zone))

        def stream() -> Iterator[DatedRow]:
            return map(dated, (row for row, whose in self._looked(pages()) if whose is Whose.THEIRS))

        first: list[DatedRow] = []
        since: list[datetime] = []
        perhaps, more = 0, False
        for row, whose in self._looked(pages()):
            perhaps += whose is Whose.PERHAPS
            if whose is not Whose.THEIRS:
                continue
            more = more or len(first) >= FIRST
            if not more:
                first.append(dated(row))
            if (over := clock.of(row.get(entry.clock or ""))) is not None:
                since = [min((over, *since))]
        acted = (Acted(entry.name, ", ".join(entry.person), "rows that may be another person's", perhaps),)
        records: tuple[HeldRecords, ...] = ()
        if first:
            held = HeldTable(entry.name, entry.record, columns, first, more, stream, bool(by))
            start = since[0].astimezone(zone) if since else None
            records = (HeldRecords(entry.record, rules, "", start, (held,)),)
        return HeldInSystem(
            name, PRODUCT, str(zone), found=True, records=records, acted=acted if perhaps else (),
            unread=tuple(self.unread),
        )  # fmt: skip

    def _looked(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Whose]]:
        people = [SubjectRows(one.subject, self.entry.person) for one in self.askers]
        for row in rows:
            values = [row.get(name) for name in self.entry.person]
            seen = {one.whose(values) for one in people}
            yield row, next((one for one in (Whose.THEIRS, Whose.PERHAPS) if one in seen), Whose.NOT)

    def _of_database(self, rows: DatedRows) -> tuple[Callable[[], Iterator[Row]], list[str]]:
        names = [one for one in rows.shape.table.column_names if not _SECRET.fullmatch(one.lower())]
        try:
            next(self._select(rows, names), None)
        except CarrelError as wrong:
            if wrong.code != GRANTS.code:
                raise
            beyond = [one for one in names if one not in self.entry.named]
            names = [one for one in names if one in self.entry.named]
            self.unread.append(Unread(self.entry.name, f"columns {', '.join(beyond)}", GRANTS.code, GRANTS.title))
        return lambda: self._select(rows, names), names

    def _select(self, rows: DatedRows, names: list[str]) -> Iterator[Row]:
        columns: list[ColumnClause[Any]] = [column(name) for name in names]
        query = select(*columns).select_from(table(self.entry.table or "", *columns))
        with told(f"table {self.entry.name}"), rows.engine.connect() as connection:
            for one in connection.execute(query.execution_options(yield_per=FIRST)).mappings():
                yield dict(one)

    def _of_files(self, rows: Any, late: list[str]) -> tuple[Callable[[], Iterator[Row]], list[str]]:
        del rows
        closed: list[str] = []
        names: dict[str, None] = {}
        for row in self._records(closed):
            names |= dict.fromkeys(row)
        if closed:
            self.unread.append(_closed(self.entry.name))
        return lambda: self._records(late), [one for one in names if not _SECRET.fullmatch(one.lower())]

    def _records(self, closed: list[str]) -> Iterator[Row]:
        for spot in files(self.entry.where, self.entry.patterns, closed):
            if is_own(spot.name):
                continue
            try:
                with csv_text.records(spot, self.entry.writing) as (found, exact, _):
                    columns: list[str] | None = None
                    for record in found:
                        if columns is None:
                            columns = exact.columns(record)
                            if exact.header:
                                continue
                        if record.text.strip("\r\n"):
                            yield {
                                name: record.value(n) for n, name in enumerate(columns[: len(record.spans)])
                                if not _SECRET.fullmatch(name.lower())
                            }  # fmt: skip
            except (FileNotFoundError, *_BROKEN):  # what was there a moment ago and is gone may have been the person's
                closed.append(spot.path)

    def _column(self, name: str) -> HeldColumn:
        if (kind := self.entry.person.get(name)) is not None:
            return HeldColumn(name, _HOLDS[kind], Role.PERSON)
        if name == self.entry.clock:
            return HeldColumn(name, Category.EVENT_TIME)
        return HeldColumn(name, None if name in self.entry.key else Category.OTHER_LINKABLE)

    def _rules(self) -> Keeping:
        if self.policy is None:
            return Keeping("")
        with suppress(ValueError):  # a word that no policy knows is told where the table is looked at
            return keeping(self.policy, self.entry.record)
        return Keeping("")


def _closed(name: str) -> Unread:
    return Unread(name, "a file that cannot be read to its end", _CLOSED, "it is gone, broken, or may not be read")
