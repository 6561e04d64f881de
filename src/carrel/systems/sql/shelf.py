"""The tables that a map speaks of, as SQLAlchemy sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, TableClause, and_, column
from sqlalchemy.types import NullType, TypeEngine

from carrel.inventory.column_use import uses
from carrel.inventory.map_path import Path
from carrel.inventory.system_map import Anchor, Condition, Method, SystemMap
from carrel.systems.sql.conditions import compiled
from carrel.systems.sql.expressions import LocalTime, contains
from carrel.systems.sql.named_table import table

Columns = Any  # a table's or an alias's column collection; SQLAlchemy types it by its own internals


class Shelf:
    """Tables by name, with every column that the map names and the type that its use implies."""

    def __init__(self, system_map: SystemMap) -> None:
        self.map = system_map
        self._types: dict[str, dict[str, TypeEngine[Any]]] = {}
        self._collect()
        self._tables = {
            name: table(name, *(column(col, kind) for col, kind in columns.items()))
            for name, columns in self._types.items()
        }

    def __getitem__(self, name: str) -> TableClause:
        return self._tables[name]

    def _note(self, table_name: str, column_name: str | None, kind: TypeEngine[Any] | None = None) -> None:
        if column_name is None:
            return
        columns = self._types.setdefault(table_name, {})
        if kind is not None or column_name not in columns:
            columns[column_name] = kind or NullType()

    def _collect(self) -> None:
        loans = self.map.loans
        for anchor in (loans.open, loans.closed):
            self._anchor(anchor)
        for fact in loans.facts.__dict__.values():
            previous = loans.closed.table
            for step in fact.steps:
                self._note(step.table, step.column)
                self._note(previous, step.equals)
                self._conditions(step.table, step.where)
                previous = step.table
            self._note(previous, fact.latest, LocalTime())
        for path in self.map.paths:
            self._path(path)
        items = self.map.items
        for name, kind in ((items.key, Integer()), (items.barcode, String())):
            self._note(items.table, name, kind)
        if not items.title_by:
            self._note(items.table, items.title_key, Integer())
        self._note(items.title_table, items.title_key, Integer())
        self._note(items.title_table, items.title, String())
        self._note(self.map.people.table, self.map.people.key, Integer())
        self._note(items.table, items.type, String())
        self._note(self.map.people.table, self.map.people.category, String())
        for name in self.map.people.needles:
            self._note(self.map.people.table, name, String())
        # Whatever else a rule needs is compared or copied as it is.
        for table_name, column_name, _ in uses(self.map):
            self._note(table_name, column_name)

    def _anchor(self, anchor: Anchor) -> None:
        for name in (anchor.key, anchor.person, anchor.item):
            self._note(anchor.table, name, Integer())
        self._note(anchor.table, anchor.branch, String())
        aged = anchor.cut.aged
        for event in (anchor.opened, anchor.closed, anchor.due, anchor.renewed, anchor.ended, *anchor.moments):
            self._note(anchor.table, event, LocalTime())
            if aged is not None:
                self._note(aged.table, aged.columns.get(str(event)), LocalTime())
        self._note(anchor.table, anchor.chain, Integer())
        for name, method in (*anchor.cut.set.items(), *anchor.cut.if_reader.items()):
            self._note(anchor.table, name, LocalTime() if method is Method.DAY else None)

    def _beside(self, path: Path) -> None:
        for other in getattr(path.link, "beside", ()):
            for here, there in other.pairs.items():
                self._note(path.table, here)
                self._note(other.table, there)
            self._note(other.table, other.at, LocalTime())
            self._conditions(other.table, other.where)

    def _conditions(self, table_name: str, conditions: tuple[Condition, ...]) -> None:
        for condition in conditions:
            self._note(table_name, condition.column)

    def _path(self, path: Path) -> None:
        for key in path.key:
            self._note(path.table, key)
        self._note(path.table, path.person, Integer())
        link = path.link
        for name in ("column", "item", "nobody", "about"):
            self._note(path.table, getattr(link, name, None), Integer())
        if getattr(link, "item_as_text", False):
            self._note(path.table, getattr(link, "item", None), String())
        self._note(path.table, getattr(link, "at", None), LocalTime())
        for dated in getattr(link, "dated", ()):
            self._note(path.table, dated, LocalTime())
        self._beside(path)
        for text in getattr(link, "texts", ()):
            self._note(path.table, text, String())
        self._conditions(
            path.table, (*path.only, *path.still, *path.stray_only, *(path.waits.where if path.waits else ()))
        )
        for cut in (path.cut, path.lose_card):
            for name, method in {**cut.set, **cut.if_reader}.items() if cut else ():
                self._note(path.table, name, LocalTime() if method is Method.DAY else None)
            for child, child_column in cut.children.items() if cut else ():
                self._note(child, child_column, Integer())
        if link.by == "clock" and link.definitions and link.definitions_key and link.definition:
            self._note(path.table, link.source, Integer())
            self._note(link.definitions, link.definitions_key, Integer())
            self._note(link.definitions, link.definition, String())


def matching(columns: Columns, conditions: tuple[Condition, ...]) -> ColumnElement[bool]:
    """The rows for which every condition of a map holds."""
    return and_(True, *(_test(columns[condition.column], condition) for condition in conditions))


def _test(col: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Of the rows that a cut looks at, only NULL is empty, and a text is taken literally."""
    has = None if one.contains is None else contains(col, one.contains)
    return compiled(col, one, empty=col.is_(None), has=has)
