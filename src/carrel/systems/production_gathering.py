"""The records that an order asks for, read live from the systems of a library: those in scope and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from carrel.disclosure.asked_fields import Traced, dates_of, traced
from carrel.disclosure.period import Period, Verdict
from carrel.disclosure.production import NotRead, ProducedTable, Production, Searched, judged, texts_to_read, trimmed
from carrel.disclosure.scope import Part, Scope
from carrel.policy.record_type import RecordType
from carrel.retention.identifiers import Subject
from carrel.rights.answer import HeldTable
from carrel.systems.access_answer import OpenSystem, denied_to
from carrel.systems.faults import SHAPE
from carrel.systems.production_people import (
    require_fields,
    require_one_person,
    require_records,
    require_systems,
    same_record,
    subject_of,
)
from carrel.systems.production_rows import (
    Which,
    all_of,
    beside_of,
    borrowers,
    in_period,
    loan_tables,
    meant_tables,
    of_items,
    period_in,
    types_of,
)
from carrel.systems.sealed_rows import RowShelf
from carrel.systems.sql.failure import told
from carrel.systems.sql.person_asking import DeniedError, Narrowing
from carrel.systems.sql.person_data import PersonData

_ACCOUNTS = {"mysql": "SELECT CURRENT_USER()", "mariadb": "SELECT CURRENT_USER()", "postgresql": "SELECT current_user"}


@dataclass
class _Gathered:
    """What one system gave; begun anew where its transaction ended before everything was read."""

    tables: list[ProducedTable] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    periods: dict[tuple[str, str], Period] = field(default_factory=dict)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    called: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)


def gathered(
    systems: Sequence[OpenSystem], closed: Mapping[str, str], scope: Scope, at: datetime, shelf: RowShelf
) -> Production:
    """Everything that a scope asks for; nothing is written anywhere but on the shelf.

    Args:
        systems: of the library, open for reading.
        closed: systems that could not be opened, each with the code of its error.
        scope: of the order.
        at: aware time.
        shelf: where rows wait for the package.

    Raises:
        CarrelError: DSC-050, DSC-053 to DSC-055, DSC-057, DSC-058; SQL-…, a system cannot be read.

    Guarantees:
        Each row lies in the period of its part by every reading of its time, is of a person in scope, and holds no
        column that the part does not ask for, no secret, and nobody else.
    """
    require_records(systems, scope)
    require_fields(systems, scope)
    require_systems({one.name for one in systems} | set(closed), scope)
    every: list[_Gathered] = []
    searched: list[Searched] = []
    for one in systems:
        with told(one.name), one.engine.connect() as connection:
            found = _of_system(connection, one, scope, shelf)
            every.append(found)
            searched.append(
                Searched(
                    one.name, one.system_map.title, _account(connection), at, str(one.zone), found.asked, found.found
                )
            )
    require_one_person([one.called for one in every])
    shut = [
        NotRead(part.id, name, "*", code, "the whole system could not be opened")
        for name, code in closed.items()
        for part in scope.parts
    ]
    return Production(
        tuple(table for one in every for table in one.tables),
        tuple(searched),
        (*(miss for one in every for miss in one.not_read), *shut),
        {key: period for one in every for key, period in one.periods.items()},
    )


def _of_system(connection: Connection, system: OpenSystem, scope: Scope, shelf: RowShelf) -> _Gathered:
    denied = denied_to(connection)
    while True:
        try:
            return _System(connection, system, scope, denied, shelf).read()
        except DeniedError as wrong:
            # The transaction is over: all is read anew without this table, so that there is one snapshot.
            if wrong.table in denied or not wrong.is_missing_right:
                raise wrong.wrong from None
            denied.add(wrong.table)
            connection.rollback()


class _System:
    """One system for as long as its snapshot is open."""

    def __init__(
        self, connection: Connection, system: OpenSystem, scope: Scope, denied: set[str], shelf: RowShelf
    ) -> None:
        self._connection, self._open, self._scope, self._denied = connection, system, scope, denied
        self._layout, self._shelf = system.layout, shelf
        self._gathered = _Gathered()
        self._borrowers: dict[str, tuple[tuple[str, Subject], ...]] = {}

    def read(self) -> _Gathered:
        """Every part, those with items first: others may ask for the same people."""
        for part in sorted(self._scope.parts, key=lambda one: not one.asks_for_readers):
            self._part(part)
        return self._gathered

    def _part(self, part: Part) -> None:
        name = self._open.name
        period = period_in(part, self._open.zone, name)
        if period is not None:
            self._gathered.periods[part.id, name] = period
        asked = self._tables(part)
        dates = {table: self._dates(part, table) for table in asked}
        if period is not None:
            for table in [one for one in asked if not dates[one]]:
                says = "no column tells when what it holds happened, so nothing of it can be said to lie in the period"
                self._gathered.not_read.append(NotRead(part.id, name, table, "", says))
                del asked[table]
        self._gathered.asked[part.id] = tuple(asked)
        people = self._people(part, period, dates)
        self._gathered.found[part.id] = len(people)
        for label, subject in people:
            self._of_person(part, period, label, subject, asked, dates)

    def _tables(self, part: Part) -> dict[str, tuple[Traced, ...]]:
        """The tables that hold something of what a part asks for, and which of their columns."""
        layout = self._layout
        wanted = meant_tables(self._open, part)
        self._hidden(part, (one for one in wanted if one not in layout.schema.tables))
        names = [one for one in wanted if one in set(layout.tables)]
        loans = loan_tables(self._open) if part.records is RecordType.LOANS else set(names)
        found = {
            name: traced(part, name, layout.columns(name).told, beside_of(layout, name), by_table=name not in loans)
            for name in names
        }
        return {name: columns for name, columns in found.items() if columns}

    def _hidden(self, part: Part, missing: Iterable[str]) -> None:
        """Tables that a server does not show to an account without a right to them: they may be there."""
        if self._connection.dialect.name in {"mysql", "mariadb"}:
            why = "it is not there, or the account may not see it"
            self._gathered.not_read += [NotRead(part.id, self._open.name, one, SHAPE.code, why) for one in missing]

    def _dates(self, part: Part, table: str) -> tuple[str, ...]:
        ends = self._layout.ends.get(table)
        usual = () if ends is None else ends.dated
        if table in loan_tables(self._open):
            usual = (self._open.system_map.loans.closed.opened,)
        return dates_of(part, table, self._layout.columns(table).told, types_of(self._layout, table), usual)

    # -- whose ------------------------------------------------------------------------------------------------------

    def _people(
        self, part: Part, period: Period | None, dates: Mapping[str, tuple[str, ...]]
    ) -> tuple[tuple[str, Subject], ...]:
        if part.people_of is not None:
            return self._borrowers.get(part.people_of, ())
        if part.asks_for_readers:
            if period is None:
                raise ValueError("a part with items has a period")
            numbers = borrowers(self._connection, self._open, part, dates, period)
            self._borrowers[part.id] = tuple((f"reader-{n}", Subject(one)) for n, one in enumerate(numbers, 1))
            return self._borrowers[part.id]
        found: dict[int, tuple[str, Subject]] = {}
        for one in part.people:
            subject = subject_of(self._connection, self._open, part, one)
            if subject is not None and found.setdefault(subject.number, (one.id, subject))[0] != one.id:
                same = same_record(part.id, self._open.name, one.id, found[subject.number][0])
                self._gathered.not_read.append(same)
        return tuple(found.values())

    # -- what -------------------------------------------------------------------------------------------------------

    def _of_person(
        self,
        part: Part,
        period: Period | None,
        label: str,
        subject: Subject,
        asked: Mapping[str, tuple[Traced, ...]],
        dates: Mapping[str, tuple[str, ...]],
    ) -> None:
        which: dict[str, Which] = {}
        for table in asked:
            types = types_of(self._layout, table)
            tests = [in_period(dates[table], types, period)] if period is not None else []
            if part.asks_for_readers:
                tests.append(of_items(self._connection, self._open, table, part))
            if tests:
                which[table] = all_of(tests)
        data = PersonData(
            self._connection, self._layout, subject, self._open.policy, self._open.zone, self._open.name,
            Narrowing(frozenset(asked), which),
        )  # fmt: skip
        name = self._open.name
        if data.called and part.people:
            self._gathered.called[f"{part.id}/{label}", name] = data.called
        held = data.read(name, self._open.system_map.title, denied=self._denied)
        seen = {one.table for one in self._gathered.not_read if one.part == part.id}
        self._gathered.not_read += [
            NotRead(part.id, name, one.table, one.code, one.because) for one in held.unread if one.table not in seen
        ]
        for records in held.records:
            for each in records.tables:
                columns, dated = asked[each.table], dates[each.table]
                one = _produced(part, period, label, name, each, columns, dated, subject.number, self._shelf)
                if one.rows or one.unsure or one.undated:
                    self._gathered.tables.append(one)


def _produced(
    part: Part,
    period: Period | None,
    label: str,
    system: str,
    table: HeldTable,
    columns: tuple[Traced, ...],
    dates: tuple[str, ...],
    number: int,
    shelf: RowShelf,
) -> ProducedTable:
    counts, rows = Counter[Verdict](), shelf.keep(())
    free = {one.name for one in table.columns if one.is_free} & {one.name for one in columns}
    to_read = 0
    for dated in table.every():
        verdict = judged(dates, dated.row, period)
        counts[verdict] += 1
        if verdict is Verdict.WITHIN:
            row = trimmed(dated.row, columns)
            rows.add(row)
            to_read += texts_to_read(row, free)
    return ProducedTable(
        part.id, label, system, table.table, table.says, columns, () if period is None else dates, rows,
        counts[Verdict.UNSURE], counts[Verdict.UNDATED], to_read, frozenset({(system, number)}),
    )  # fmt: skip


def _account(connection: Connection) -> str:
    asked = _ACCOUNTS.get(connection.dialect.name)
    return str(connection.execute(text(asked)).scalar_one()) if asked else "of the file's owner"
