"""What was read of one person, told by kind of record: why it is held, since when, until when, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.inventory.access_map import HeldKind
from carrel.inventory.category import Category
from carrel.policy.resolve import Policy
from carrel.rights.answer import DatedRow, HeldRecords, HeldTable
from carrel.rights.ending import Keeping, earliest, goes_on, keeping
from carrel.rights.reckoned_rows import Reckoned
from carrel.rights.third_persons import Telling
from carrel.rights.words_of_others import Others, Own
from carrel.systems.sql.person_asking import Found, PersonAsking, Row
from carrel.systems.sql.person_layout import AnswerLayout

_OTHER = HeldKind(name="other records", tables=("",))
Read = dict[str, Found]


class PersonRecords:
    """Tells what was read.

    Args:
        layout: of the database.
        asking: that read it, and reads what is left.
        policy: in force.
        zone: of the system.
        own: the person's numbers and words.
        others: words that name other people.

    Attributes:
        to_read: free texts about the person, once everything was told.
    """

    def __init__(
        self, layout: AnswerLayout, asking: PersonAsking, policy: Policy, zone: ZoneInfo, own: Own, others: Others
    ) -> None:
        self._layout, self._asking, self._policy, self._zone = layout, asking, policy, zone
        self._own, self._others = own, others
        self.to_read = 0

    def of(self, read: Read) -> tuple[HeldRecords, ...]:
        """Everything, by kind of record."""
        return tuple(self._records(kind, tables, read) for kind, tables in self._kinds(read))

    def _kinds(self, read: Iterable[str]) -> Iterator[tuple[HeldKind, list[str]]]:
        there, access = list(read), self._layout.access
        for kind in access.kinds:
            if tables := [name for name in kind.tables if name in there]:
                yield kind, tables
        if rest := [name for name in there if access.kind_of(name) is None]:
            yield _OTHER, rest

    def _records(self, kind: HeldKind, tables: list[str], read: Read) -> HeldRecords:
        rules = keeping(self._policy, kind.record)
        held, times = list[HeldTable](), list[datetime]()
        for name in tables:
            columns, found = self._layout.columns(name).times, read[name]
            count: int | None = None
            if self._asking.shown is not None and any(more for _, _, more in found):
                count, first = self._asking.count(name, found, columns)
            else:
                first = [earliest(row.get(column) for row in rows) for column in columns for _, rows, _ in found]
            times += [one for one in first if one is not None]
            held.append(self._table(name, kind, rules, found, count))
        return HeldRecords(kind.name, rules, kind.while_there, min(times, default=None), tuple(held))

    def _table(self, table: str, kind: HeldKind, rules: Keeping, found: Found, count: int | None) -> HeldTable:
        ends, asking = self._layout.ends.get(table), self._asking
        by = () if ends is None else rules.rules_for(ends.event)
        columns = self._layout.columns(table).told
        telling = Telling(self._layout.told(table, own_table=kind.own), self._own, self._others)

        def dated(row: Row) -> DatedRow:
            until = None if ends is None else goes_on(row, ends, by, self._zone)
            return DatedRow(telling(row), until)

        def stream() -> Iterator[DatedRow]:
            parts = [(asked, asking.every(asked) if more else iter(rows)) for asked, rows, more in found]
            return map(dated, asking.once_each(table, parts))

        rows = list(asking.once_each(table, [(asked, rows) for asked, rows, _ in found]))
        first = Reckoned(rows, dated)
        if notes := [one.name for one in columns if one.category is Category.STAFF_NOTE]:
            # Each column is told by itself: of the rest of a row nothing has to be told for it.
            said = ({name: row[name] for name in notes if row.get(name)} for row in rows)
            self.to_read += sum(1 for row in said if row for value in telling(row).values.values() if value)
        more = any(more for _, _, more in found) or len(first) > asking.most
        says = self._layout.says(table)
        return HeldTable(table, says, columns, first.only(asking.most), more, stream, bool(by), count)
