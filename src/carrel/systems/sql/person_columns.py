"""What the columns of a table are to the person whose row it is, and the words that are read beside a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, column, select

from carrel.errors import fault
from carrel.inventory.access_map import AccessMap
from carrel.inventory.category import Category
from carrel.inventory.schema import LiveSchema, Table
from carrel.inventory.system_map import SystemMap
from carrel.rights import faults
from carrel.rights.ending import Ends
from carrel.rights.third_persons import HeldColumn, Role
from carrel.systems.sql.named_table import table as named_table
from carrel.systems.sql.person_selection import is_text

TITLE, BARCODE, THERE = "_title", "_barcode", "_there"
_DERIVED = frozenset({"tsvector"})  # made by the database from other columns


@dataclass(frozen=True)
class TableColumns:
    """The columns of one table.

    Attributes:
        told: every one, in order, secret ones among them.
        read: those that are read.
        people: of these, those that name somebody.
        free: of them, those in which somebody wrote; `kin`, those that name relatives; `times`, those of an event.
    """

    told: tuple[HeldColumn, ...]
    read: tuple[str, ...]
    people: tuple[str, ...]
    free: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


def columns_of(system_map: SystemMap, access: AccessMap, live: Table) -> TableColumns:
    """What each column is; a secret is never read, and what the database derives is left out."""
    names = set(system_map.person_columns.get(live.name, ()))
    if system_map.person is not None:
        told_of = system_map.person.tables.get(live.name)
        names |= {one.column for one in (told_of.traces if told_of else ()) if one.column}
    told = []
    for one in live.columns:
        if one.type in _DERIVED:
            continue
        category = system_map.labels.of(live.name, one.name)
        acts = one.name in access.counted or f"{live.name}.{one.name}" in access.counted
        # A number that is a key of the table itself names its row, unless the table is that of people.
        role = Role.STAFF if acts else Role.PERSON if one.name in names else Role.PLAIN
        told.append(HeldColumn(one.name, category, role, secret=access.hides(live.name, one.name)))
    return TableColumns(
        tuple(told),
        tuple(one.name for one in told if not one.is_secret),
        tuple(one.name for one in told if one.role is not Role.PLAIN and not one.is_secret),
        tuple(one.name for one in told if one.is_free),
        tuple(one.name for one in told if one.is_of_relatives),
        tuple(one.name for one in told if one.category is Category.EVENT_TIME),
    )


def endings(system_map: SystemMap) -> dict[str, Ends]:
    """By table, what tells when a record of it was over."""
    found = {one.table: Ends(one.dated, one.only, one.event) for one in system_map.records if one.dated}
    closed = system_map.loans.closed
    dated = tuple(one for one in (closed.closed, closed.ended) if one)
    return {**found, closed.table: Ends(dated, closed.only)}


def access_of(system_map: SystemMap) -> AccessMap:
    """The map's section on answers.

    Raises:
        CarrelError: RGT-007, it has none.
    """
    if system_map.access is None or system_map.person is None:
        raise fault(
            faults.NOT_TOLD,
            at=f"map {system_map.system}",
            wanted="sections 'person' and 'access'",
            found="none",
            fix="answer from the product itself; Carrel has no map of what it holds of a person",
        )
    return system_map.access


class BesideRow:
    """Title and barcode of what a row is about, read with the row itself."""

    def __init__(self, schema: LiveSchema, system_map: SystemMap, access: AccessMap) -> None:
        self._schema, self._map, self._access = schema, system_map, access
        items = {one.table: one.item for one in (system_map.loans.open, system_map.loans.closed)}
        items |= {one.table: one.item for one in system_map.records if one.item}
        self._items = items

    def joined(self, name: str, rows: FromClause, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """The rows of a table with these columns, and what stands beside them where it can be told."""
        items = self._map.items
        item, title = self._items.get(name), self._access.titles.get(name)
        more: list[ColumnElement[Any]] = []
        source: FromClause = rows
        if item and self._is_number(name, item) and items.table in self._schema.tables:
            copies = self._of(items.table)
            source = source.outerjoin(copies, copies.c[items.key] == rows.c[item])
            more.append(copies.c[items.barcode].label(BARCODE))
            if not title:
                source, found = self._title_of_copy(source, copies)
                more += found
        if title and self._is_number(name, title) and items.title_table in self._schema.tables:
            titles = self._of(items.title_table)
            source = source.outerjoin(titles, titles.c[items.title_key] == rows.c[title])
            more.append(titles.c[items.title].label(TITLE))
        return select(*columns, *more).select_from(source)

    def _title_of_copy(self, source: FromClause, copies: FromClause) -> tuple[FromClause, list[ColumnElement[Any]]]:
        items = self._map.items
        if not items.title_by:
            if items.title_table not in self._schema.tables:
                return source, []
            titles = self._of(items.title_table)
            joined = source.outerjoin(titles, titles.c[items.title_key] == copies.c[items.title_key])
            return joined, [titles.c[items.title].label(TITLE)]
        before = copies
        for step in items.title_by:
            if step.table not in self._schema.tables:
                return source, []
            far = self._of(step.table)
            source = source.outerjoin(far, far.c[step.column] == before.c[step.equals])
            before = far
        return source, [before.c[items.title].label(TITLE)]

    def _of(self, name: str) -> FromClause:
        names = self._schema.tables[name].column_names
        return named_table(name, *(column(one) for one in names)).alias(f"beside_{name.replace('.', '_')}")

    def _is_number(self, name: str, by: str) -> bool:
        found = self._schema.tables[name].column(by)
        return found is not None and not is_text(found)
