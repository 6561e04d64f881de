"""Which tables the strays of a path have to do with, as its statements and the live catalogue tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, TableClause, literal, select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows

from carrel.inventory.schema import LiveSchema, TableKind
from carrel.retention.strays import Touch
from carrel.systems.sql.named_table import full_name
from carrel.systems.sql.paths import PathSql
from carrel.systems.sql.worktables import WORK


def touch_of(path: PathSql, schema: LiveSchema) -> Touch:
    """The tables by which the strays of a path are judged, and those that change with them.

    Args:
        path: beside all kept loans.
        schema: as the server has it now: what a deletion takes along, and which rows are another table's as well.

    Returns:
        What stands alone where a trigger fires on a row that changes, where a view is read, or where a table is not in
        the catalogue: then the statements do not tell all.
    """
    changes, gone = {path.path.table, *path.path.cut.frees}, set[str]()
    for cut in (path.path.cut, path.cut):
        gone |= {path.path.table} if cut.delete or cut.aged is not None else set()
        gone |= set(cut.takes_along)
        changes |= {*cut.frees, *(other.table for other in cut.further)}
        changes |= set() if cut.aged is None else {cut.aged.table}
    changes |= gone | set(_taken_along(gone, schema))
    reads = set(_named(_statements(path))) - changes
    reads, changes = _with_heirs(reads, schema), _with_heirs(changes, schema)
    there = [schema.tables.get(name) for name in reads | changes]
    unsure = (
        path.path.archived
        or not schema.triggers_seen
        or any(one is None or one.kind is not TableKind.TABLE for one in there)
        or any(trigger.fires for name in changes if name in schema.tables for trigger in schema.tables[name].triggers)
    )
    return Touch(frozenset(reads), frozenset(changes), alone=unsure)


def _statements(path: PathSql) -> Iterator[Any]:
    def strays(rows: FromClause) -> ColumnElement[bool]:
        return path.strays.are(rows)

    yield select(literal(1)).select_from(path.table).where(path.own.still(path.table), strays(path.table))
    yield from path.cuts.children(strays)
    for pair in path.cuts.further(strays):
        yield from pair
    yield path.cuts.act(strays, with_loan=False)


def _named(statements: Iterable[Any]) -> Iterator[str]:
    """The tables in statements but for Carrel's own work tables, which are each session's."""
    for statement in statements:
        for part in visitors.iterate(statement):
            found = part
            while isinstance(found, AliasedReturnsRows):
                found = found.element
            if isinstance(found, TableClause) and not found.name.startswith(WORK):
                yield full_name(found)


def _taken_along(names: Iterable[str], schema: LiveSchema) -> Iterator[str]:
    """What the database changes by itself when rows of these tables go."""
    known, waiting = set(names), list(names)
    while waiting:
        for one in schema.cascades(waiting.pop()):
            if one.table not in known:
                known.add(one.table)
                waiting.append(one.table)
                yield one.table


def _with_heirs(names: set[str], schema: LiveSchema) -> set[str]:
    """With the tables whose rows are theirs as well."""
    found = set(names)
    while more := {heir for name in found for heir in schema.heirs(name)} - found:
        found |= more
    return found
